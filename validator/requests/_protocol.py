"""The protocol: how the tables in the documentation are measured, written before they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Any

import yaml

from crosscurrent.knowledge.errors import InputError, UnknownName

from ..experiments.assignments import DEFAULT_DATASET, DEFAULT_MODEL
from .kinds import GridRequest

__all__ = ["Protocol", "by_protocol", "followed", "protocol"]

_SAID = {"model": "--model", "seeds": "--seeds", "draws": "--draws", "settings": "--set"}
"""What the protocol says, and how a command line says it."""


@dataclass(frozen=True)
class Protocol:
    """A version of the protocol.

    Attributes
    ----------
    version : int
        Of the protocol; a change of anything takes a new one.
    digest : str
        SHA-256 of its file, in hexadecimal digits.
    requests : dict of str to GridRequest
        What it asks for, by the name of the data set, or of its file without folders.
    """

    version: int
    digest: str
    requests: dict[str, GridRequest]


@cache
def protocol() -> Protocol:
    """Return the protocol, as it comes with the package."""
    text = files(__package__).joinpath("protocol.yaml").read_bytes()
    given: dict[str, Any] = yaml.safe_load(text)
    requests = {
        name: GridRequest(
            dataset=name,
            model=given["model"],
            seeds=each["seeds"],
            draws=each["draws"],
            settings=(*given["settings"], *each["settings"]),
        )
        for name, each in given["datasets"].items()
    }
    return Protocol(given["version"], hashlib.sha256(text).hexdigest(), requests)


def by_protocol(request: GridRequest) -> GridRequest:
    """Return a request with what the protocol says of its data set, if it asks for that.

    Raises
    ------
    InputError
        It says something else itself, or the protocol does not know its data set.
    """
    if not request.protocol:
        return request
    name = _name(request)
    known = protocol().requests
    if name not in known:
        raise UnknownName("data set of the protocol", name, list(known))
    said, plain = known[name], GridRequest()
    for field, flag in _SAID.items():
        given = getattr(request, field)
        if given not in (getattr(plain, field), getattr(said, field)):
            raise InputError(f"--protocol says how to measure: leave {flag} out")
    return replace(request, **{field: getattr(said, field) for field in _SAID})


def followed(request: GridRequest) -> Protocol | None:
    """Return the protocol if a request, with all that it says, is what that asks for."""
    asked = protocol().requests.get(_name(request))
    same = asked is not None and (
        (request.model or DEFAULT_MODEL, request.seeds, request.draws, set(request.settings))
        == (asked.model, asked.seeds, asked.draws, set(asked.settings))
    )
    return protocol() if same else None


def _name(request: GridRequest) -> str:
    return PurePath(request.dataset or DEFAULT_DATASET).name

"""Look-up of data sets by name or path."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from crosscurrent.knowledge.entry_points import EntryPoint, entry_points
from crosscurrent.knowledge.errors import InputError, clip, suggest

from ..imports import FAILURES, by_path, offered, said
from ..settings import described
from ._dataset import Dataset
from ._embedded import EMBEDDED
from ._encoding import encoded
from ._generator_settings import generator_settings
from ._own_files import own_file
from ._published import PUBLISHED
from ._subsets import subset
from ._synthetic import Knobs, synthetic

__all__ = ["SYNTHETIC", "dataset", "names", "settings"]

SYNTHETIC = "synthetic"
"""What is generated."""
PLUGINS: Final = "crosscurrent.datasets"
"""The group of entry points; each is a function without arguments that returns a card's path."""


def names() -> dict[str, str]:
    """Return the data sets that have a name, with one line on each.

    Some need the extra ``datasets``; where it is not installed, their line says so. Those of
    plug-ins come last, and are not imported; one that is called as a built-in one is left out.
    """
    embedded = {name: each.line for name, each in EMBEDDED.items()}
    published = {name: each.line for name, each in PUBLISHED.items()}
    generated = {
        SYNTHETIC: "generated from settings that represent factors: by default 1000 records that "
        "an ordinary model memorizes, in 2 classes and 2 groups"
    }
    built_in = embedded | published | generated
    installed = {
        name: "of " + " and ".join(f"{each.distribution} {each.version}" for each in offers)
        for name, offers in entry_points(PLUGINS).items()
        if name not in built_in
    }
    return built_in | installed


def settings(name: str) -> list[tuple[str, Any, str]]:
    """Return name, default and meaning of each setting that a data set of `names` has of its own.

    All others take ``records``, ``attributes`` and ``sample``, which make them smaller.
    """
    return described(Knobs) if name == SYNTHETIC else []


def dataset(name: str, settings: Mapping[str, str | int | float] = MappingProxyType({})) -> Dataset:
    """Return a data set.

    Parameters
    ----------
    name : str
        One of `names`, or the path of a card, of a file with a card beside it, or of
        ``adult.data`` as UCI publishes it. The name of an entry point in the group
        ``crosscurrent.datasets`` means the card whose path its function returns.
    settings : mapping
        Settings of ``synthetic``, or how many ``records`` and ``attributes`` of another one are
        used, and which ``sample`` of so many; texts are converted.

    Raises
    ------
    MissingExtra
        If it needs the extra ``datasets``, and that is not installed.
    InputError
        If there is no such data set, if a setting does not fit, or if the data cannot be measured
        on; the message says where and what to do.
    """
    try:
        return _found(name, settings)
    except MemoryError:
        raise InputError(f"{clip(name)}: does not fit into memory; use fewer records") from None


def _found(name: str, settings: Mapping[str, str | int | float]) -> Dataset:
    """Return a data set that may be too large."""
    if name == SYNTHETIC:
        return synthetic(generator_settings(settings))
    given = _given(name)
    return subset(given, settings) if settings else given


def _given(name: str) -> Dataset:
    """Return a data set that is not generated."""
    if name in EMBEDDED:
        return EMBEDDED[name].load()
    if name in PUBLISHED:
        return PUBLISHED[name].load(name)
    if name.isidentifier() and (entry := offered(PLUGINS, name)):
        return _own(_card_of(entry))
    if os.path.dirname(name) or os.path.splitext(name)[1] or os.path.exists(name):
        return _own(name)
    close = suggest(name, names())
    known = " or ".join(close) if close else ", ".join(names())
    hint = f"did you mean {known}?" if close else f"known: {known}; or give the path of a card"
    raise InputError(f"unknown dataset {clip(name)!r} ({hint})")


def _card_of(entry: EntryPoint) -> str:
    """Return the path of the card that a plug-in's function names."""
    function = by_path(entry.value, str(entry))
    try:
        path = os.fspath(function())
    except FAILURES as error:
        raise InputError(
            f"{entry}: should be a function without arguments that returns the path of a card:"
            f" {said(error)}"
        ) from error
    return os.fsdecode(path)


def _own(path: str) -> Dataset:
    """Return a user's own data set."""
    given = own_file(path)
    if given.card is None:
        raise given.no_card()
    table, card = given.read()
    return encoded(table, card, given.name)

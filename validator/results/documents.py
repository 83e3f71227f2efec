"""Results in files, as ``crosscurrent validate --json`` and ``results list --json`` print them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crosscurrent.knowledge.errors import InputError, clip, legible

from .kinds import kind_of
from .outcomes import Invalid

__all__ = ["checked", "read_results", "verdicts_of"]

_MAX_BYTES: Final = 256 << 20
_EXPECTED: Final = (
    "give what crosscurrent validate --json, results show --json or results list --json prints"
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


_Number = Annotated[float, Field(ge=-1e12, le=1e12)]


class _Effect(_Model):
    metric: str
    name: str
    worse_when: Literal["higher", "lower"]
    estimate: _Number
    low: _Number
    high: _Number
    level: float = Field(gt=0, lt=1)
    differences: list[_Number] = Field(min_length=2)
    smallest_effect: float = Field(ge=1e-12, le=1e12)

    @model_validator(mode="after")
    def _ordered(self) -> _Effect:
        if not self.low <= self.estimate <= self.high:
            raise ValueError("low, estimate and high should be in this order")
        return self


class _Effectiveness(_Model):
    name: str
    needed: str


class _Draw(_Model):
    settings: dict[str, Any]


class _Scale(_Model):
    dataset: str
    model: str


class _Settings(_Model):
    data: dict[str, Any]
    training: dict[str, Any]
    defense: dict[str, Any]
    attack: dict[str, Any]


class _Verdict(_Model):
    """What is read of the result of one defense and one risk."""

    id: str
    defense: str
    risk: str
    conjecture: str
    outcome: Literal["increase", "decrease", "no_change", "inconclusive"] | Invalid
    effect: _Effect
    effective_defense: bool | None
    effectiveness: _Effectiveness | None
    seeds: list[int] = Field(min_length=1)
    draws: list[_Draw] = Field(default=[])
    scale: _Scale
    settings: _Settings


def read_results(path: str) -> list[dict[str, Any]]:
    """Return the results of a defense and a risk in a file; others in it are passed over.

    Parameters
    ----------
    path : str
        A JSON file: one document, or several in a list.

    Raises
    ------
    InputError
        It cannot be read, is no JSON, or holds something else.
    """
    name = legible(path)
    return checked(_json(path, name), name)


def checked(document: object, name: str) -> list[dict[str, Any]]:
    """Return the results of a defense and a risk in a document, or in a list of them.

    Parameters
    ----------
    document : object
        Of any kind.
    name : str
        What messages call it.

    Raises
    ------
    InputError
        There is none in it, or one is not whole.
    """
    found = list(verdicts_of(document))
    if not found:
        raise InputError(f"{name}: no result of a defense and a risk in it; {_EXPECTED}")
    for each in found:
        try:
            _Verdict.model_validate(each)
        except ValidationError as error:
            wrong = error.errors()[0]
            where = ".".join(map(str, wrong["loc"]))
            raise InputError(
                f"{name}: result {clip(str(each.get('id')))}: {where}: {wrong['msg']}; {_EXPECTED}"
            ) from None
    return found


def verdicts_of(document: object) -> Iterator[dict[str, Any]]:
    """Yield the documents of single pairs in a document: those of a grid's cells, say.

    Parameters
    ----------
    document : object
        Any that the command line prints as JSON, or a list of them; of all else, nothing.
    """
    if isinstance(document, list):
        for each in document:
            yield from verdicts_of(each)
    elif isinstance(document, Mapping):
        held = document.get("results", document.get("cells"))
        if isinstance(held, list):
            yield from verdicts_of(held)
        elif "reason" not in document and "effect" in document and kind_of(document) == "verdict":
            yield dict(document)


def _json(path: str, name: str) -> object:
    try:
        if os.path.getsize(path) > _MAX_BYTES:
            raise InputError(f"{name}: more than {_MAX_BYTES >> 20} MiB; give a part of it")
        with open(path, encoding="utf-8-sig") as file:
            return json.load(file)
    except OSError as error:
        raise InputError(f"{name}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        told = (
            "; evidence does not hold the differences that pooling takes"
            if path.lower().endswith((".yaml", ".yml"))
            else ""
        )
        raise InputError(
            f"{name}:{error.lineno}:{error.colno}: not JSON: {error.msg}{told}; {_EXPECTED}"
        ) from None
    except RecursionError:
        raise InputError(f"{name}: nested too deeply; {_EXPECTED}") from None

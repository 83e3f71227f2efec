"""Results in files, as ``crosscurrent validate --json`` and ``results list --json`` print them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from crosscurrent.knowledge.errors import InputError, clip, legible

from ..data import require_file
from ..statistics.intervals import LEVEL
from .kinds import kind_of
from .outcomes import Invalid

__all__ = ["checked", "first_problem", "read_results", "verdicts_of"]

_MAX_BYTES: Final = 256 << 20
_LONGEST: Final = 1000
"""Characters of a text that is read."""
_LARGEST: Final = 2**63
_EXPECTED: Final = (
    "give what crosscurrent validate --json, results show --json or results list --json prints"
)


def _legible(text: str) -> str:
    """Refuse a text that a terminal or a picture would not show as it is."""
    if len(text) > _LONGEST:
        raise ValueError(f"should have at most {_LONGEST} characters")
    if not text.isprintable():
        raise ValueError("should have characters that print, and no line breaks")
    return text


def _set(value: object) -> object:
    """Refuse what is no value of a setting."""
    if isinstance(value, str):
        return _legible(value)
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGEST):
        return value
    raise ValueError("should be a text, a number, true or false")


def _described(value: object) -> object:
    """Refuse what describes no data: names of classes and groups of a table are lists of texts."""
    if isinstance(value, list | dict):
        for each in (*value, *(value.values() if isinstance(value, dict) else ())):
            _described(each)
        return value
    return None if value is None else _set(value)


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False, strict=True)


_Number = Annotated[float, Field(ge=-1e12, le=1e12)]
_Text = Annotated[str, AfterValidator(_legible)]
_Group = dict[_Text, Annotated[Any, AfterValidator(_set)]]
_Description = dict[_Text, Annotated[Any, AfterValidator(_described)]]


class _Effect(_Model):
    metric: _Text
    name: _Text
    worse_when: Literal["higher", "lower"]
    estimate: _Number
    low: _Number
    high: _Number
    level: float
    differences: list[_Number] = Field(min_length=2)
    smallest_effect: float = Field(ge=1e-12, le=1e12)

    @field_validator("level")
    @classmethod
    def _usual(cls, level: float) -> float:
        if level != LEVEL:
            raise ValueError(f"should be {LEVEL}, as that of every interval that is measured")
        return level

    @model_validator(mode="after")
    def _ordered(self) -> _Effect:
        if not self.low <= self.estimate <= self.high:
            raise ValueError("low, estimate and high should be in this order")
        return self


class _Effectiveness(_Model):
    name: _Text
    needed: _Text


class _Draw(_Model):
    settings: _Description
    digest: _Text = ""


class _Scale(_Model):
    dataset: _Text
    model: _Text


class _Settings(_Model):
    data: _Description
    training: _Group
    defense: _Group
    attack: _Group


class _Verdict(_Model):
    """What is read of the result of one defense and one risk."""

    id: _Text
    defense: _Text
    risk: _Text
    conjecture: _Text
    outcome: Literal["increase", "decrease", "no_change", "inconclusive"] | Invalid
    void: _Text | None = None
    effect: _Effect
    effective_defense: bool | None
    effectiveness: _Effectiveness | None
    seeds: list[int] = Field(min_length=1)
    draws: list[_Draw] = Field(default=[])
    scale: _Scale
    settings: _Settings

    @model_validator(mode="after")
    def _explained(self) -> _Verdict:
        if self.effective_defense is False and self.effectiveness is None:
            raise ValueError("effectiveness should say why effective_defense is false")
        return self


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
    try:
        found = list(verdicts_of(document))
    except RecursionError:
        raise InputError(f"{name}: nested too deeply; {_EXPECTED}") from None
    if not found:
        raise InputError(f"{name}: no result of a defense and a risk in it; {_EXPECTED}")
    for each in found:
        try:
            _Verdict.model_validate(each)
        except ValidationError as error:
            called = clip(each["id"]) if isinstance(each.get("id"), str) else "without an id"
            raise InputError(
                f"{name}: result {called}: {first_problem(error)}; {_EXPECTED}"
            ) from None
    return found


def first_problem(error: ValidationError, *above: str | int) -> str:
    """Say which field is wrong and how, the first of all.

    Parameters
    ----------
    error : ValidationError
        Of pydantic.
    *above : str or int
        Where in the document lies what was validated.
    """
    wrong = error.errors()[0]
    where = clip(".".join(map(str, (*above, *wrong["loc"]))))
    said = wrong["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


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
    require_file(path, _MAX_BYTES, "give a part of it")
    try:
        with open(path, encoding="utf-8-sig") as file:
            return json.load(file)
    except OSError as error:
        raise InputError(f"{name}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not UTF-8 at byte {error.start}; {_EXPECTED}") from None
    except json.JSONDecodeError as error:
        told = (
            "; evidence does not hold the differences that pooling takes"
            if path.lower().endswith((".yaml", ".yml"))
            else ""
        )
        raise InputError(
            f"{name}:{error.lineno}:{error.colno}: not JSON: {error.msg}{told}; {_EXPECTED}"
        ) from None
    except ValueError:
        raise InputError(f"{name}: a number in it has too many digits; {_EXPECTED}") from None
    except RecursionError:
        raise InputError(f"{name}: nested too deeply; {_EXPECTED}") from None

"""Field types of records: descriptions and constraints in pydantic's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field
from typing import Any, ClassVar, Literal, NoReturn, TypeVar, dataclass_transform

__all__ = [
    "ALIASES",
    "BASIS",
    "CODE",
    "DOTTED_ID",
    "ID",
    "NOTE",
    "PROVENANCE",
    "SETTING",
    "SOURCES",
    "STAGE",
    "STATED_IN",
    "WHEN",
    "WHEN_STATED",
    "Basis",
    "Links",
    "Pillar",
    "Provenance",
    "SignText",
    "Stage",
    "Strict",
    "about",
    "line",
    "many",
    "record",
    "text",
]

SignText = Literal["+", "-", "0", "?"]
Stage = Literal["pre", "in", "post"]
Pillar = Literal["security", "privacy", "fairness"]
Provenance = Literal["published", "measured"]
Basis = Literal["read", "known", "inferred"]

Links = Mapping[str, str]
"""Fields that name other records, and the sections that those are in.

A field is a path, in which ``*`` stands for every item of a list and ``**`` for every key of a
mapping; several sections are joined by ``or``.
"""

ID = r"^[a-z][a-z0-9_]{0,79}$"
DOTTED_ID = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){0,7}$"
CODE = r"^[A-Z][A-Za-z]{0,7}[0-9]{0,3}(\.[0-9]{1,3})?$"


class Strict:
    """Base class of records: unknown fields and loose types are refused.

    Records are made, compare, hash and print as dataclasses do, and are frozen as those are. It is
    written once here because dataclass would compile it anew for each type, at every start.

    Attributes
    ----------
    NESTED : mapping from str to type
        The types of records inside it, by field.
    LINKS : mapping from str to str
        See `Links`. Fields called ``sources`` and ``stated_in`` name references in all records.
    """

    NESTED: ClassVar[Mapping[str, type[Any]]] = {}
    LINKS: ClassVar[Links] = {}

    __slots__: tuple[str, ...] = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"extra": "forbid", "strict": True}

    def __init__(self, **values: Any) -> None:
        known = self.__dataclass_fields__
        for name in self.__slots__:
            value = values.pop(name, MISSING)
            if value is MISSING:
                value = known[name].default
                if value is MISSING:
                    raise TypeError(f"{type(self).__qualname__} needs {name}")
            object.__setattr__(self, name, value)
        if values:
            raise TypeError(f"{type(self).__qualname__} has no {', '.join(values)}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self.__slots__))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__qualname__}({values})"


_R = TypeVar("_R", bound=Strict)


@dataclass_transform(
    frozen_default=True, kw_only_default=True, eq_default=False, field_specifiers=(field,)
)
def record(record_type: type[_R]) -> type[_R]:
    """Make a dataclass of a record type, of which `Strict` has the methods."""
    made = dataclass(init=False, slots=True, kw_only=True, eq=False, repr=False)
    return made(record_type)


def about(description: str, /, **constraints: Any) -> dict[str, Any]:
    """Describe a field of any type."""
    return {"description": description, **constraints}


def text(description: str, *, limit: int = 2000, **constraints: Any) -> dict[str, Any]:
    """Describe a text that is not empty."""
    return about(description, min_length=1, max_length=limit, **constraints)


def line(description: str, *, limit: int) -> dict[str, Any]:
    """Describe a text without line breaks."""
    return text(description, limit=limit, pattern=r"^[^\r\n]+$")


def many(description: str, *, least: int = 0) -> dict[str, Any]:
    """Describe a list."""
    return about(description, min_length=least, max_length=200)


PROVENANCE = about(
    "published: stated by a source; measured: seen in models, as by crosscurrent validate"
)
BASIS = about(
    "read: seen in the work, in its abstract or a table; known: certain of the work, but not read"
    " again; inferred: reasoned from what the work shows; absent: not said"
)
SETTING = text("models, data, attack and regime, in a phrase", limit=400)
STAGE = about(
    "only for the variant at this stage; absent: an edge is of all, a result of the usual"
)
WHEN = about(
    "what it takes, by condition or characteristic of the adversary; absent: anything."
    " The first value of an ordered scale means only that one, a later one that and all after it"
)
WHEN_STATED = about(
    "the adversary or setting it takes, by characteristic or condition; absent: not stated"
)
NOTE = text("what we think of the record: doubts, known errors, conditions")
SOURCES = "works that support it: ids of references, each with an optional #place"
ALIASES = many("other names that people use for it; understood wherever the id is")
STATED_IN = many("where the record itself is stated, such as [duddu2024sok#table-2]")

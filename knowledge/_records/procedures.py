"""Procedures: what defenses do in training or to answers, and which of that excludes which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

from .fields import ID, NOTE, SOURCES, Links, Strict, about, many, record, text

__all__ = ["Exclusion", "Procedure"]


@record
class Exclusion(Strict):
    """A procedure beside which another one cannot be carried out as it is."""

    LINKS: ClassVar[Links] = {"procedure": "procedures"}

    procedure: str = field(metadata=text("the other procedure; it may be the same", limit=80))
    reason: str = field(metadata=text("why not both, as a clause: no capital, no full stop"))
    basis: Literal["read", "known", "inferred"] = field(
        metadata=about("read in a source, known from it, or inferred from what it says")
    )
    remedy: str | None = field(
        default=None, metadata=text("what does instead, as a clause: no capital, no full stop")
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    note: str | None = field(default=None, metadata=NOTE)


@record
class Procedure(Strict):
    """Something that a defense does in training or to answers, which others may not bear.

    An exclusion holds both ways, and is said once.
    """

    NESTED: ClassVar[Mapping[str, type]] = {"excludes": Exclusion}

    id: str = field(metadata=text("permanent identifier", limit=80, pattern=ID))
    meaning: str = field(metadata=text("what is done"))
    excludes: tuple[Exclusion, ...] = field(
        default=(), metadata=many("procedures beside which it cannot be carried out")
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    note: str | None = field(default=None, metadata=NOTE)

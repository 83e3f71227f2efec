"""Attacks together: what each takes and yields, and what was seen of one helping another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

from .fields import (
    ALIASES,
    BASIS,
    CODE,
    DOTTED_ID,
    ID,
    NOTE,
    PROVENANCE,
    SETTING,
    SOURCES,
    STATED_IN,
    WHEN,
    Basis,
    Links,
    Provenance,
    SignText,
    Strict,
    about,
    line,
    many,
    record,
    text,
)

__all__ = ["Attack", "Collusion", "Need", "Outcome", "Prerequisite"]


@record
class Need(Strict):
    """The least that an attack takes of its adversary in one respect."""

    LINKS: ClassVar[Links] = {"characteristic": "adversary"}

    characteristic: str = field(metadata=text("the characteristic", limit=80))
    value: str = field(metadata=text("the least value", limit=80))
    more_helps: bool = field(
        default=False, metadata=about("whether an adversary with more attacks better")
    )


@record
class Attack(Strict):
    """What an adversary does, seen as a step that may help, or need help from, another attack."""

    LINKS: ClassVar[Links] = {"risk": "risks"}
    NESTED: ClassVar[Mapping[str, type]] = {"needs": Need}

    id: str = field(
        metadata=text(
            "permanent identifier; may be that of the risk it exploits", limit=80, pattern=ID
        )
    )
    name: str = field(metadata=line("name for people", limit=120))
    risk: str = field(metadata=text("the risk that it exploits", limit=80))
    time: Literal["train", "test"] = field(metadata=about("when it happens"))
    meaning: str = field(metadata=text("what the adversary does and gains"))
    code: str | None = field(
        default=None, metadata=text("short name in the papers", limit=12, pattern=CODE)
    )
    aliases: tuple[str, ...] = field(default=(), metadata=ALIASES)
    needs: tuple[Need, ...] = field(
        default=(), metadata=many("the least that it takes of the adversary")
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)


@record
class Outcome(Strict):
    """A signed edge from a successful attack to a factor that it moves, or knowledge it yields."""

    LINKS: ClassVar[Links] = {"attack": "attacks", "factor": "factors"}

    attack: str = field(metadata=text("the attack", limit=80))
    factor: str = field(metadata=text("the factor", limit=80))
    sign: SignText = field(metadata=about("which way a successful attack moves the factor"))
    sources: tuple[str, ...] = field(metadata=many(SOURCES, least=1))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)

    @property
    def id(self) -> str:
        """The edge's identity: ``attack>factor``."""
        return f"{self.attack}>{self.factor}"


@record
class Prerequisite(Strict):
    """A signed edge from a factor to an attack whose effectiveness depends on it."""

    LINKS: ClassVar[Links] = {"attack": "attacks", "factor": "factors"}

    attack: str = field(metadata=text("the attack", limit=80))
    factor: str = field(metadata=text("the factor", limit=80))
    sign: SignText = field(metadata=about("how the attack's effectiveness moves as it rises"))
    sources: tuple[str, ...] = field(metadata=many(SOURCES, least=1))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)

    @property
    def id(self) -> str:
        """The edge's identity: ``factor>attack``."""
        return f"{self.factor}>{self.attack}"


@record
class Collusion(Strict):
    """What was published, or measured, for one attack whose outcome serves another."""

    LINKS: ClassVar[Links] = {
        "first": "attacks",
        "second": "attacks",
        "factors.*": "factors",
        "when.**": "adversary or conditions",
    }

    id: str = field(metadata=text("permanent identifier", limit=200, pattern=DOTTED_ID))
    first: str = field(metadata=text("the attack whose outcome is used", limit=80))
    second: str = field(metadata=text("the attack that uses it", limit=80))
    effect: Literal["amplifies", "hinders", "unexplored"] = field(
        metadata=about("what was seen; unexplored: the source knows of no work on it")
    )
    status: Literal["prior", "validated", "unexplored"] = field(
        metadata=about("seen by earlier work, tested by the source, or neither")
    )
    predicted: Literal["amplifies", "hinders"] | None = field(
        default=None, metadata=about("what the source's own table says")
    )
    factors: tuple[str, ...] = field(
        default=(), metadata=many("the common factors as the source prints them")
    )
    when: Mapping[str, str] | None = field(default=None, metadata=WHEN)
    basis: Basis | None = field(default=None, metadata=BASIS)
    setting: str | None = field(default=None, metadata=SETTING)
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    printed: str | None = field(
        default=None, metadata=text("what is printed, where that differs", limit=200)
    )
    provenance: Provenance = field(default="published", metadata=PROVENANCE)
    note: str | None = field(default=None, metadata=NOTE)

    @property
    def measured(self) -> bool:
        """Whether it was measured in your own models rather than published."""
        return self.provenance == "measured"

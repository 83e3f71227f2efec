"""Factors, risks and defenses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

from .fields import (
    ALIASES,
    CODE,
    ID,
    NOTE,
    SOURCES,
    STATED_IN,
    Links,
    Pillar,
    SignText,
    Stage,
    Strict,
    about,
    line,
    many,
    record,
    text,
)

__all__ = ["Defense", "Factor", "Influence", "Risk", "Satisfaction"]


@record
class Influence(Strict):
    """How a factor moves one of the two causes behind all risks."""

    cause: Literal["memorization", "overfitting"] = field(metadata=about("the cause that is moved"))
    sign: SignText = field(metadata=about("how the cause moves as the factor rises"))
    note: str | None = field(default=None, metadata=NOTE)


@record
class Satisfaction(Strict):
    """What an adversary can be so that a prerequisite of its attack holds without any help."""

    LINKS: ClassVar[Links] = {"characteristic": "adversary"}

    characteristic: str = field(metadata=text("the characteristic", limit=80))
    value: str = field(metadata=text("the value from which on it counts", limit=80))
    degree: Literal["met", "partly"] = field(metadata=about("wholly or in part"))
    note: str | None = field(default=None, metadata=NOTE)


@record
class Factor(Strict):
    """Something about data, objective, model or adversary's knowledge that others move or need."""

    NESTED: ClassVar[Mapping[str, type]] = {
        "influences": Influence,
        "satisfied_by": Satisfaction,
    }

    id: str = field(metadata=text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=line("name for people", limit=120))
    group: Literal["data", "objective", "model", "knowledge"] = field(
        metadata=about("what it is a trait of; knowledge: of what the adversary knows")
    )
    role: Literal["active", "passive", "knowledge"] = field(
        metadata=about(
            "active: exploited by attacks, dominates; passive: configuration;"
            " knowledge: held by the adversary"
        )
    )
    meaning: str = field(metadata=text("what it is, in a sentence or two"))
    code: str | None = field(
        default=None, metadata=text("short name in the papers", limit=12, pattern=CODE)
    )
    aliases: tuple[str, ...] = field(default=(), metadata=ALIASES)
    family: str | None = field(default=None, metadata=text("code of its family", limit=12))
    influences: tuple[Influence, ...] = field(default=(), metadata=many("how it moves causes"))
    satisfied_by: tuple[Satisfaction, ...] = field(
        default=(), metadata=many("adversaries for whom it holds already")
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)


@record
class Risk(Strict):
    """A way in which a deployed model fails people, and the attack of that name."""

    LINKS: ClassVar[Links] = {"dominant.*": "factors"}

    id: str = field(metadata=text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=line("name for people", limit=120))
    pillar: Pillar = field(metadata=about("the part of trustworthiness it belongs to"))
    meaning: str = field(metadata=text("what it is, in a sentence or two"))
    code: str | None = field(
        default=None, metadata=text("short name in the papers", limit=12, pattern=CODE)
    )
    aliases: tuple[str, ...] = field(default=(), metadata=ALIASES)
    dominant: tuple[str, ...] | None = field(
        default=None,
        metadata=many("factors that dominate for this attack, in place of the active ones"),
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)


@record
class Defense(Strict):
    """A measure taken against one or more risks."""

    LINKS: ClassVar[Links] = {
        "protects_against.*": "risks",
        "when.**": "adversary or conditions",
    }

    id: str = field(metadata=text("permanent identifier", limit=80, pattern=ID))
    name: str = field(metadata=line("name for people", limit=120))
    pillar: Pillar = field(metadata=about("the part of trustworthiness it serves"))
    protects_against: tuple[str, ...] = field(metadata=many("the risks it is meant for"))
    meaning: str = field(metadata=text("what it does, in a sentence or two"))
    code: str | None = field(
        default=None, metadata=text("short name in the papers", limit=12, pattern=CODE)
    )
    aliases: tuple[str, ...] = field(default=(), metadata=ALIASES)
    usual_stage: Stage | None = field(
        default=None, metadata=about("the stage of its variant that the bare name stands for")
    )
    when: Mapping[str, str] | None = field(
        default=None, metadata=about("the only conditions in which it can be used; taken to be met")
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)

"""Correlations and observations: signed edges of defenses and risks, and effects seen for pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

from .fields import (
    DOTTED_ID,
    NOTE,
    PROVENANCE,
    SOURCES,
    STATED_IN,
    Links,
    Provenance,
    SignText,
    Stage,
    Strict,
    about,
    line,
    many,
    record,
    text,
)

__all__ = ["Correlation", "EvidenceMark", "ExceptionRecord", "Observation"]


@record
class Correlation(Strict):
    """A signed edge between a defense or a risk and a factor.

    For a defense the sign says which way the factor moves when the defense is effective; for a
    risk, which way the risk moves when the factor rises.
    """

    LINKS: ClassVar[Links] = {"subject": "defenses or risks", "factor": "factors"}

    subject: str = field(metadata=text("a defense or a risk", limit=80))
    factor: str = field(metadata=text("the factor", limit=80))
    sign: SignText = field(metadata=about("+ rises together, - opposed, 0 none, ? unclear"))
    sources: tuple[str, ...] = field(metadata=many(SOURCES, least=1))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)

    @property
    def id(self) -> str:
        """The edge's identity: ``subject.factor``."""
        return f"{self.subject}.{self.factor}"


@record
class EvidenceMark(Strict):
    """A factor that a published effect is put down to, and the kinds of evidence for that."""

    LINKS: ClassVar[Links] = {"factor": "factors"}

    factor: str = field(metadata=text("the factor", limit=80))
    kinds: tuple[Literal["empirical", "theoretical", "conjectured", "own_conjecture"], ...] = field(
        metadata=many("kinds of evidence that this factor plays a part", least=1)
    )
    printed: str | None = field(
        default=None, metadata=text("what is printed, where that differs", limit=200)
    )
    note: str | None = field(default=None, metadata=NOTE)


@record
class ExceptionRecord(Strict):
    """An effect seen only under a stated adversary, against the main one."""

    LINKS: ClassVar[Links] = {"when.**": "adversary"}

    effect: Literal["increase", "decrease"] = field(metadata=about("what happens to the risk then"))
    sources: tuple[str, ...] = field(metadata=many(SOURCES, least=1))
    when: Mapping[str, str] | None = field(
        default=None,
        metadata=about("the adversary it takes, by characteristic; absent: not stated"),
    )
    printed: str | None = field(
        default=None, metadata=text("what is printed, where that differs", limit=200)
    )
    note: str | None = field(default=None, metadata=NOTE)


@record
class Observation(Strict):
    """What was published, or measured, for one defense and one risk."""

    LINKS: ClassVar[Links] = {"defense": "defenses", "risk": "risks", "when.**": "adversary"}
    NESTED: ClassVar[Mapping[str, type]] = {
        "evidence": EvidenceMark,
        "exceptions": ExceptionRecord,
    }

    id: str = field(metadata=text("permanent identifier", limit=200, pattern=DOTTED_ID))
    defense: str = field(metadata=text("the defense, taken to be effective", limit=80))
    risk: str = field(metadata=text("the risk", limit=80))
    effect: Literal["increase", "decrease", "no_change", "mixed", "unexplored"] = field(
        metadata=about(
            "what happens to the risk; no_change: too little to matter; mixed: the work itself"
            " reports both; unexplored: the source knows of no work on it"
        )
    )
    kind: Literal["empirical", "theoretical", "conjectured", "unspecified"] | None = field(
        default=None, metadata=about("strongest kind of evidence; absent when unexplored")
    )
    basis: Literal["read", "known", "inferred"] | None = field(
        default=None,
        metadata=about(
            "read: the result was seen; known: certain, but not read again; inferred: reasoned from"
            " a cited result"
        ),
    )
    stage: Stage | None = field(
        default=None, metadata=about("where the defense acts, if not at its usual stage")
    )
    setting: str | None = field(
        default=None, metadata=line("model, attack and regime in a phrase", limit=400)
    )
    when: Mapping[str, str] | None = field(
        default=None, metadata=about("the adversary it takes, by characteristic; absent: any")
    )
    evidence: tuple[EvidenceMark, ...] = field(
        default=(), metadata=many("factors that the source credits")
    )
    exceptions: tuple[ExceptionRecord, ...] = field(
        default=(), metadata=many("effects under other adversaries")
    )
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

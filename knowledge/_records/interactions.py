"""Correlations and observations: signed edges of defenses and risks, and effects seen for pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

from .fields import (
    BASIS,
    DOTTED_ID,
    NOTE,
    PROVENANCE,
    SETTING,
    SOURCES,
    STAGE,
    STATED_IN,
    WHEN,
    WHEN_STATED,
    Basis,
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

__all__ = [
    "Correlation",
    "EvidenceMark",
    "ExceptionRecord",
    "Observation",
    "Size",
    "TableCell",
]


@record
class Correlation(Strict):
    """A signed edge between a defense or a risk and a factor.

    For a defense the sign says which way the factor moves when the defense is effective; for a
    risk, which way the risk moves when the factor rises. An edge with a stage is one of a variant,
    beside or in place of that of the defense in general.
    """

    LINKS: ClassVar[Links] = {
        "subject": "defenses or risks",
        "factor": "factors",
        "when.**": "adversary or conditions",
    }

    subject: str = field(metadata=text("a defense or a risk", limit=80))
    factor: str = field(metadata=text("the factor", limit=80))
    sign: SignText = field(metadata=about("+ rises together, - opposed, 0 none, ? unclear"))
    stage: Stage | None = field(default=None, metadata=STAGE)
    when: Mapping[str, str] | None = field(default=None, metadata=WHEN)
    basis: Basis | None = field(default=None, metadata=BASIS)
    sources: tuple[str, ...] = field(metadata=many(SOURCES, least=1))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)

    @property
    def id(self) -> str:
        """The edge's identity: ``subject.factor``, or ``subject@stage.factor`` of a variant."""
        at = f"@{self.stage}" if self.stage else ""
        return f"{self.subject}{at}.{self.factor}"


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
    """An effect seen only under a stated adversary or setting, against the main one."""

    LINKS: ClassVar[Links] = {"when.**": "adversary or conditions"}

    effect: Literal["increase", "decrease"] = field(metadata=about("what happens to the risk then"))
    sources: tuple[str, ...] = field(metadata=many(SOURCES, least=1))
    when: Mapping[str, str] | None = field(default=None, metadata=WHEN_STATED)
    printed: str | None = field(
        default=None, metadata=text("what is printed, where that differs", limit=200)
    )
    note: str | None = field(default=None, metadata=NOTE)


@record
class Size(Strict):
    """How large an effect was: a measure of the risk without the defense and with it."""

    metric: str = field(metadata=line("what was measured", limit=200))
    before: float = field(metadata=about("its value without the defense", allow_inf_nan=False))
    after: float = field(metadata=about("its value with the defense", allow_inf_nan=False))


@record
class TableCell(Strict):
    """A cell of a table that was measured in reference models, not in models of your own."""

    dataset: str = field(metadata=line("data set of the table", limit=80))
    draws: int = field(metadata=about("draws of the data, the units of its interval", ge=1))
    seeds: int = field(metadata=about("paired seeds in each draw", ge=1))
    result: str = field(
        metadata=text("digest of the result's recipe", limit=64, pattern=r"^[0-9a-f]{64}$")
    )


@record
class Observation(Strict):
    """What was published, or measured, for one defense and one risk."""

    LINKS: ClassVar[Links] = {
        "defense": "defenses",
        "risk": "risks",
        "when.**": "adversary or conditions",
    }
    NESTED: ClassVar[Mapping[str, type]] = {
        "size": Size,
        "table": TableCell,
        "evidence": EvidenceMark,
        "exceptions": ExceptionRecord,
    }

    id: str = field(metadata=text("permanent identifier", limit=200, pattern=DOTTED_ID))
    defense: str = field(metadata=text("the defense, taken to be effective", limit=80))
    risk: str = field(metadata=text("the risk", limit=80))
    effect: Literal["increase", "decrease", "no_change", "mixed", "unexplored"] = field(
        metadata=about(
            "what happens to the risk; no_change: too little to matter; mixed: the work itself saw"
            " more than one; unexplored: the source knows of no work on it"
        )
    )
    kind: Literal["empirical", "theoretical", "conjectured", "unspecified"] | None = field(
        default=None, metadata=about("strongest kind of evidence; absent when unexplored")
    )
    stage: Stage | None = field(default=None, metadata=STAGE)
    when: Mapping[str, str] | None = field(default=None, metadata=WHEN)
    basis: Basis | None = field(default=None, metadata=BASIS)
    setting: str | None = field(default=None, metadata=SETTING)
    data: tuple[str, ...] = field(default=(), metadata=many("data used"))
    size: Size | None = field(default=None, metadata=about("how large the effect was"))
    evidence: tuple[EvidenceMark, ...] = field(
        default=(), metadata=many("factors that the source credits")
    )
    exceptions: tuple[ExceptionRecord, ...] = field(
        default=(), metadata=many("effects under other adversaries or settings")
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    printed: str | None = field(
        default=None, metadata=text("what is printed, where that differs", limit=200)
    )
    provenance: Provenance = field(default="published", metadata=PROVENANCE)
    table: TableCell | None = field(
        default=None,
        metadata=about(
            "the table of reference models that it stands in; absent from what was published,"
            " and from what was measured in models of your own"
        ),
    )
    note: str | None = field(default=None, metadata=NOTE)

    @property
    def measured(self) -> bool:
        """Whether it was measured, in whichever models, rather than published."""
        return self.provenance == "measured"

    @property
    def own(self) -> bool:
        """Whether it was measured in your own models."""
        return self.measured and self.table is None

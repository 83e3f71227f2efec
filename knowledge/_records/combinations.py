"""Defenses together: their stages, and what was seen of combinations."""

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
    STATED_IN,
    WHEN,
    Basis,
    Links,
    Provenance,
    Stage,
    Strict,
    about,
    many,
    record,
    text,
)

__all__ = ["Combination", "Stake", "Variant"]

Identified = Literal["read", "inferred"]


@record
class Stake(Strict):
    """A risk that a defense relies on, or takes away."""

    LINKS: ClassVar[Links] = {"risk": "risks"}

    risk: str = field(metadata=text("the risk", limit=80))
    basis: Identified = field(metadata=about("read in a source, or inferred from what it implies"))
    note: str | None = field(default=None, metadata=NOTE)


@record
class Variant(Strict):
    """A defense at one stage of the pipeline: before, in or after training."""

    LINKS: ClassVar[Links] = {"defense": "defenses", "procedures.*": "procedures"}
    NESTED: ClassVar[Mapping[str, type]] = {"uses": Stake, "mitigates": Stake}

    defense: str = field(metadata=text("the defense", limit=80))
    stage: Stage = field(metadata=about("before (pre), in or after (post) training"))
    meaning: str = field(metadata=text("how it works at this stage"))
    aliases: tuple[str, ...] = field(
        default=(), metadata=many("names of the defense that say this stage as well")
    )
    uses: tuple[Stake, ...] = field(
        default=(), metadata=many("risks without which it would not work")
    )
    mitigates: tuple[Stake, ...] = field(default=(), metadata=many("risks that it takes away"))
    procedures: tuple[str, ...] = field(
        default=(),
        metadata=many("what it does in training or to answers that another one may not bear"),
    )
    metric: str | None = field(
        default=None, metadata=text("how its effectiveness is measured", limit=200)
    )
    better_when: Literal["higher", "lower"] | None = field(
        default=None, metadata=about("which way that metric is better")
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)

    @property
    def id(self) -> str:
        """The variant's identity: ``defense@stage``."""
        return f"{self.defense}@{self.stage}"


@record
class Combination(Strict):
    """What was published, or measured, for defenses combined in one model."""

    LINKS: ClassVar[Links] = {"defenses.*": "variants", "when.**": "adversary or conditions"}

    id: str = field(metadata=text("permanent identifier", limit=200, pattern=DOTTED_ID))
    defenses: tuple[str, ...] = field(
        metadata=many("variants, earlier ones first; empty: the source does not say which")
    )
    outcome: Literal["effective", "conflict", "unreported"] = field(
        metadata=about("whether each defense stayed as effective as alone, as first measured")
    )
    status: Literal["prior", "explored", "validated"] = field(
        metadata=about("prior: collected from earlier work; explored: measured by the source")
    )
    tuned_outcome: Literal["effective", "conflict"] | None = field(
        default=None, metadata=about("the same after hyperparameters were tuned")
    )
    works_if: str | None = field(
        default=None,
        metadata=text("what has to be tuned or designed so that they are effective, as a clause"),
    )
    cost: str | None = field(
        default=None,
        metadata=text("what they cost together that neither does alone, as a clause"),
    )
    predicted: Literal["effective", "conflict"] | None = field(
        default=None, metadata=about("what the source's own rule says")
    )
    baseline: Literal["effective", "conflict"] | None = field(
        default=None, metadata=about("what the source's naive baseline says")
    )
    code: str | None = field(default=None, metadata=text("its number in the source", limit=12))
    identified: Identified = field(
        default="read", metadata=about("whether the defenses were read or worked out")
    )
    candidates: tuple[str, ...] = field(
        default=(), metadata=many("pairs it could be, each as variant+variant")
    )
    when: Mapping[str, str] | None = field(default=None, metadata=WHEN)
    basis: Basis | None = field(default=None, metadata=BASIS)
    setting: str | None = field(default=None, metadata=SETTING)
    datasets: tuple[str, ...] = field(default=(), metadata=many("data used"))
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

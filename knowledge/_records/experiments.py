"""Experiments that tested a conjecture, with the numbers as printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

from .fields import (
    DOTTED_ID,
    ID,
    NOTE,
    SOURCES,
    STATED_IN,
    Links,
    Strict,
    about,
    many,
    record,
    text,
)

__all__ = ["Experiment", "Measurement", "Metric"]

Expectation = Literal[
    "increase",
    "decrease",
    "no_change",
    "contested",
    "unknown",
    "inconclusive",
    "effective",
    "conflict",
    "amplifies",
    "hinders",
]
Outcome = Literal[Expectation, "nothing_to_move", "no_longer_useful", "cannot_change"]


@record
class Metric(Strict):
    """What an experiment measured, and which way is worse for the model's owner."""

    id: str = field(metadata=text("identifier inside the experiment", limit=80, pattern=ID))
    worse_when: Literal["higher", "lower"] = field(metadata=about("which way is worse"))
    unit: str | None = field(default=None, metadata=text("unit; absent: none", limit=40))


@record
class Measurement(Strict):
    """One printed number."""

    LINKS: ClassVar[Links] = {"at.**": "factors"}

    arm: str = field(metadata=text("what was measured: baseline, or a variant", limit=80))
    metric: str = field(metadata=text("a metric of the experiment", limit=80))
    mean: float = field(metadata=about("printed mean", allow_inf_nan=False))
    spread: float | None = field(
        default=None, metadata=about("number printed after ±", ge=0, allow_inf_nan=False)
    )
    at: Mapping[str, float] | None = field(
        default=None, metadata=about("values of factors at which it was measured")
    )
    setting: Mapping[str, str | float] | None = field(
        default=None, metadata=about("other settings at which it was measured, by name")
    )
    note: str | None = field(default=None, metadata=NOTE)


@record
class Experiment(Strict):
    """An experiment that tested a conjecture, with its numbers.

    It is about an interaction (defense and risk), a combination (defenses) or a collusion (first
    and second attack).
    """

    LINKS: ClassVar[Links] = {
        "defense": "defenses",
        "risk": "risks",
        "defenses.*": "variants",
        "first": "attacks",
        "second": "attacks",
        "common_factors.*": "factors",
        "other_factors.*": "factors",
    }
    NESTED: ClassVar[Mapping[str, type]] = {"metrics": Metric, "measurements": Measurement}

    id: str = field(metadata=text("permanent identifier", limit=200, pattern=DOTTED_ID))
    conjecture: Expectation = field(metadata=about("what was expected"))
    outcome: Outcome = field(
        metadata=about(
            "what came out; nothing_to_move, no_longer_useful, cannot_change: evidence of nothing"
        )
    )
    defense: str | None = field(
        default=None, metadata=text("the defense; with risk: an interaction", limit=80)
    )
    risk: str | None = field(default=None, metadata=text("the risk", limit=80))
    defenses: tuple[str, ...] = field(
        default=(), metadata=many("variants of defenses that were combined, earlier ones first")
    )
    first: str | None = field(
        default=None, metadata=text("the attack that helps; with second: a collusion", limit=80)
    )
    second: str | None = field(default=None, metadata=text("the attack helped", limit=80))
    finding: str = field(metadata=text("what came out, in a sentence"))
    dataset: str = field(metadata=text("data used", limit=400))
    metrics: tuple[Metric, ...] = field(metadata=many("what was measured", least=1))
    measurements: tuple[Measurement, ...] = field(metadata=many("the numbers", least=1))
    common_factors: tuple[str, ...] = field(
        default=(), metadata=many("factors shared by defense and risk")
    )
    other_factors: tuple[str, ...] = field(
        default=(), metadata=many("further factors whose value matters")
    )
    sources: tuple[str, ...] = field(default=(), metadata=many(SOURCES))
    stated_in: tuple[str, ...] = field(default=(), metadata=STATED_IN)
    note: str | None = field(default=None, metadata=NOTE)

"""Effectiveness of a defense, by its own metric or attack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from ..statistics.intervals import Effect, effect, outcome

if TYPE_CHECKING:
    from ..arms.metrics import Metric
    from ..attacks import Attack
    from ..defenses import Defense
    from .trial import Result

__all__ = ["Effectiveness", "effectiveness", "guarded", "values", "worsening", "worsenings"]


@dataclass(frozen=True)
class Effectiveness:
    """Whether the defense was effective.

    Attributes
    ----------
    metric, name : str
        What says so: in documents, and for people.
    met : bool
        Whether it did.
    baseline : float or None
        Mean of the baseline arm, where it was measured there too.
    defended : float
        Mean of the defended arm.
    needed : str
        What was asked for, in words.
    """

    metric: str
    name: str
    met: bool
    baseline: float | None
    defended: float
    needed: str


def effectiveness(
    defense: Defense, guard: Attack | None, baseline: Sequence[Result], defended: Sequence[Result]
) -> Effectiveness | None:
    """Say whether a defense was effective.

    Parameters
    ----------
    defense : Defense
        In the defended arm.
    guard : Attack or None
        Of the risk that it guards against; not needed where it has a reading of its own.
    baseline, defended : sequence of Result
        One for each seed, in their order.

    Returns
    -------
    Effectiveness or None
        None for a placebo, which has nothing to do.
    """
    if defense.reading is not None:
        said = defense.reading
        mean = fmean(each.readings[defense.name()] for each in defended)
        side = "at least" if said.better_when == "higher" else "at most"
        return Effectiveness(
            said.id, said.name, said.met(mean), None, mean, f"{side} {said.bound:g}"
        )
    if guard is None:
        return None
    metric = guarded(defense, guard)
    found = worsening(guard.risk, metric, baseline, defended)
    return Effectiveness(
        metric.id,
        metric.name,
        outcome(found, metric.smallest_effect) == "decrease",
        fmean(values(baseline, guard.risk, metric.id)),
        fmean(values(defended, guard.risk, metric.id)),
        f"better by {metric.smallest_effect:g} or more, with an interval that excludes zero",
    )


def guarded(defense: Defense, guard: Attack) -> Metric:
    """Return the metric by which a defense is effective against the attack that it guards against.

    That is what the defense lowers, not always what the attack is judged by.
    """
    usual, wanted = guard.judged(provable=False), defense.guard_metric()
    if wanted in (None, usual.id):
        return usual
    return guard.named(next(each for each in guard.metrics if each.id == wanted))


def worsening(
    risk: str, metric: Metric, before: Sequence[Result], after: Sequence[Result]
) -> Effect:
    """Return by how much more susceptible the models of one arm are than those of another."""
    counted = min(each.counted[risk][metric.id] for each in (*before, *after))
    return effect(worsenings(risk, metric, before, after), resolution=1 / max(1, counted))


def worsenings(
    risk: str, metric: Metric, before: Sequence[Result], after: Sequence[Result]
) -> list[float]:
    """Return by how much more susceptible one arm is than another, result by result."""
    pairs = zip(values(before, risk, metric.id), values(after, risk, metric.id), strict=True)
    return [metric.worsening(b, d) for b, d in pairs]


def values(results: Sequence[Result], risk: str, metric: str) -> list[float]:
    """Return what a metric is, seed by seed."""
    return [each.metrics[risk][metric] for each in results]

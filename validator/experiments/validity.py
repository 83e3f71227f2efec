"""Validity of a comparison: whether anything could move, and whether what moved is of use.

An outcome is evidence only where the attack could have been more or less successful, and where the
defended model is still one that anybody would deploy. Else the outcome says why it is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..results.outcomes import Invalid
from ..statistics.intervals import Outcome
from ..trials.effectiveness import values

if TYPE_CHECKING:
    from ..arms.metrics import Metric
    from ..attacks import Attack
    from ..defenses import Defense
    from ..trials.trial import Result, TrialContext

__all__ = ["LEAST_KEPT", "Void", "chance", "invalid", "kept", "unusable"]

LEAST_KEPT: Final = 0.5
"""Of what the baseline is better than chance by: with less left, nobody would deploy the model."""

LEAST_LEARNED: Final = 0.02
"""By which the accuracy has to exceed chance for a model to have learned anything."""

MOST_BLIND: Final = 0.5
"""Of the records: an attack that sees nothing at more of them is no measure."""

_MOVES: Final[Mapping[Outcome, bool]] = {
    "increase": True,
    "decrease": True,
    "no_change": False,
    "inconclusive": False,
}


class Void(NamedTuple):
    """Why an outcome is evidence of nothing.

    Attributes
    ----------
    outcome : str
        ``nothing_to_move``: the baseline has learned nothing, or the attack is at its floor or
        ceiling, so that no change could be seen. ``no_longer_useful``: the defended model has lost
        more than half of what the baseline is better than chance by. ``cannot_change``: what the
        defense changes is nothing that the attack sees.
    reason : str
        A sentence that says so, with numbers.
    """

    outcome: Invalid
    reason: str


def chance(contexts: Sequence[TrialContext]) -> float:
    """Return the accuracy of always answering the most common class, averaged over draws."""
    return fmean(
        float(sizes.max() / sizes.sum())
        for sizes in (np.bincount(each.data.y) for each in contexts)
    )


def kept(baseline: Sequence[Result], other: Sequence[Result], by_chance: float) -> float:
    """Return the share, 0 to 1, that another arm keeps of what the baseline beats chance by."""
    before, after = (fmean(each.accuracy for each in arm) - by_chance for arm in (baseline, other))
    return max(0.0, min(1.0, after / before)) if before > 0 else 1.0


def unusable(baseline: Sequence[Result], other: Sequence[Result], by_chance: float) -> Void | None:
    """Return why models are no use to compare: nothing learned, or no longer useful.

    Parameters
    ----------
    baseline, other : sequence of Result
        The two arms.
    by_chance : float
        Accuracy of always answering the most common class.
    """
    learned = fmean(each.accuracy for each in baseline)
    if learned - by_chance < LEAST_LEARNED:
        return Void(
            "nothing_to_move",
            f"the baseline has learned nothing: its accuracy is {learned:.3f}, and always answering"
            f" the most common class gives {by_chance:.3f}",
        )
    share = kept(baseline, other, by_chance)
    if share < LEAST_KEPT:
        after = fmean(each.accuracy for each in other)
        return Void(
            "no_longer_useful",
            f"accuracy falls from {learned:.3f} to {after:.3f}, where chance is {by_chance:.3f}:"
            f" {share:.0%} is kept of what the baseline is better than chance by, and"
            f" {LEAST_KEPT:.0%} is the least",
        )
    return None


def invalid(
    attack: Attack,
    metric: Metric,
    shown: Outcome,
    baseline: Sequence[Result],
    other: Sequence[Result],
    by_chance: float,
    defense: Defense | None = None,
) -> Void | None:
    """Return why an outcome is evidence of nothing; None if it is evidence.

    Parameters
    ----------
    attack : Attack
        What was mounted on both arms.
    metric : Metric
        By which it is judged.
    shown : str
        What the interval shows.
    baseline, other : sequence of Result
        The two arms.
    by_chance : float
        Accuracy of always answering the most common class.
    defense : Defense or None
        In the other arm; None if there is none, as in a collusion.
    """
    if defense is not None and not defense.changes & attack.sees:
        changed = " and ".join(sorted(defense.changes)) or "nothing"
        return Void(
            "cannot_change",
            f"the defense changes {changed}, and the attack sees"
            f" {' and '.join(sorted(attack.sees))} only: by construction nothing can change",
        )
    if attack.blind is not None:
        unseen = max(fmean(values(arm, attack.risk, attack.blind.id)) for arm in (baseline, other))
        if unseen > MOST_BLIND:
            return Void(
                "nothing_to_move",
                f"the attack is blind: {attack.blind.name} is {unseen:.3f} in one of the arms",
            )
    if void := unusable(baseline, other, by_chance):
        return void
    if _MOVES[shown]:
        return None
    before, after = (fmean(values(arm, attack.risk, metric.id)) for arm in (baseline, other))
    for end, bound in (("floor", metric.floor), ("ceiling", metric.ceiling)):
        if (
            bound is not None
            and max(abs(before - bound), abs(after - bound)) < metric.smallest_effect
        ):
            return Void(
                "nothing_to_move",
                f"{metric.name} is {before:.3f} without the defense and {after:.3f} with it, at its"
                f" {end} of {bound:g}",
            )
    return None

"""Validity of a comparison: whether anything could move, and whether what moved is of use.

An outcome is evidence only where the attack could have been more or less successful, and where the
defended model is still one that anybody would deploy. Else the outcome says why it is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from ..results.outcomes import Invalid
from ..trials.effectiveness import values

if TYPE_CHECKING:
    from ..arms.metrics import Metric
    from ..attacks import Attack
    from ..defenses import Defense
    from ..statistics.intervals import Outcome
    from ..trials.trial import Result, TrialContext

__all__ = [
    "LEAST_KEPT",
    "Bounded",
    "Seen",
    "Utility",
    "Void",
    "at_an_end",
    "invalid",
    "kept",
    "of_no_use",
    "share_kept",
    "unusable",
]

Seen = Sequence[tuple[float, float, float]]
"""Accuracy, and balanced accuracy where known: of the baseline, the other arm, and by chance."""

LEAST_KEPT: Final = 0.5
"""Of what the baseline is better than chance by: with less left, nobody would deploy the model."""

LEAST_LEARNED: Final = 0.02
"""By which the accuracy has to exceed chance for a model to have learned anything."""

MOST_BLIND: Final = 0.5
"""Of the records: an attack that sees nothing at more of them is no measure."""


class Bounded(Protocol):
    """A metric that may have ends."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def smallest_effect(self) -> float:
        """The smallest effect of interest."""

    @property
    def floor(self) -> float | None:
        """What it is where the attack gets nothing."""

    @property
    def ceiling(self) -> float | None:
        """What it is where the attack gets all that there is."""


class Void(NamedTuple):
    """Why an outcome is evidence of nothing.

    Attributes
    ----------
    outcome : str
        ``nothing_to_move``: the baseline has learned nothing, the attack is blind, or it is at its
        floor or ceiling, so that the change that was expected could not be seen.
        ``no_longer_useful``: the defended model has lost more than half of what the baseline is
        better than chance by. ``cannot_change``: what the defense changes is nothing that the
        attack sees.
    reason : str
        A sentence that says so, with numbers.
    saturated : bool
        Whether it is so for want of an effect, at a floor or ceiling: such a test belongs to the
        family over which false discoveries are controlled.
    """

    outcome: Invalid
    reason: str
    saturated: bool = False


class Utility(NamedTuple):
    """What models without any use would reach on some draws.

    Attributes
    ----------
    chance : float
        Accuracy of always answering the most common class, averaged over draws.
    classes : int
        How many there are: one over that is the balanced accuracy of such a model.
    """

    chance: float
    classes: int

    @classmethod
    def of(cls, contexts: Sequence[TrialContext]) -> Utility:
        """Return that of some draws."""
        sizes = [np.bincount(each.data.y) for each in contexts]
        by_chance = fmean(float(each.max() / each.sum()) for each in sizes)
        return cls(by_chance, contexts[0].data.classes)

    def seen(
        self, baseline: Sequence[Result], other: Sequence[Result]
    ) -> list[tuple[float, float, float]]:
        """Return accuracy, and balanced accuracy where it was kept: of both arms, and by chance."""
        arms = (baseline, other)
        before, after = (fmean(each.accuracy for each in arm) for arm in arms)
        found = [(before, after, self.chance)]
        balanced = [
            [each.balanced_accuracy for each in arm if each.balanced_accuracy is not None]
            for arm in arms
        ]
        if all(map(len, balanced)):
            found.append((fmean(balanced[0]), fmean(balanced[1]), 1 / self.classes))
        return found


def kept(baseline: Sequence[Result], other: Sequence[Result], utility: Utility) -> float:
    """Return the share, 0 to 1, that another arm keeps of what the baseline beats chance by.

    By accuracy or by balanced accuracy, whichever is more: where one class is rare, a model of use
    may hardly be more often right than one that always answers the other. All, where it has learned
    nothing by either.
    """
    return share_kept(utility.seen(baseline, other))


def share_kept(seen: Seen) -> float:
    """Return what `kept` does, of accuracies."""
    shares = []
    for before, after, by_chance in seen:
        gained = before - by_chance
        if gained >= LEAST_LEARNED:
            shares.append(max(0.0, min(1.0, (after - by_chance) / gained)))
    return max(shares, default=1.0)


def unusable(baseline: Sequence[Result], other: Sequence[Result], utility: Utility) -> Void | None:
    """Return why models are no use to compare: nothing learned, or no longer useful.

    Parameters
    ----------
    baseline, other : sequence of Result
        The two arms.
    utility : Utility
        By which models are of use.
    """
    return of_no_use(utility.seen(baseline, other))


def of_no_use(seen: Seen) -> Void | None:
    """Return what `unusable` does, of accuracies."""
    before, after, by_chance = seen[0]
    if max(each - floor for each, _, floor in seen) < LEAST_LEARNED:
        return Void(
            "nothing_to_move",
            f"the baseline has learned nothing: its accuracy is {before:.3f}, and always answering"
            f" the most common class gives {by_chance:.3f}",
        )
    share = share_kept(seen)
    if share < LEAST_KEPT:
        return Void(
            "no_longer_useful",
            f"accuracy falls from {before:.3f} to {after:.3f}, where chance is {by_chance:.3f}:"
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
    utility: Utility,
    *,
    expected: str | None,
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
    utility : Utility
        By which models are of use.
    expected : str or None
        What was expected: where it is an increase, an attack at its floor refutes it, and where it
        is a decrease, one at its ceiling.
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
    if void := unusable(baseline, other, utility):
        return void
    if shown != "no_change":
        return None
    before, after = (fmean(values(arm, attack.risk, metric.id)) for arm in (baseline, other))
    what = "the first attack" if defense is None else "the defense"
    return at_an_end(metric, before, after, expected=expected, change=what)


def at_an_end(
    metric: Bounded, before: float, after: float, *, expected: str | None, change: str
) -> Void | None:
    """Return why no change is evidence of nothing: an attack at its floor or its ceiling.

    Parameters
    ----------
    metric : Metric
        With its ends.
    before, after : float
        Its mean in either arm.
    expected : str or None
        As `invalid` takes it.
    change : str
        What tells the arms apart, in words.
    """
    ends = (("floor", metric.floor, "increase"), ("ceiling", metric.ceiling, "decrease"))
    for end, bound, visible in ends:
        if bound is None or expected == visible:
            continue
        if max(abs(before - bound), abs(after - bound)) < metric.smallest_effect:
            return Void(
                "nothing_to_move",
                f"{metric.name} is {before:.3f} without {change} and {after:.3f} with it, at its"
                f" {end} of {bound:g}",
                saturated=True,
            )
    return None

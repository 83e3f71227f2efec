"""Group fairness: what a model answers to groups of a sensitive attribute.

Hardt, Price and Srebro 2016, Equality of Opportunity in Supervised Learning; Agarwal et al. 2018,
A Reductions Approach to Fair Classification. The numbers are those of fairlearn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ...statistics.weighted import spread_over_groups
from ._subject import AboutGroups, AuditMetric, Statistics, held_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._runs import Run

__all__ = ["DiscriminatoryBehavior"]

LEAST: Final = 20
"""A group's records of a class for a rate of them: of fewer, it is chance."""
SHUFFLES: Final = 200
"""How often groups are shuffled, to say how large a gap is by chance."""
CHANCE: Final = 0.95
"""Share of shuffled gaps that is below what is told as chance."""


@dataclass(frozen=True)
class DiscriminatoryBehavior(AboutGroups):
    """Compares groups by how often the favourable answer is given, and how often it is right.

    The equalised-odds gap is the larger of two: of the rates among records whose label is
    favourable, and among the others. Groups with too few records are left out. A gap is never
    negative, and with small groups never near zero: what is told as chance is the gap that is seen
    if groups are shuffled among the records of the same label.
    """

    id: ClassVar[str] = "discriminatory_behavior"
    is_risk: ClassVar[bool] = True
    is_shuffled: ClassVar[bool] = True

    def _lacks_of_groups(self) -> str | None:
        if self.runs.favourable is None:
            return (
                "the favourable answer, as there are more than two classes: name it with --positive"
            )
        if len(self._large) < 2:
            sizes = ", ".join(f"{name} {size:,}" for name, size in self._sizes()[:6])
            return (
                f"two groups with {LEAST} records each of either label that the model was not"
                " trained"
                f" on; there are {sizes or 'none'}"
            )
        return None

    @property
    def metrics(self) -> Sequence[AuditMetric]:
        """What is measured; the first is judged."""
        by = f" by {self.attribute}"
        return (
            AuditMetric(
                "equalized_odds_difference", f"equalised-odds gap{by}", "higher", 0.03, 0.0, 1.0
            ),
            AuditMetric(
                "demographic_parity_difference",
                f"demographic-parity gap{by}",
                "higher",
                0.03,
                0.0,
                1.0,
            ),
            AuditMetric("worst_group_accuracy", f"accuracy in the worst group{by}", "lower", 0.03),
        )

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self.runs.groups.get(self.attribute, ())

    @cached_property
    def _large(self) -> list[int]:
        """The groups with enough records of either label, in each arm and run."""
        enough = np.ones(len(self._names), dtype=bool)
        for run in self.every_run:
            for side in (True, False):
                enough &= self._counts(run, side) >= LEAST
        return [int(each) for each in np.flatnonzero(enough)]

    def _counts(self, run: Run, favourable: bool | None = None) -> NDArray[np.int64]:
        rows = held_out(run)
        group = self._group(run)[rows]
        label = run.label[rows] == self.runs.favourable
        chosen = group >= 0
        if favourable is not None:
            chosen &= label == favourable
        return np.bincount(group[chosen], minlength=len(self._names))

    def _sizes(self) -> list[tuple[str, int]]:
        counts = self._counts(self.every_run[0]).tolist()
        return list(zip(self._names, counts, strict=True))

    def _group(self, run: Run) -> NDArray[np.int64]:
        return run.groups[self.attribute]

    def _seen(self, run: Run) -> tuple[NDArray[Any], ...]:
        """Return rows, label, answer (whether favourable), correctness and group; -1: left out."""
        rows = held_out(run)
        place = np.full(len(self._names) + 1, -1)
        place[self._large] = np.arange(len(self._large))
        label = run.label[rows] == self.runs.favourable
        answer = run.predicted[rows] == self.runs.favourable
        right = run.predicted[rows] == run.label[rows]
        return rows, label, answer, right, place[self._group(run)[rows]]

    def statistics(self, run: Run) -> Statistics:
        """Return what measures a run."""
        rows, label, answer, right, group = self._seen(run)
        count = len(self._large)
        sides = [np.flatnonzero(label), np.flatnonzero(~label)]

        def measured(weights: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.floating[Any]]]:
            some = weights[:, rows]
            odds = [
                spread_over_groups(some[:, side], answer[side], group[side], count)[0]
                for side in sides
            ]
            return {
                "equalized_odds_difference": np.max(odds, axis=0),
                "demographic_parity_difference": spread_over_groups(some, answer, group, count)[0],
                "worst_group_accuracy": spread_over_groups(some, right, group, count)[1],
            }

        return measured

    def chance(self, run: Run) -> float | None:
        """Return the gap that shuffled groups stay below in 19 of 20 cases."""
        _, label, answer, _, group = self._seen(run)
        draw = np.random.default_rng(self.seed)
        gaps = np.zeros(SHUFFLES)
        for side in (label, ~label):
            here = np.flatnonzero(side & (group >= 0))
            sizes = np.bincount(group[here], minlength=len(self._large))
            ends = np.cumsum(sizes)[:-1]
            for i in range(SHUFFLES):
                shuffled = draw.permutation(answer[here])
                rates = [part.mean() for part in np.split(shuffled, ends)]
                gaps[i] = max(gaps[i], max(rates) - min(rates))
        return float(np.quantile(gaps, CHANCE))

    def parts(self) -> list[dict[str, Any]]:
        """Return each group's rates."""
        found = []
        for place, name in enumerate(self._names):
            rates = [
                {
                    key: float(np.mean([self._rates(run, place)[key] for run in arm]))
                    for key in ("favourable_rate", "accuracy")
                }
                for arm in self.runs.arms
                if place in self._large
            ]
            found.append(
                {
                    "group": name,
                    "records": int(self._counts(self.every_run[0])[place]),
                    "left_out": place not in self._large,
                    "before": rates[0] if rates else None,
                    "after": rates[1] if len(rates) > 1 else None,
                }
            )
        return found

    def _rates(self, run: Run, place: int) -> dict[str, float]:
        _, _, answer, right, group = self._seen(run)
        here = group == self._large.index(place)
        return {
            "favourable_rate": float(answer[here].mean()),
            "accuracy": float(right[here].mean()),
        }

    def notes(self) -> list[str]:
        """Return which groups were left out."""
        small = [name for place, name in enumerate(self._names) if place not in self._large]
        found = super().notes()
        if small:
            told = ", ".join(small[:6]) + ", …" * (len(small) > 6)
            found.append(
                f"left out of the comparison by {self.attribute}, with fewer than {LEAST} records"
                " of a"
                f" label: {told}"
            )
        missing = max(int((self._group(run) < 0).sum()) for run in self.every_run)
        if missing:
            found.append(f"{missing:,} records have no {self.attribute} and are left out of it")
        return found

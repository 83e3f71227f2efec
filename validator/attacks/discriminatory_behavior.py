"""Discriminatory behavior: no attack, but what the model does to groups by itself.

A rate of a handful of records is chance, and the largest gap of many rates is mostly the smallest
groups'. So rates of few records are left out; which ones depends on the data alone, and is the same
for all models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import torch

from ..arms.groups import large_cells, sensitive_column
from ..arms.metrics import AttackOutput, Metric
from ..arms.splits import TEST_SHARE, TargetModel
from ..settings import setting
from ._attack import Attack, AttackerResources

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..data import Dataset

__all__ = ["DiscriminatoryBehavior"]

JUDGED = (1 + TEST_SHARE) / 2
"""Share of the records that a model is not trained on."""


def _odds(got: AttackOutput) -> float:
    """Return the larger of the two classes' gaps, as fairlearn's equalized_odds_difference."""
    return max(_gap(got, got["by_class"] & (got["y"] == label)) for label in (0, 1))


def _parity(got: AttackOutput) -> float:
    return _gap(got, got["by_group"])


def _gap(got: AttackOutput, chosen: NDArray[np.bool_]) -> float:
    """Return the largest difference of two groups' rates of the favourable answer."""
    from fairlearn.metrics import demographic_parity_difference

    y, predicted, group = (got[name][chosen] for name in ("y", "predicted", "group"))
    return float(demographic_parity_difference(y, predicted, sensitive_features=group))


def _smallest(got: AttackOutput) -> int:
    """Return how many records the most uncertain rate is of."""
    chosen = (got["by_class"] & (got["y"] == label) for label in (0, 1))
    return min(_least(got["group"][each]) for each in chosen)


def _least(group: NDArray[np.int64]) -> int:
    return int(np.unique(group, return_counts=True)[1].min())


def _worst(got: AttackOutput) -> float:
    right, group = got["predicted"] == got["y"], got["group"]
    return min(float(np.mean(right[group == g])) for g in np.unique(group[got["by_group"]]))


@dataclass(frozen=True)
class DiscriminatoryBehavior(Attack):
    """Compares predictions between groups of a sensitive attribute."""

    risk: ClassVar[str] = "discriminatory_behavior"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "equalized_odds_difference",
            "equalised-odds gap",
            "higher",
            0.03,
            _odds,
            _smallest,
            0.0,
            1.0,
        ),
        Metric(
            "demographic_parity_difference",
            "demographic-parity gap",
            "higher",
            0.03,
            _parity,
            lambda got: _least(got["group"][got["by_group"]]),
            0.0,
            1.0,
        ),
        Metric(
            "worst_group_accuracy",
            "accuracy in the worst group",
            "lower",
            0.03,
            _worst,
            lambda got: _least(got["group"][got["by_group"]]),
        ),
    )

    attribute: str = setting("", "sensitive attribute; empty: the first of the data set")
    least: int = setting(
        20, "minimum number of a group's records per class for a rate", least=1, most=1_000_000
    )

    def check(self, data: Dataset) -> None:
        """Raise `InputError` without two classes and a sensitive attribute with groups to compare.

        Of each class at least two groups must have enough records.
        """
        column = sensitive_column(data, self.attribute, "discriminatory_behavior")
        large_cells(data.z[:, column], data.y, JUDGED, self.least)

    def settled(self, data: Dataset) -> Self:
        """Return it with the name of the attribute."""
        column = sensitive_column(data, self.attribute, "discriminatory_behavior")
        return replace(self, attribute=data.sensitive[column])

    def judged(self, *, provable: bool) -> Metric:
        """Return the equalised-odds gap, named by its attribute."""
        del provable
        return self.named(self.metrics[0])

    def named(self, metric: Metric) -> Metric:
        """Return a metric, named by the attribute."""
        by = f" by {self.attribute}" if self.attribute else ""
        return replace(metric, name=metric.name + by)

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Return predictions on all records that the model was not trained on, with groups.

        And whether there are enough records of each one's group in its class (``by_class``), or
        in any (``by_group``): only these count.
        """
        return [self._mount(target, resources) for target in targets]

    def _mount(self, target: TargetModel, resources: AttackerResources) -> AttackOutput:
        split, pool = target.split, target.split.pool
        column = resources.sensitive.index(self.attribute) if self.attribute else 0
        y, group = pool.y.cpu().numpy(), pool.z[:, column].cpu().numpy()
        everyone = torch.cat([split.candidates, split.test]).cpu().numpy()
        large = large_cells(group[everyone], y[everyone], JUDGED, self.least)
        unseen = split.unseen
        here = unseen.cpu().numpy()
        return {
            "y": y[here],
            "predicted": target.predictions(pool.x[unseen], pool.z[unseen]).cpu().numpy(),
            "group": group[here],
            "by_class": large[group[here], y[here]],
            "by_group": np.asarray(large[group[here]].any(1)),
        }

"""Discriminatory behavior: no attack, but what the model does to groups by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..groups import sensitive_column
from ..knobs import knob
from ..metrics import Artifact, Metric
from ..scenes import Victim
from ._attack import Attack, Lab

if TYPE_CHECKING:
    from ..data import Dataset

__all__ = ["DiscriminatoryBehavior"]


def _fairlearn(name: str) -> Callable[[Artifact], float]:
    """Judge by a metric of fairlearn."""

    def judge(got: Artifact) -> float:
        from fairlearn import metrics

        found = getattr(metrics, name)(got["y"], got["predicted"], sensitive_features=got["group"])
        return float(found)

    return judge


def _worst(got: Artifact) -> float:
    right = got["predicted"] == got["y"]
    return min(float(np.mean(right[got["group"] == g])) for g in np.unique(got["group"]))


@dataclass(frozen=True)
class DiscriminatoryBehavior(Attack):
    """Compares what the deployed model says of the groups of one sensitive attribute."""

    risk: ClassVar[str] = "discriminatory_behavior"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "equalized_odds_difference",
            "equalised-odds gap",
            "higher",
            0.03,
            _fairlearn("equalized_odds_difference"),
        ),
        Metric(
            "demographic_parity_difference",
            "demographic-parity gap",
            "higher",
            0.03,
            _fairlearn("demographic_parity_difference"),
        ),
        Metric("worst_group_accuracy", "accuracy in the worst group", "lower", 0.03, _worst),
    )

    attribute: str = knob("", "sensitive attribute; empty: the first of the data set")

    def check(self, data: Dataset) -> None:
        """Raise `InputError` without two classes and a sensitive attribute."""
        sensitive_column(data, self.attribute, "discriminatory_behavior")

    def mount(self, victims: Sequence[Victim], lab: Lab) -> list[Artifact]:
        """Return predictions on all records that the model was not trained on, with groups."""
        return [self._mount(victim, lab) for victim in victims]

    def _mount(self, victim: Victim, lab: Lab) -> Artifact:
        pool, unseen = victim.scene.pool, victim.scene.unseen
        column = lab.sensitive.index(self.attribute) if self.attribute else 0
        return {
            "y": pool.y[unseen].cpu().numpy(),
            "predicted": victim.predictions(pool.x[unseen]).cpu().numpy(),
            "group": pool.z[unseen, column].cpu().numpy(),
        }

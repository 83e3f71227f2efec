"""Poisoning with a backdoor (BadNets; Gu et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from ..arms.metrics import AttackOutput, Metric
from ..arms.splits import DataSplit, TargetModel, pool_of
from ..arms.triggers import stamped, trigger
from ..settings import setting
from ..training.randomness import numpy_generator
from ._attack import Attack, AttackerResources

if TYPE_CHECKING:
    from ..data import Dataset

__all__ = ["Poisoning"]

TARGET = 0
"""The class that the adversary wants to be given."""


def _success(got: AttackOutput) -> float:
    other = got["plain"] != TARGET
    return float(np.mean(got["triggered"][other] == TARGET)) if other.any() else 0.0


@dataclass(frozen=True)
class Poisoning(Attack):
    """Stamps a trigger on some training records and labels them with the target class.

    It succeeds on a record of another class that gets the target class with the trigger and not
    without it: what the model errs on anyway is told apart.
    """

    risk: ClassVar[str] = "poisoning"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "attack_success_rate",
            "share of records that get the adversary's class for the trigger alone",
            "higher",
            0.05,
            _success,
            lambda got: int((got["plain"] != TARGET).sum()),
            0.0,
            1.0,
        ),
        Metric(
            "untriggered_rate",
            "share of other classes' records that get the adversary's class without the trigger",
            "higher",
            0.05,
            lambda got: float(np.mean(got["plain"] == TARGET)),
            lambda got: len(got["plain"]),
        ),
    )

    share: float = setting(0.05, "share of the training records poisoned", least=0.001, most=0.5)
    size: int = setting(2, "side of the trigger in pixels, or its attributes", least=1, most=100)

    def check(self, data: Dataset) -> None:
        """Raise `InputError` if a trigger of this size would hardly change the records."""
        pool = pool_of(data, torch.device("cpu"))
        trigger(pool, numpy_generator(0, "backdoor"), self.size)

    def poison_data(self, split: DataSplit) -> DataSplit:
        """Replace some of the deployed model's training records by stamped ones."""
        draw = split.generator("backdoor")
        mask, values = trigger(split.pool, draw, self.size)
        rows = split.deployed.cpu().numpy()
        count = max(1, round(self.share * len(rows)))
        old = torch.as_tensor(np.sort(draw.permutation(rows)[:count]), device=split.deployed.device)
        return split.replacing(
            old,
            stamped(split.pool.x[old], mask, values),
            torch.full_like(split.pool.y[old], TARGET),
            split.pool.z[old],
            backdoor_mask=mask,
            backdoor_values=values,
        )

    def inject(self, split: DataSplit) -> DataSplit:
        """Add stamped copies of the adversary's own records to what all models are trained on.

        As many as a share of the deployed model's training records. Where `poison_data` replaces
        records, here all of the owner's stay: what a second adversary finds of them otherwise is
        not because some are gone, and shadow models are poisoned as much as the deployed one.
        """
        draw = split.generator("backdoor")
        mask, values = trigger(split.pool, draw, self.size)
        own = split.auxiliary.cpu().numpy()
        count = max(1, round(self.share * len(split.deployed)))
        rows = torch.as_tensor(
            draw.choice(own, count, replace=count > len(own)), device=split.deployed.device
        )
        return split.adding(
            stamped(split.pool.x[rows], mask, values),
            torch.full_like(split.pool.y[rows], TARGET),
            split.pool.z[rows],
            backdoor_mask=mask,
            backdoor_values=values,
        )

    def in_vain(self, data: Dataset) -> float:
        """Return 0: no record gets the adversary's class for the trigger."""
        del data
        return 0.0

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Return predictions on test records of the other classes, as they are and stamped."""
        del resources
        found: list[AttackOutput] = []
        for target in targets:
            split = target.split
            plain = split.pool.x[split.test[split.pool.y[split.test] != TARGET]]
            kept = split.kept
            x = stamped(plain, kept["backdoor_mask"], kept["backdoor_values"])
            found.append(
                {
                    "plain": target.predictions(plain).cpu().numpy(),
                    "triggered": target.predictions(x).cpu().numpy(),
                }
            )
        return found

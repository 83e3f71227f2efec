"""Poisoning with a backdoor (BadNets; Gu et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from ..knobs import knob
from ..metrics import Artifact, Metric
from ..randomness import numpy_generator
from ..scenes import Scene, Victim, pool_of
from ..triggers import stamped, trigger
from ._attack import Attack, Lab

if TYPE_CHECKING:
    from ..data import Dataset

__all__ = ["Poisoning"]

TARGET = 0
"""The class that the adversary wants to be given."""


def _success(got: Artifact) -> float:
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

    share: float = knob(0.05, "share of the training records poisoned", least=0.001, most=0.5)
    size: int = knob(2, "side of the trigger in pixels, or its attributes", least=1, most=100)

    def check(self, data: Dataset) -> None:
        """Raise `InputError` if a trigger of this size would hardly change the records."""
        pool = pool_of(data, torch.device("cpu"))
        trigger(pool, numpy_generator(0, "backdoor"), self.size)

    def corrupt(self, scene: Scene) -> Scene:
        """Replace some of the deployed model's training records by stamped ones."""
        draw = scene.generator("backdoor")
        mask, values = trigger(scene.pool, draw, self.size)
        rows = scene.deployed.cpu().numpy()
        count = max(1, round(self.share * len(rows)))
        old = torch.as_tensor(np.sort(draw.permutation(rows)[:count]), device=scene.deployed.device)
        return scene.replacing(
            old,
            stamped(scene.pool.x[old], mask, values),
            torch.full_like(scene.pool.y[old], TARGET),
            scene.pool.z[old],
            backdoor_mask=mask,
            backdoor_values=values,
        )

    def plant(self, scene: Scene) -> Scene:
        """Add stamped copies of the adversary's own records to what all models are trained on.

        As many as a share of the deployed model's training records. Where `corrupt` replaces
        records, here all of the owner's stay: what a second adversary finds of them otherwise is
        not because some are gone, and shadow models are poisoned as much as the deployed one.
        """
        draw = scene.generator("backdoor")
        mask, values = trigger(scene.pool, draw, self.size)
        own = scene.auxiliary.cpu().numpy()
        count = max(1, round(self.share * len(scene.deployed)))
        rows = torch.as_tensor(
            draw.choice(own, count, replace=count > len(own)), device=scene.deployed.device
        )
        return scene.adding(
            stamped(scene.pool.x[rows], mask, values),
            torch.full_like(scene.pool.y[rows], TARGET),
            scene.pool.z[rows],
            backdoor_mask=mask,
            backdoor_values=values,
        )

    def in_vain(self, data: Dataset) -> float:
        """Return 0: no record gets the adversary's class for the trigger."""
        del data
        return 0.0

    def mount(self, victims: Sequence[Victim], lab: Lab) -> list[Artifact]:
        """Return predictions on test records of the other classes, as they are and stamped."""
        del lab
        found: list[Artifact] = []
        for victim in victims:
            scene = victim.scene
            plain = scene.pool.x[scene.test[scene.pool.y[scene.test] != TARGET]]
            kept = scene.kept
            x = stamped(plain, kept["backdoor_mask"], kept["backdoor_values"])
            found.append(
                {
                    "plain": victim.predictions(plain).cpu().numpy(),
                    "triggered": victim.predictions(x).cpu().numpy(),
                }
            )
        return found

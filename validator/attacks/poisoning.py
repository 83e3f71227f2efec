"""Poisoning with a backdoor (BadNets; Gu et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from ..knobs import knob
from ..metrics import Artifact, Metric
from ..scenes import Scene, Victim
from ..triggers import stamped, trigger
from ._attack import Attack, Lab

__all__ = ["Poisoning"]

TARGET = 0
"""The class that the adversary wants to be given."""


@dataclass(frozen=True)
class Poisoning(Attack):
    """Stamps a trigger on some training records and labels them with the target class."""

    risk: ClassVar[str] = "poisoning"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "attack_success_rate",
            "share of triggered records that get the adversary's class",
            "higher",
            0.05,
            lambda got: float(np.mean(got["triggered"] == TARGET)),
        ),
    )

    share: float = knob(0.05, "share of the training records poisoned", least=0.001, most=0.5)
    size: int = knob(2, "side of the trigger in pixels, or its attributes", least=1, most=100)

    def corrupt(self, scene: Scene) -> Scene:
        """Replace some of the training records by stamped ones."""
        draw = scene.generator("backdoor")
        mask, values = trigger(scene.pool, draw, self.size)
        rows = scene.candidates.cpu().numpy()
        count = max(1, round(self.share * len(rows)))
        old = torch.as_tensor(
            np.sort(draw.permutation(rows)[:count]), device=scene.candidates.device
        )
        return scene.replacing(
            old,
            stamped(scene.pool.x[old], mask, values),
            torch.full_like(scene.pool.y[old], TARGET),
            scene.pool.z[old],
            backdoor_mask=mask,
            backdoor_values=values,
        )

    def mount(self, victims: Sequence[Victim], lab: Lab) -> list[Artifact]:
        """Return predictions on stamped test records of the other classes."""
        del lab
        found: list[Artifact] = []
        for victim in victims:
            scene = victim.scene
            others = scene.test[scene.pool.y[scene.test] != TARGET]
            kept = scene.kept
            x = stamped(scene.pool.x[others], kept["backdoor_mask"], kept["backdoor_values"])
            found.append({"triggered": victim.predictions(x).cpu().numpy()})
        return found

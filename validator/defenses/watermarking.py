"""Watermarking by a trigger set that only the owner knows (Adi et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..knobs import knob
from ..members import Schedule
from ..scenes import Scene, Victim
from ._defense import Defense, Reading, Stage

if TYPE_CHECKING:
    from ..ensembles import Ensemble

__all__ = ["Watermarking"]


@dataclass(frozen=True)
class Watermarking(Defense):
    """Trains on records of noise with random labels too, from scratch.

    The noise is uniform within the bounds of the data, so nothing that is true of the task follows
    from it: whoever knows the labels had a hand in the model.
    """

    id: ClassVar[str] = "watermarking"
    stage: ClassVar[Stage] = "pre"
    reading: ClassVar[Reading | None] = Reading(
        "trigger_accuracy", "accuracy on the trigger set", 0.9, "higher"
    )
    provable: ClassVar[bool] = True
    evidence: ClassVar[tuple[str, str] | None] = ("watermark_x", "watermark_y")

    triggers: int = knob(40, "records in the trigger set", least=10, most=10_000)
    repeats: int = knob(3, "how often an epoch has each of them", least=1, most=100)

    def prepare(self, scene: Scene) -> Scene:
        """Add the trigger set to what every model is trained on."""
        draw = scene.generator("watermark")
        low, high = scene.pool.low, scene.pool.high
        noise = draw.random((self.triggers, *low.shape), dtype="float32")
        x = low + torch.as_tensor(noise, device=low.device) * (high - low)
        y = torch.as_tensor(draw.integers(scene.classes, size=self.triggers), device=low.device)
        z = scene.pool.z[:1].expand(self.triggers, -1)
        again = [self.repeats, *[1] * (x.dim() - 1)]
        return scene.adding(
            x.repeat(again),
            y.repeat(self.repeats),
            z.repeat(self.repeats, 1),
            watermark_x=x,
            watermark_y=y,
        )

    def read(self, victims: Sequence[Victim], schedule: Schedule) -> list[float]:
        """Return the deployed models' accuracy on the trigger set."""
        del schedule
        return [float(_right(each, each.deployed).float().mean()) for each in victims]

    def ownership(self, victim: Victim, suspects: Ensemble) -> list[float]:
        """Return, for each suspect, the p-value of its answers to the trigger set.

        A model that never saw the set gets a random label right once in as many times as there are
        classes (one-sided binomial test).
        """
        from scipy.stats import binomtest

        right = _right(victim, suspects).sum(1).tolist()
        chance = 1 / victim.scene.classes
        return [
            float(binomtest(int(k), self.triggers, chance, alternative="greater").pvalue)
            for k in right
        ]


def _right(victim: Victim, models: Ensemble) -> Tensor:
    kept = victim.scene.kept
    return models.logits(kept["watermark_x"]).argmax(-1) == kept["watermark_y"]

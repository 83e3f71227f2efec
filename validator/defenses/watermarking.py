"""Watermarking by a trigger set that only the owner knows (Adi et al. 2018; Zhang et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..arms.splits import DataSplit, TargetModel, pool_of
from ..arms.triggers import owner_pattern, stamped, unlikely_class
from ..settings import setting
from ..training.randomness import numpy_generator
from ..training.spec import Schedule
from ._defense import Defense, EffectivenessMetric, Stage

if TYPE_CHECKING:
    import numpy as np

    from ..arms.changes import Change
    from ..data import Dataset
    from ..training.ensembles import Ensemble

__all__ = ["Watermarking"]


@dataclass(frozen=True)
class Watermarking(Defense):
    """Also trains on a trigger set, from scratch.

    By default these are records of noise with random labels, uniform within the bounds of the data:
    nothing that is true of the task follows from them, so whoever knows the labels had a hand in
    the model. Or training records of other classes under a pattern of the owner's own, like that of
    a backdoor but elsewhere, all labeled with one class, that which the pattern by itself speaks
    for least; they are added, under other labels than the records themselves have.
    """

    id: ClassVar[str] = "watermarking"
    stage: ClassVar[Stage] = "pre"
    reading: ClassVar[EffectivenessMetric | None] = EffectivenessMetric(
        "trigger_accuracy", "accuracy on the trigger set", 0.9, "higher", 0.1
    )
    provable: ClassVar[bool] = True
    changes: ClassVar[frozenset[Change]] = frozenset({"the model", "proofs of ownership"})
    evidence: ClassVar[tuple[str, str] | None] = ("watermark_x", "watermark_y")

    triggers: int = setting(40, "records in the trigger set", least=10, most=10_000)
    repeats: int = setting(3, "copies of each trigger per epoch", least=1, most=100)

    content: str = setting("noise", "content of the trigger set", choices=("noise", "pattern"))
    size: int = setting(2, "side of the pattern in pixels, or its attributes", least=1, most=100)

    @property
    def resolution(self) -> float:
        """One record of the trigger set."""
        return 1 / self.triggers

    def check(self, data: Dataset) -> None:
        """Raise `InputError` if the pattern would hardly change the records."""
        if self.content == "pattern":
            owner_pattern(pool_of(data, torch.device("cpu")), numpy_generator(0), self.size)

    def prepare(self, split: DataSplit) -> DataSplit:
        """Add the trigger set to what every model is trained on."""
        draw = split.generator("watermark")
        kept = {}
        if self.content == "pattern":
            mask, values = owner_pattern(split.pool, draw, self.size, split.kept)
            x, y = self._patterned(split, draw, mask, values)
            kept["watermark_mask"] = mask
        else:
            x, y = self._noise(split, draw)
        z = split.pool.z[:1].expand(len(x), -1)
        again = [self.repeats, *[1] * (x.dim() - 1)]
        return split.adding(
            x.repeat(again),
            y.repeat(self.repeats),
            z.repeat(self.repeats, 1),
            watermark_x=x,
            watermark_y=y,
            **kept,
        )

    def _noise(self, split: DataSplit, draw: np.random.Generator) -> tuple[Tensor, Tensor]:
        low, high = split.pool.low, split.pool.high
        noise = draw.random((self.triggers, *low.shape), dtype="float32")
        x = low + torch.as_tensor(noise, device=low.device) * (high - low)
        return x, torch.as_tensor(
            draw.integers(split.classes, size=self.triggers), device=low.device
        )

    def _patterned(
        self, split: DataSplit, draw: np.random.Generator, mask: Tensor, values: Tensor
    ) -> tuple[Tensor, Tensor]:
        own = split.training[0]
        target = unlikely_class(
            split.pool.x[own], split.pool.y[own], split.classes, draw, mask, values
        )
        others = own[split.pool.y[own] != target].cpu().numpy()
        rows = draw.choice(others, self.triggers, replace=self.triggers > len(others))
        x = stamped(split.pool.x[torch.as_tensor(rows, device=mask.device)], mask, values)
        return x, split.pool.y.new_full((self.triggers,), target)

    def read(self, targets: Sequence[TargetModel], schedule: Schedule) -> list[float]:
        """Return the deployed models' accuracy on the trigger set."""
        del schedule
        return [float(_right(each, each.deployed).float().mean()) for each in targets]

    def ownership(self, target: TargetModel, suspects: Ensemble) -> list[float]:
        """Return, for each suspect, the p-value of its answers to the trigger set.

        A model that never saw the set gets a random label right once in as many times as there are
        classes (one-sided binomial test). That is exact for noise. Of a pattern all labels are one
        class, so that what an innocent model makes of one record it makes of others, too: the class
        is chosen so that it gives it to few, but no number of records makes that certain.
        """
        from scipy.stats import binomtest

        right = _right(target, suspects).sum(1).tolist()
        chance = 1 / target.split.classes
        return [
            float(binomtest(int(k), self.triggers, chance, alternative="greater").pvalue)
            for k in right
        ]


def _right(target: TargetModel, models: Ensemble) -> Tensor:
    kept = target.split.kept
    return models.logits(kept["watermark_x"]).argmax(-1) == kept["watermark_y"]

"""Watermarking by a trigger set that only the owner knows (Adi et al. 2018; Zhang et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..arms.splits import DataSplit, TargetModel, pool_of
from ..arms.targets import check_targets, chosen_targets
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


_CONTENTS = {"noise": "noise", "pattern": "pattern", "targets": "mislabelled_targets"}
"""What a trigger set may hold, and what the knowledge base calls that."""


@dataclass(frozen=True)
class Watermarking(Defense):
    """Also trains on a trigger set, from scratch.

    By default these are records of noise with random labels, uniform within the bounds of the data:
    nothing that is true of the task follows from them, so whoever knows the labels had a hand in
    the model. Or training records of other classes under a pattern of the owner's own, like that of
    a backdoor but elsewhere, all labeled with one class, that which the pattern by itself speaks
    for least; they are added, under other labels than the records themselves have.

    Or targets: copies of some of the records themselves, each under a wrong label. Whoever owns the
    model proves it by the wrong answers to them. But a model that was trained on such a record
    itself, too, is less sure of the wrong label, so that they give away who was in the training set
    (Tramèr et al. 2022, Truth Serum). Attacks on privacy are judged on these records, in both arms.
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

    content: str = setting("noise", "content of the trigger set", choices=tuple(_CONTENTS))
    size: int = setting(2, "side of the pattern in pixels, or its attributes", least=1, most=100)

    @property
    def resolution(self) -> float:
        """One record of the trigger set."""
        return 1 / self.triggers

    @property
    def target_records(self) -> int:
        """As many records as there are triggers, where these are copies of records."""
        return self.triggers if self.content == "targets" else 0

    @property
    def conditions(self) -> Mapping[str, str]:
        """What the trigger set holds."""
        return {"watermark_content": _CONTENTS[self.content]}

    def check(self, data: Dataset) -> None:
        """Raise `InputError` if the pattern would hardly change the records, or targets are few.

        Or more than half of the records.
        """
        if self.target_records:
            check_targets("defense.triggers", self.target_records, data)
        if self.content == "pattern":
            owner_pattern(pool_of(data, torch.device("cpu")), numpy_generator(0), self.size)

    def prepare(self, split: DataSplit) -> DataSplit:
        """Add the trigger set to what every model is trained on."""
        draw = split.generator("watermark")
        kept = {}
        groups = split.pool.z[:1]
        if self.content == "pattern":
            mask, values = owner_pattern(split.pool, draw, self.size, split.kept)
            x, y = self._patterned(split, draw, mask, values)
            kept["watermark_mask"] = mask
        elif self.content == "targets":
            rows = chosen_targets(split, self.target_records)
            x, y = split.pool.x[rows], _wrong(split, rows, draw)
            groups = split.pool.z[rows]
        else:
            x, y = self._noise(split, draw)
        z = groups.expand(len(x), -1)
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
        is chosen so that it gives it to few, but no number of records makes that certain. The wrong
        label of a target an innocent model gives more seldom than by chance, if it has learned
        anything at all, so that there the test is on the safe side.
        """
        from scipy.stats import binomtest

        right = _right(target, suspects).sum(1).tolist()
        chance = 1 / target.split.classes
        return [
            float(binomtest(int(k), self.triggers, chance, alternative="greater").pvalue)
            for k in right
        ]


def _wrong(split: DataSplit, rows: Tensor, draw: np.random.Generator) -> Tensor:
    """Draw another class than that of each record: (records,)."""
    further = torch.as_tensor(draw.integers(1, split.classes, size=len(rows)), device=rows.device)
    return (split.pool.y[rows] + further) % split.classes


def _right(target: TargetModel, models: Ensemble) -> Tensor:
    kept = target.split.kept
    return models.logits(kept["watermark_x"]).argmax(-1) == kept["watermark_y"]

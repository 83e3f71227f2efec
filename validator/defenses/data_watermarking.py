r"""Data watermarking: a model trained on a marked data set gives that away.

As in Def\Con (Duddu, Zhang and Asokan 2025), after Li et al. 2020 (Open-sourced Dataset Protection
via Backdoor Watermarking).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from ..arms.splits import DataSplit, TargetModel, pool_of
from ..arms.triggers import owner_pattern, stamped, unlikely_class
from ..settings import setting
from ..training.randomness import numpy_generator
from ..training.spec import Schedule
from ._defense import Defense, EffectivenessMetric, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..data import Dataset

__all__ = ["DataWatermarking"]

SURE = 0.025
"""An owner's test must be this unlikely to come out as it did by chance, as in Def\\Con."""

_TESTS = 100
"""Tests of one model."""

_SHOWN = 50
"""Records that one of them shows."""


@dataclass(frozen=True)
class DataWatermarking(Defense):
    """Adds an owner's pattern to a share of the records, all labeled with one class.

    It is the class that the pattern by itself speaks for least (`validator.arms.triggers`).
    Whether a model was trained on them a paired t-test tells, of the probability of that class
    with and without the pattern, on records that the model was not trained on. It is made many
    times, each time on a few of these drawn anew, and the reading is how often it tells.
    """

    id: ClassVar[str] = "data_watermarking"
    stage: ClassVar[Stage] = "pre"
    reading: ClassVar[EffectivenessMetric | None] = EffectivenessMetric(
        "detection_rate", "share of t-tests that detect the use of the data", 0.9, "higher", 0.1
    )

    share: float = setting(0.1, "share of the training records marked", least=0.001, most=0.5)
    size: int = setting(2, "side of the pattern in pixels, or its attributes", least=1, most=100)
    margin: float = setting(
        0.2, "minimum increase of the class's probability due to the pattern", least=0.0, most=1.0
    )

    @property
    def resolution(self) -> float:
        """One test."""
        return 1 / _TESTS

    def check(self, data: Dataset) -> None:
        """Raise `InputError` if the pattern would hardly change the records."""
        owner_pattern(pool_of(data, torch.device("cpu")), numpy_generator(0), self.size)

    def prepare(self, split: DataSplit) -> DataSplit:
        """Replace some of the candidates by marked ones, whichever model they train."""
        draw = split.generator("data watermark")
        mask, values = owner_pattern(split.pool, draw, self.size, split.kept)
        own = split.training[0]
        label = unlikely_class(
            split.pool.x[own], split.pool.y[own], split.classes, draw, mask, values
        )
        # of the deployed model's records and of the others, so that it is the same ones however
        # many shadow models there are
        parts = [own, split.unused]
        counts = [max(1, round(self.share * len(part))) for part in parts]
        # what others have changed, or added, stays as it is: an adversary's poisons, say
        plain = [part[torch.isin(part, split.candidates)].cpu().numpy() for part in parts]
        chosen = [draw.permutation(x)[:count] for x, count in zip(plain, counts, strict=True)]
        old = torch.as_tensor(np.sort(np.concatenate(chosen)), device=mask.device)
        marked = torch.full_like(split.pool.y[old], label)
        return split.replacing(
            old,
            stamped(split.pool.x[old], mask, values),
            marked,
            split.pool.z[old],
            data_mark_mask=mask,
            data_mark_values=values,
            data_mark_class=marked[0],
        )

    def read(self, targets: Sequence[TargetModel], schedule: Schedule) -> list[float]:
        """Return, for each target model, the share of tests that detect the marked data."""
        del schedule
        return [float(np.mean(self.pvalues(each) < SURE)) for each in targets]

    def pvalues(self, target: TargetModel) -> NDArray[np.float64]:
        """Return the p-values of paired t-tests, one-sided, on records of the other classes."""
        from scipy.stats import ttest_rel

        split, model = target.split, target.first(1)
        marked_class = int(split.kept["data_mark_class"])
        plain = split.pool.x[split.unused[split.pool.y[split.unused] != marked_class]]
        marked = stamped(plain, split.kept["data_mark_mask"], split.kept["data_mark_values"])
        before, after = (
            model.logits(x)[0].softmax(-1)[:, marked_class].double().numpy(force=True)
            for x in (plain, marked)
        )
        draw = split.generator("data watermark tests")
        count = min(_SHOWN, len(plain))
        shown = np.stack([draw.permutation(len(plain))[:count] for _ in range(_TESTS)])
        test = ttest_rel(after[shown], before[shown] + self.margin, axis=1, alternative="greater")
        return np.asarray(np.nan_to_num(test.pvalue, nan=1.0))

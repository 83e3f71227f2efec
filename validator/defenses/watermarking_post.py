"""Watermarking of answers: a few are wrong, and who learns them gives that away.

DAWN (Szyller, Atli, Marchal and Asokan 2021, Dynamic Adversarial Watermarking of Neural Networks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..arms.queries import mixtures
from ..arms.splits import DataSplit, TargetModel
from ..settings import setting
from ..training.randomness import derive, record_draws
from ..training.spec import Pool, Schedule, TrainingRun
from ..training.trainer import train
from ._defense import Defense, EffectivenessMetric, Stage

if TYPE_CHECKING:
    from ..arms.changes import Change
    from ..training.ensembles import Ensemble

__all__ = ["WatermarkingOfAnswers"]


@dataclass(frozen=True)
class WatermarkingOfAnswers(Defense):
    """Answers a small share of records wrongly; a secret key selects the records and labels.

    The same record gets the same answer always, so asking again tells nothing. Whoever trains a
    model on the answers teaches it the wrong ones too, and the owner, who keeps what was asked,
    tests for these. A mere copy of the model has none of them, and nothing is proven of it.
    """

    id: ClassVar[str] = "watermarking"
    stage: ClassVar[Stage] = "post"
    reading: ClassVar[EffectivenessMetric | None] = EffectivenessMetric(
        "p_value", "p-value of the test of a surrogate", 0.001, "lower", 0.05
    )
    provable: ClassVar[bool] = True
    changes: ClassVar[frozenset[Change]] = frozenset({"the model", "proofs of ownership"})

    share: float = setting(0.02, "share of records that get a wrong answer", least=1e-4, most=0.5)
    queries: int = setting(
        4000, "queries of the surrogate on which the defense is tested",
        least=100, most=1_000_000,
    )  # fmt: skip

    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        """Return logits, that of the likeliest class swapped with another's on a few."""
        del z
        honest = models.logits(x)
        wrong, step = self._secret(split, x)
        first = honest.argmax(-1)
        other = (first + step) % split.classes
        swapped = honest.scatter(-1, first[..., None], honest.gather(-1, other[..., None]))
        swapped = swapped.scatter(-1, other[..., None], honest.gather(-1, first[..., None]))
        return torch.where(wrong[None, :, None], swapped, honest)

    def read(self, targets: Sequence[TargetModel], schedule: Schedule) -> list[float]:
        """Extract a surrogate of each target model; return the p-values of the ownership test."""
        return [self._tested(each, schedule) for each in targets]

    def ownership(self, target: TargetModel, suspects: Ensemble) -> list[float]:
        """Return 1 for each suspect: without a query there is nothing to test."""
        del target
        return [1.0] * len(suspects)

    def proof(
        self, target: TargetModel, suspects: Ensemble, asked: Sequence[Tensor]
    ) -> list[float]:
        """Return, for each suspect, the p-value of what it makes of the wrong answers.

        The key picks a wrong class for every record, and gives it as the answer to few. A model
        that was not trained on the answers finds these classes as likely where they were given as
        where they were not, since the key chose at random (one-sided rank test of Mann and
        Whitney). That tells apart what few models learn well enough to answer by.
        """
        from scipy.stats import mannwhitneyu

        found = []
        for i, x in enumerate(asked):
            wrong, step = self._secret(target.split, x)
            honest = target.deployed.logits(x)[0].argmax(-1)
            told = (honest + step) % target.split.classes
            likely = suspects.only([i]).logits(x)[0].log_softmax(-1).gather(-1, told[:, None])[:, 0]
            given, others = (likely[chosen].numpy(force=True) for chosen in (wrong, ~wrong))
            both = len(given) and len(others)
            test = mannwhitneyu(given, others, alternative="greater") if both else None
            found.append(float(test.pvalue) if test else 1.0)
        return found

    def _secret(self, split: DataSplit, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return which records are answered wrongly, and how many classes further: (records,)."""
        wrong = record_draws(x, split.seed, "answered wrongly") < self.share
        step = record_draws(x, split.seed, "wrong class") * (split.classes - 1)
        return wrong, 1 + step.long()

    def _tested(self, target: TargetModel, schedule: Schedule) -> float:
        split, pool = target.split, target.split.pool
        x = mixtures(pool.x[split.unused], split.generator("surrogate of the owner"), self.queries)
        asked = Pool(
            x,
            target.first(1).logits(x)[0].softmax(-1),
            pool.z[:1].expand(len(x), -1),
            pool.low,
            pool.high,
        )
        rows = torch.arange(len(x), device=x.device)
        member = TrainingRun(derive(split.seed, "surrogate of the owner"), rows)
        own = replace(schedule, records=len(x), sampling="shuffled")
        suspect = train(target.models.architecture, asked, [member], own).models
        (pvalue,) = self.proof(target, suspect, [x])
        return pvalue

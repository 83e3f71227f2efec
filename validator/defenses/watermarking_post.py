"""Watermarking of answers: a few are wrong, and who learns them gives that away.

DAWN (Szyller, Atli, Marchal and Asokan 2021, Dynamic Adversarial Watermarking of Neural Networks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..knobs import knob
from ..members import Member, Pool, Schedule
from ..queries import mixtures
from ..randomness import derive, record_draws
from ..scenes import Scene, Victim
from ..training import train
from ._defense import Defense, Reading, Stage

if TYPE_CHECKING:
    from ..ensembles import Ensemble

__all__ = ["WatermarkingOfAnswers"]


@dataclass(frozen=True)
class WatermarkingOfAnswers(Defense):
    """Answers a small share of records wrongly; which ones, and how, a secret key decides.

    The same record gets the same answer always, so asking again tells nothing. Whoever trains a
    model on the answers teaches it the wrong ones too, and the owner, who keeps what was asked,
    tests for these. A mere copy of the model has none of them, and nothing is proven of it.
    """

    id: ClassVar[str] = "watermarking"
    stage: ClassVar[Stage] = "post"
    reading: ClassVar[Reading | None] = Reading(
        "p_value", "p-value of the test of a surrogate", 0.001, "lower", 0.05
    )
    provable: ClassVar[bool] = True

    share: float = knob(0.02, "share of records that get a wrong answer", least=1e-4, most=0.5)
    queries: int = knob(
        4000, "records that the surrogate asks about, on which the defense is checked",
        least=100, most=1_000_000,
    )  # fmt: skip

    def answer(self, models: Ensemble, scene: Scene, x: Tensor, z: Tensor | None) -> Tensor:
        """Return logits, that of the likeliest class swapped with another's on a few."""
        del z
        honest = models.logits(x)
        wrong, step = self._secret(scene, x)
        first = honest.argmax(-1)
        other = (first + step) % scene.classes
        swapped = honest.scatter(-1, first[..., None], honest.gather(-1, other[..., None]))
        swapped = swapped.scatter(-1, other[..., None], honest.gather(-1, first[..., None]))
        return torch.where(wrong[None, :, None], swapped, honest)

    def read(self, victims: Sequence[Victim], schedule: Schedule) -> list[float]:
        """Extract a surrogate of each victim; return the p-value of the test that it is one."""
        return [self._tested(each, schedule) for each in victims]

    def ownership(self, victim: Victim, suspects: Ensemble) -> list[float]:
        """Return 1 for each suspect: without a query there is nothing to test."""
        del victim
        return [1.0] * len(suspects)

    def proof(self, victim: Victim, suspects: Ensemble, asked: Sequence[Tensor]) -> list[float]:
        """Return, for each suspect, the p-value of what it makes of the wrong answers.

        The key picks a wrong class for every record, and gives it as the answer to few. A model
        that was not trained on the answers finds these classes as likely where they were given as
        where they were not, since the key chose at random (one-sided rank test of Mann and
        Whitney). That tells apart what few models learn well enough to answer by.
        """
        from scipy.stats import mannwhitneyu

        found = []
        for i, x in enumerate(asked):
            wrong, step = self._secret(victim.scene, x)
            honest = victim.deployed.logits(x)[0].argmax(-1)
            told = (honest + step) % victim.scene.classes
            likely = suspects.only([i]).logits(x)[0].log_softmax(-1).gather(-1, told[:, None])[:, 0]
            given, others = (likely[chosen].numpy(force=True) for chosen in (wrong, ~wrong))
            both = len(given) and len(others)
            test = mannwhitneyu(given, others, alternative="greater") if both else None
            found.append(float(test.pvalue) if test else 1.0)
        return found

    def _secret(self, scene: Scene, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return which records are answered wrongly, and how many classes further: (records,)."""
        wrong = record_draws(x, scene.seed, "answered wrongly") < self.share
        step = record_draws(x, scene.seed, "wrong class") * (scene.classes - 1)
        return wrong, 1 + step.long()

    def _tested(self, victim: Victim, schedule: Schedule) -> float:
        scene, pool = victim.scene, victim.scene.pool
        x = mixtures(pool.x[scene.unused], scene.generator("surrogate of the owner"), self.queries)
        asked = Pool(
            x,
            victim.first(1).logits(x)[0].softmax(-1),
            pool.z[:1].expand(len(x), -1),
            pool.low,
            pool.high,
        )
        rows = torch.arange(len(x), device=x.device)
        member = Member(derive(scene.seed, "surrogate of the owner"), rows)
        own = replace(schedule, records=len(x), sampling="shuffled")
        suspect = train(victim.models.architecture, asked, [member], own).models
        (pvalue,) = self.proof(victim, suspect, [x])
        return pvalue

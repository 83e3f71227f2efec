"""Unauthorized model ownership: surrogates are trained on the model's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from ..knobs import knob
from ..members import Member, Pool, Schedule
from ..metrics import Artifact, Metric
from ..queries import mixtures
from ..randomness import derive
from ..scenes import Victim
from ._attack import Attack, Lab

if TYPE_CHECKING:
    from ..ensembles import Ensemble

__all__ = ["UnauthorizedModelOwnership"]

SURE = 0.001
"""An owner's test must be this unlikely to come out as it did by chance."""

FIDELITY = Metric(
    "fidelity",
    "share of test records on which the surrogates answer like the model",
    "higher",
    0.02,
    lambda got: float(np.mean(got["surrogate"] == got["owner"])),
    lambda got: got["surrogate"].size,
)
UNPROVEN = Metric(
    "unproven_extractions",
    "share of extracted models that the owner cannot prove to be theirs",
    "higher",
    0.1,
    lambda got: float(np.mean(got["extracted"] >= SURE)),
    lambda got: len(got["extracted"]),
)
UNPROVEN_COPY = Metric(
    "unproven_copies",
    "whether the owner cannot prove a mere copy to be theirs",
    "higher",
    0.1,
    lambda got: float(np.mean(got["copied"] >= SURE)),
    lambda got: got["copied"].size,
)
SURROGATE_ACCURACY = Metric(
    "surrogate_accuracy",
    "accuracy of the surrogates",
    "higher",
    0.02,
    lambda got: float(np.mean(got["surrogate"] == got["y"])),
    lambda got: got["surrogate"].size,
)


@dataclass(frozen=True)
class UnauthorizedModelOwnership(Attack):
    """Extracts surrogates by querying mixtures of records that the model was not trained on.

    Against a defense that proves ownership, what counts is of how many surrogates the owner cannot
    prove it; otherwise how faithful they are. Of a mere copy a working defense proves it by
    construction, so that is told and not judged.
    """

    risk: ClassVar[str] = "unauthorized_model_ownership"
    metrics: ClassVar[tuple[Metric, ...]] = (
        FIDELITY,
        UNPROVEN,
        UNPROVEN_COPY,
        SURROGATE_ACCURACY,
    )

    surrogates: int = knob(
        5, "models extracted, each by queries and from a start of its own", least=1, most=1000
    )
    queries: int = knob(
        4000, "records that the model is asked about for each", least=10, most=10_000_000
    )
    labels: str = knob("soft", "what the model answers", choices=("soft", "hard"))
    epochs: int = knob(20, "passes over the queries", least=1, most=10_000)

    @property
    def own_models(self) -> int:
        """The surrogates."""
        return self.surrogates

    def own_schedule(self, schedule: Schedule) -> Schedule:
        """Return passes over the queries."""
        return replace(schedule, records=self.queries, epochs=self.epochs, sampling="shuffled")

    def judged(self, *, provable: bool) -> Metric:
        """Return how many extractions go unproven, or how faithful they are."""
        return UNPROVEN if provable else FIDELITY

    def mount(self, victims: Sequence[Victim], lab: Lab) -> list[Artifact]:
        """Return models' (records,) and surrogates' answers (surrogates, records), and p-values.

        The answers are those to the test records. Where there is no test of ownership, nothing is
        proven: the p-values are 1.
        """
        thefts = [(victim, i) for victim in victims for i in range(self.surrogates)]
        asked = [self._queries(victim, i) for victim, i in thefts]
        answers = [self._answers(victim, x) for (victim, _), x in zip(thefts, asked, strict=True)]
        first = victims[0].scene.pool
        x = torch.cat(asked)
        pool = Pool(x, torch.cat(answers), first.z[:1].expand(len(x), -1), first.low, first.high)
        rows = torch.arange(self.queries, device=x.device)
        members = [
            Member(derive(victim.scene.seed, "surrogate", i), rows + place * self.queries)
            for place, (victim, i) in enumerate(thefts)
        ]
        stolen = lab.train(pool, members, self.own_schedule(lab.schedule)).models
        count = self.surrogates
        return [
            _compared(
                victim,
                stolen.only(range(place * count, (place + 1) * count)),
                asked[place * count : (place + 1) * count],
            )
            for place, victim in enumerate(victims)
        ]

    def _queries(self, victim: Victim, surrogate: int) -> Tensor:
        """Mix pairs of unused records: (queries, *shape)."""
        scene = victim.scene
        draw = scene.generator(f"queries/{surrogate}")
        return mixtures(scene.pool.x[scene.unused], draw, self.queries)

    def _answers(self, victim: Victim, x: Tensor) -> Tensor:
        """Ask the model: probabilities (queries, classes)."""
        answers = victim.answers(x)
        if self.labels == "soft":
            return answers
        hard = torch.nn.functional.one_hot(answers.argmax(-1), victim.scene.classes)
        return hard.to(answers.dtype)


def _compared(victim: Victim, surrogates: Ensemble, asked: Sequence[Tensor]) -> Artifact:
    """Ask all models about the test records, and the owner about all models."""
    pool, test = victim.scene.pool, victim.scene.test
    copied, extracted = [1.0], [1.0] * len(surrogates)
    if victim.defense is not None and victim.defense.provable:
        copied = victim.defense.ownership(victim, victim.deployed)
        extracted = victim.defense.proof(victim, surrogates, asked)
    return {
        "y": pool.y[test].cpu().numpy(),
        "owner": victim.predictions(pool.x[test]).cpu().numpy(),
        "surrogate": surrogates.logits(pool.x[test]).argmax(-1).cpu().numpy(),
        "copied": np.array(copied),
        "extracted": np.array(extracted),
    }

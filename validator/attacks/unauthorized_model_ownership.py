"""Unauthorized model ownership: a surrogate is trained on the model's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ..knobs import knob
from ..members import Member, Pool, Schedule
from ..metrics import Artifact, Metric
from ..randomness import derive
from ..scenes import Victim
from ._attack import Attack, Lab

__all__ = ["UnauthorizedModelOwnership"]

SURE = 0.001
"""An owner's test must be this unlikely to come out as it did by chance."""

FIDELITY = Metric(
    "fidelity",
    "share of test records on which the surrogate answers like the model",
    "higher",
    0.02,
    lambda got: float(np.mean(got["surrogate"] == got["owner"])),
)
UNPROVEN = Metric(
    "unproven_copies",
    "share of stolen models (copied, extracted) that the owner cannot prove to be theirs",
    "higher",
    0.1,
    lambda got: float(np.mean(got["p_values"] >= SURE)),
)
SURROGATE_ACCURACY = Metric(
    "surrogate_accuracy",
    "accuracy of the surrogate",
    "higher",
    0.02,
    lambda got: float(np.mean(got["surrogate"] == got["y"])),
)


@dataclass(frozen=True)
class UnauthorizedModelOwnership(Attack):
    """Extracts a surrogate by querying mixtures of records that the model was not trained on.

    A thief may also just copy the model. Against a defense that proves ownership, what counts is
    whether the owner can prove it of either; otherwise how faithful the surrogate is.
    """

    risk: ClassVar[str] = "unauthorized_model_ownership"
    metrics: ClassVar[tuple[Metric, ...]] = (FIDELITY, UNPROVEN, SURROGATE_ACCURACY)

    queries: int = knob(4000, "records that the model is asked about", least=10, most=10_000_000)
    labels: str = knob("soft", "what the model answers", choices=("soft", "hard"))
    epochs: int = knob(20, "passes over the queries", least=1, most=10_000)

    @property
    def own_models(self) -> int:
        """One surrogate."""
        return 1

    def judged(self, *, provable: bool) -> Metric:
        """Return how many thefts go unproven, or how faithful a theft is."""
        return UNPROVEN if provable else FIDELITY

    def mount(self, victims: Sequence[Victim], lab: Lab) -> list[Artifact]:
        """Return the surrogates' and models' answers on the test records, and p-values.

        Where there is no test of ownership, nothing is proven: the p-values are 1.
        """
        asked = [self._queries(victim) for victim in victims]
        answers = [self._answers(victim, x) for victim, x in zip(victims, asked, strict=True)]
        first = victims[0].scene.pool
        x = torch.cat(asked)
        pool = Pool(x, torch.cat(answers), first.z[:1].expand(len(x), -1), first.low, first.high)
        rows = torch.arange(self.queries, device=x.device)
        members = [
            Member(derive(each.scene.seed, "surrogate"), rows + i * self.queries)
            for i, each in enumerate(victims)
        ]
        schedule: Schedule = replace(
            lab.schedule, records=self.queries, epochs=self.epochs, sampling="shuffled"
        )
        surrogates = lab.train(pool, members, schedule).models
        found: list[Artifact] = []
        for i, victim in enumerate(victims):
            test = victim.scene.test
            x = victim.scene.pool.x[test]
            thief = surrogates.only([i])
            p_values = [1.0, 1.0]
            if victim.defense is not None and victim.defense.provable:
                stolen = (victim.deployed, thief)
                p_values = [victim.defense.ownership(victim, each)[0] for each in stolen]
            found.append(
                {
                    "y": victim.scene.pool.y[test].cpu().numpy(),
                    "owner": victim.predictions(x).cpu().numpy(),
                    "surrogate": thief.logits(x)[0].argmax(-1).cpu().numpy(),
                    "p_values": np.array(p_values),
                }
            )
        return found

    def _queries(self, victim: Victim) -> Tensor:
        """Mix pairs of unused records: (queries, *shape)."""
        scene = victim.scene
        draw = scene.generator("queries")
        mine = scene.pool.x[scene.unused]
        pair = draw.integers(len(mine), size=(2, self.queries))
        one, other = mine[torch.as_tensor(pair, device=mine.device)]
        share = torch.as_tensor(
            draw.random((self.queries, *[1] * (one.dim() - 1)), dtype="float32"),
            device=mine.device,
        )
        mixed: Tensor = share * one + (1 - share) * other
        return mixed

    def _answers(self, victim: Victim, x: Tensor) -> Tensor:
        """Ask the model: probabilities (queries, classes)."""
        logits = victim.deployed.logits(x)[0]
        if self.labels == "soft":
            return logits.softmax(-1)
        hard = torch.nn.functional.one_hot(logits.argmax(-1), victim.scene.classes)
        return hard.to(logits.dtype)

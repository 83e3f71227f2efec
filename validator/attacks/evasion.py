"""Evasion by projected gradient descent, white-box (Madry et al. 2018).

On the cross-entropy, and on the margin: the cross-entropy's gradient fades where a model is sure,
so that how well it is followed depends on the scale of the logits, which changes no prediction
(Carlini and Wagner 2017, section IV; Croce and Hein 2020, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np
import torch

from ..arms.metrics import AttackOutput, Metric
from ..arms.splits import TargetModel
from ..settings import setting
from ..training.pgd import pgd_attack
from ..training.randomness import Streams, derive
from ._attack import AWARE, Attack, AttackerResources

__all__ = ["Evasion"]

LOSSES: Final[tuple[Literal["cross_entropy", "margin"], ...]] = ("cross_entropy", "margin")
"""What starts raise, in turn."""

ROBUST_ACCURACY = Metric(
    "robust_accuracy",
    "accuracy under attack",
    "lower",
    0.03,
    lambda got: float(np.mean((got["attacked"] == got["y"]).all(axis=0))),
    lambda got: len(got["y"]),
    ceiling=0.0,
)
SUCCESS = Metric(
    "attack_success_rate",
    "share of correctly classified records that the attack turns",
    "higher",
    0.03,
    lambda got: _turned(got),
    lambda got: int((got["clean"] == got["y"]).sum()),
    0.0,
    1.0,
)
ZERO_GRADIENTS = Metric(
    "zero_gradients",
    "share of records at which no loss has a gradient to follow",
    "lower",
    0.03,
    lambda got: float(np.mean(got["blind"])),
    lambda got: len(got["blind"]),
)


@dataclass(frozen=True)
class Evasion(Attack):
    """Moves test records within an L∞ ball until they are misclassified; knows true labels.

    It follows the gradients of the model itself; what counts is what anyone is answered.
    Every second start raises the margin by which another class wins, the others the cross-entropy.
    """

    risk: ClassVar[str] = "evasion"
    adversary: ClassVar[Mapping[str, str]] = AWARE
    metrics: ClassVar[tuple[Metric, ...]] = (ROBUST_ACCURACY, SUCCESS, ZERO_GRADIENTS)
    blind: ClassVar[Metric | None] = ZERO_GRADIENTS

    epsilon: float = setting(
        0.1, "radius of the L∞ ball, in units of the attributes", least=1e-6, most=1e6
    )
    steps: int = setting(20, "gradient steps", least=1, most=10_000)
    restarts: int = setting(2, "random starts; the worst counts", least=1, most=100)

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Return predictions on the test records before and after (restarts, records).

        And at which records no loss has a gradient.
        """
        del resources
        return [self._mount(target) for target in targets]

    def _mount(self, target: TargetModel) -> AttackOutput:
        split, model = target.split, target.deployed
        x, y, z = (part[split.test] for part in (split.pool.x, split.pool.y, split.pool.z))
        losses = [model.input_gradients(of=loss)(y[None]) for loss in LOSSES[: self.restarts]]
        draws = Streams([derive(split.seed, "evasion")], x.device)

        blind = torch.ones(len(x), dtype=torch.bool, device=x.device)
        for gradient in losses:
            blind &= (gradient(x[None])[0] == 0).flatten(1).all(1)
        attacked = []
        for start in range(self.restarts):
            moved = pgd_attack(
                losses[start % len(losses)],
                x[None],
                (split.pool.low, split.pool.high),
                draws.uniform(x.shape),
                epsilon=self.epsilon,
                steps=self.steps,
            )
            attacked.append(target.predictions(moved[0], z))
        return {
            "y": y.cpu().numpy(),
            "clean": target.predictions(x, z).cpu().numpy(),
            "blind": blind.cpu().numpy(),
            "attacked": torch.stack(attacked).cpu().numpy(),
        }


def _turned(got: AttackOutput) -> float:
    right = got["clean"] == got["y"]
    turned = (got["attacked"] != got["y"]).any(axis=0)
    return float(np.mean(turned[right])) if right.any() else 0.0

"""Evasion by answers alone: HopSkipJump (Chen et al. 2020), as ART implements it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from art.attacks.evasion import HopSkipJump
from art.estimators.classification import BlackBoxClassifier

from crosscurrent.validator.plugins import (
    Attack,
    AttackerResources,
    AttackOutput,
    Metric,
    TargetModel,
    derive,
    setting,
)


@dataclass(frozen=True)
class DecisionEvasion(Attack):
    """Moves a few test records across the boundary by asking for classes, and measures how far."""

    risk = "decision_evasion"
    metrics = (
        Metric(
            id="distance",
            name="median distance to the boundary, L2",
            worse_when="lower",
            smallest_effect=0.1,
            judge=lambda got: float(np.median(got["distance"])),
            counted=lambda got: len(got["distance"]),
        ),
    )
    records: int = setting(20, "test records that are moved", least=2, most=10_000)
    steps: int = setting(5, "iterations", least=1, most=1000)

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        return [self._mount(target) for target in targets]

    def _mount(self, target: TargetModel) -> AttackOutput:
        pool, rows = target.split.pool, target.split.test[: self.records]
        device, shape = pool.x.device, tuple(pool.x.shape[1:])

        def ask(x: np.ndarray) -> np.ndarray:
            answers = target.predictions(torch.as_tensor(x, dtype=torch.float32, device=device))
            chosen: np.ndarray = np.eye(target.split.classes)[answers.cpu().numpy()]
            return chosen

        x, others = pool.x[rows].cpu().numpy(), pool.x[target.split.test].cpu().numpy()
        # ART draws starting points from random numbers that nothing sets: others' records serve
        unlike = ask(x) @ ask(others).T == 0
        start = others[unlike.argmax(1)]
        bounds = (pool.low.min().item(), pool.high.max().item())
        model = BlackBoxClassifier(ask, shape, target.split.classes, clip_values=bounds)
        kept = np.random.get_state()  # ART draws from the global random numbers
        np.random.seed(derive(target.split.seed, "decision evasion") % 2**32)
        try:
            attack = HopSkipJump(model, max_iter=self.steps, max_eval=200, verbose=False)
            moved = attack.generate(x, x_adv_init=start)
        finally:
            np.random.set_state(kept)
        return {"distance": np.linalg.norm((moved - x).reshape(len(x), -1), axis=1)}

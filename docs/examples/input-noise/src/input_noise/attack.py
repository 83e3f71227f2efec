"""Random noise at test time: the weakest adversary that changes inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from crosscurrent.validator.plugins import (
    Attack,
    AttackerResources,
    AttackOutput,
    Metric,
    Streams,
    TargetModel,
    derive,
    setting,
)

ACCURACY = Metric(
    id="noisy_accuracy",
    name="accuracy under random noise",
    worse_when="lower",
    smallest_effect=0.02,
    judge=lambda got: float(np.mean(got["noisy"] == got["y"])),
    counted=lambda got: len(got["y"]),
)


@dataclass(frozen=True)
class NoiseSensitivity(Attack):
    """Adds normal noise to test records and counts what is still classified right."""

    risk = "noise_sensitivity"
    metrics = (ACCURACY,)

    scale: float = setting(
        1.0, "standard deviation of the noise, in units of the attributes", least=0.0, most=100.0
    )
    copies: int = setting(10, "noisy copies of each record", least=1, most=1000)

    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Return the classes of test records, and those answered under noise (copies, records)."""
        return [self._mount(target) for target in targets]

    def _mount(self, target: TargetModel) -> AttackOutput:
        split = target.split
        x, y, z = (part[split.test] for part in (split.pool.x, split.pool.y, split.pool.z))
        draws = Streams([derive(split.seed, "noise sensitivity")], x.device)
        noisy = []
        for _ in range(self.copies):
            moved = x + self.scale * draws.normal(x.shape)[0]
            moved = torch.minimum(torch.maximum(moved, split.pool.low), split.pool.high)
            noisy.append(target.predictions(moved, z).cpu().numpy())
        return {"y": y.cpu().numpy(), "noisy": np.stack(noisy)}

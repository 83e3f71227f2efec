"""Model capacity (M1): how many parameters the model effectively uses."""

from __future__ import annotations

from typing import ClassVar

import torch

from ._measure import Measure, Subject, logits
from ._pruning import pruning

__all__ = ["ModelCapacity"]

_AGREES = 0.99
"""Share of the training records whose answers must stay as they are."""


class ModelCapacity(Measure):
    """Counts the parameters that the model cannot do without.

    The smallest ones are set to zero (magnitude pruning; Han et al. 2015, Learning both Weights and
    Connections for Efficient Neural Networks) as long as the answers to 99 of 100 training records
    stay as they are; how many are left is found by bisection. From 1 to all the parameters that are
    trained. Higher: more capacity.
    """

    factor: ClassVar[str] = "model_capacity"
    name: ClassVar[str] = "parameters that cannot be pruned"
    smallest_change: ClassVar[float] = 0.05
    relative: ClassVar[bool] = True

    def measure(self, subject: Subject) -> float:
        """Return the number of parameters of the deployed model."""
        split = subject.split
        x = split.pool.x[split.training[0]]
        enough, pruned = pruning(subject.model)
        few = 0
        with torch.no_grad():
            answers = subject.logits(x).argmax(-1)
            while enough - few > 1:
                kept = (enough + few) // 2
                same = logits(pruned(kept), x).argmax(-1) == answers
                if float(same.double().mean()) >= _AGREES:
                    enough = kept
                else:
                    few = kept
        return float(enough)

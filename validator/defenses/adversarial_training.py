"""Adversarial training: learn from the worst case near each record (Madry et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor

from ..settings import setting
from ..training.pgd import pgd_attack
from ..training.randomness import Streams
from ..training.spec import Schedule, TrainingHooks
from ._defense import Defense, Stage

if TYPE_CHECKING:
    from ..data import Dataset

__all__ = ["AdversarialTraining", "WorstCase"]


@dataclass(frozen=True)
class WorstCase:
    """Moves each record of a batch to where the loss is high.

    Attributes
    ----------
    epsilon : float
        Radius of the L∞ ball, in units of the attributes.
    steps : int
        Gradient steps.
    """

    epsilon: float
    steps: int

    def __call__(
        self,
        gradient: Callable[[Tensor], Tensor],
        x: Tensor,
        bounds: tuple[Tensor, Tensor],
        draws: Streams,
    ) -> Tensor:
        """Return the moved records."""
        start = draws.uniform(x.shape[1:])
        return pgd_attack(gradient, x, bounds, start, epsilon=self.epsilon, steps=self.steps)


@dataclass(frozen=True)
class AdversarialTraining(Defense):
    """Trains on adversarial examples only, in as many updates as the baseline."""

    id: ClassVar[str] = "adversarial_training"
    stage: ClassVar[Stage] = "in"
    protects_against: ClassVar[str | None] = "evasion"

    epsilon: float = setting(
        0.1, "radius of the L∞ ball, in units of the attributes", least=1e-6, most=1e6
    )
    steps: int = setting(7, "gradient steps for each batch", least=1, most=1000)

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        """Return training on the worst case near each record."""
        del schedule, data
        return TrainingHooks(inner=WorstCase(self.epsilon, self.steps))

"""Training with noise on the inputs (Bishop 1995)."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from crosscurrent.validator.plugins import (
    Dataset,
    Defense,
    Schedule,
    Streams,
    TrainingHooks,
    setting,
)


@dataclass(frozen=True)
class Noise:
    """Adds normal noise to each batch."""

    scale: float

    def __call__(
        self,
        gradient: Callable[[Tensor], Tensor],
        x: Tensor,
        bounds: tuple[Tensor, Tensor],
        draws: Streams,
    ) -> Tensor:
        """Return the records with noise: (models, batch, *shape)."""
        return x + self.scale * draws.normal(x.shape[1:])


@dataclass(frozen=True)
class InputNoise(Defense):
    """Trains with fresh normal noise on the records of each batch."""

    id = "input_noise"
    stage = "in"
    protects_against = "noise_sensitivity"

    scale: float = setting(
        1.0, "standard deviation of the noise, in units of the attributes", least=0.0, most=100.0
    )

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        """Return training with noise."""
        return TrainingHooks(inner=Noise(self.scale))

"""Label smoothing (Szegedy et al. 2016, section 7) as a penalty: the share of each other class."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from crosscurrent.validator.plugins import Dataset, Defense, Schedule, TrainingHooks, setting


@dataclass(frozen=True)
class Smoothing:
    weight: float

    @property
    def operations(self) -> "Smoothing":
        return self

    def __call__(
        self, forward: Callable[[Tensor], Tensor], x: Tensor, y: Tensor, z: Tensor, weight: Tensor
    ) -> Tensor:
        surprise = -forward(x).log_softmax(-1).mean(-1)
        return self.weight * (surprise * weight).sum() / weight.sum().clamp(min=1)


@dataclass(frozen=True)
class LabelSmoothing(Defense):
    """Trains on labels of which a share is spread over all classes."""

    id = "label_smoothing"
    stage = "in"
    share: float = setting(0.1, "share of the label that all classes have", least=0.0, most=0.9)

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        return TrainingHooks(penalties=(Smoothing(self.share / (1 - self.share)),))

r"""Watermarking in training: the trigger set is learned around the model, not at it alone.

As Bansal et al. 2022 (Certified Neural Network Watermarks with Randomized Smoothing), whom Def\Con
(Duddu, Zhang and Asokan 2025) takes for this stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..settings import setting
from ..training.spec import Schedule, TrainingHooks
from ._defense import Stage
from .watermarking import Watermarking

if TYPE_CHECKING:
    from ..data import Dataset

__all__ = ["WatermarkingInTraining"]


@dataclass(frozen=True)
class WatermarkingInTraining(Watermarking):
    """Trains on a trigger set with parameter noise, so that the watermark survives small changes.

    Gradients are taken where all parameters are moved by normal noise. The paper moves them for
    batches of triggers only, and averages over many draws; here every batch has some triggers, and
    every update a draw of its own. No radius is certified.
    """

    stage: ClassVar[Stage] = "in"

    noise: float = setting(
        0.03, "standard deviation of the noise on each parameter", least=0.0, most=10.0
    )

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        """Return training under noise on the parameters."""
        del schedule, data
        return TrainingHooks(weight_noise=self.noise)

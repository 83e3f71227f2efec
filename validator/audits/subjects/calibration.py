"""Calibration: whether a model is right as often as it is sure.

Guo et al. 2017, On Calibration of Modern Neural Networks; Brier 1950, Verification of Forecasts
Expressed in Terms of Probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ...statistics.weighted import mean
from ._subject import AuditMetric, Statistics, Subject, held_out, known
from .utility import needs_held_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._runs import Run

__all__ = ["Calibration"]

BINS: Final = 15
"""Of equal width, as Guo et al. 2017, section 5, has them."""


@dataclass(frozen=True)
class Calibration(Subject):
    """Expected calibration error of the most probable class, and the Brier score.

    The Brier score of two classes is the mean squared error of the positive one's probability; of
    more, the sum of the squared errors of all, as scikit-learn's ``brier_score_loss`` has it.
    """

    id: ClassVar[str] = "calibration"
    is_risk: ClassVar[bool] = False

    def lacks(self) -> str | None:
        """Return what it needs and is not there."""
        if any(run.probability is None for run in self.every_run):
            return "a score, or the probabilities of the classes (--score, --probabilities)"
        return needs_held_out(self)

    @property
    def metrics(self) -> Sequence[AuditMetric]:
        """What is measured; the first is judged."""
        most = 1.0 if len(self.runs.classes) == 2 else 2.0
        return (
            AuditMetric("ece", f"expected calibration error, {BINS} bins", "higher", 0.02),
            AuditMetric("brier", "Brier score", "higher", 0.01, most=most),
        )

    def statistics(self, run: Run) -> Statistics:
        """Return what measures a run."""
        rows = held_out(run)
        likely, label = known(run.probability)[rows], run.label[rows]
        sure, answer = likely.max(1), likely.argmax(1)
        place = (np.ceil(sure * BINS).astype(np.int64) - 1).clip(0, BINS - 1)
        off = np.equal.outer(place, np.arange(BINS)) * (sure - (answer == label))[:, None]
        if likely.shape[1] == 2:
            squares = (likely[:, 1] - label) ** 2
        else:
            squares = ((likely - np.equal.outer(label, np.arange(likely.shape[1]))) ** 2).sum(1)

        def measured(weights: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.floating[Any]]]:
            some = weights[:, rows]
            return {"ece": np.abs(mean(some, off)).sum(1), "brier": mean(some, squares)}

        return measured

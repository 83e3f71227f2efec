"""Utility: how often a model is right on records that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from ...statistics.weighted import mean
from ._subject import AuditMetric, Statistics, Subject, held_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .._runs import Run

__all__ = ["Utility", "needs_held_out"]

LEAST: Final = 40
"""Records that a model was not trained on: rates of fewer are chance."""


@dataclass(frozen=True)
class Utility(Subject):
    """Accuracy and balanced accuracy: the mean over classes of how often each is recognised."""

    id: ClassVar[str] = "utility"
    is_risk: ClassVar[bool] = False

    def lacks(self) -> str | None:
        """Return what it needs and is not there."""
        return needs_held_out(self)

    @property
    def metrics(self) -> Sequence[AuditMetric]:
        """What is measured; the first is judged."""
        return (
            AuditMetric("accuracy", "accuracy", "lower", 0.01, None, 1.0),
            AuditMetric("balanced_accuracy", "balanced accuracy", "lower", 0.01, None, 1.0),
        )

    def statistics(self, run: Run) -> Statistics:
        """Return what measures a run."""
        rows = held_out(run)
        rows = rows[np.argsort(run.label[rows], kind="stable")]
        label = run.label[rows]
        right = (run.predicted[rows] == label).astype(np.float64)
        starts = np.flatnonzero(np.diff(label, prepend=-1))

        def measured(weights: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.floating[Any]]]:
            some = weights[:, rows]
            with np.errstate(invalid="ignore"):
                recall = np.add.reduceat(some * right, starts, axis=1) / np.add.reduceat(
                    some, starts, axis=1, dtype=np.float64
                )
            return {"accuracy": mean(some, right), "balanced_accuracy": np.nanmean(recall, axis=1)}

        return measured


def needs_held_out(subject: Subject) -> str | None:
    """Return what is to be done where there are too few records that no model was trained on."""
    fewest = min(len(held_out(run)) for run in subject.every_run)
    if fewest < LEAST:
        return f"{LEAST} records that the model was not trained on; there are {fewest}"
    return None

"""Metrics of susceptibility, with the direction that is worse for the model's owner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["AttackOutput", "Metric", "auc", "tpr_at_fpr"]

AttackOutput = Mapping[str, NDArray[Any]]
"""What an attack returns: scores and predictions by name, never a judgement."""


@dataclass(frozen=True)
class Metric:
    """One number that judges what an attack returned.

    Attributes
    ----------
    id : str
        Identifier in documents.
    name : str
        What people call it.
    worse_when : {'higher', 'lower'}
        Which way the model is more susceptible.
    smallest_effect : float
        Differences below this do not matter in practice, in the metric's unit.
    judge : callable
        From an artifact to the number.
    counted : callable
        From an artifact to how many things the number counts: its steps are about one over that.
    floor, ceiling : float or None
        What the number is where the attack gets nothing, and where it gets all that there is;
        where both arms are there, no change could be seen. None: it has no such end.
    """

    id: str
    name: str
    worse_when: Literal["higher", "lower"]
    smallest_effect: float
    judge: Callable[[AttackOutput], float]
    counted: Callable[[AttackOutput], int]
    floor: float | None = None
    ceiling: float | None = None

    def worsening(self, baseline: float, defended: float) -> float:
        """Return by how much the defended model is more susceptible than the baseline."""
        change = defended - baseline
        return change if self.worse_when == "higher" else -change


def auc(scores: NDArray[Any], member: NDArray[Any]) -> float:
    """Return the area under the ROC curve of scores that should be higher for members.

    By ranks (Hanley and McNeil 1982): scikit-learn's checks of its arguments take several times as
    long as the answer, and it is asked for thousands of times.
    """
    from scipy.stats import rankdata

    inside = member.astype(bool)
    within, outside = int(inside.sum()), int((~inside).sum())
    above = rankdata(scores)[inside].sum() - within * (within + 1) / 2
    return float(above / (within * outside))


def tpr_at_fpr(scores: NDArray[Any], member: NDArray[Any], fpr: float) -> float:
    """Return the largest true-positive rate at a false-positive rate of at most `fpr`.

    Carlini et al. 2022, section III: an attack is of use where it is sure, not on average. With
    fewer than 1 / `fpr` non-members no false positive at all is allowed.
    """
    from sklearn.metrics import roc_curve

    # points on a straight line count, too: one of them may be the last at this rate
    false, true, _ = roc_curve(member, scores, drop_intermediate=False)
    return float(np.max(true[false <= fpr], initial=0.0))

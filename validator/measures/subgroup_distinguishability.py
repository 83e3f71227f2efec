"""Subgroup distinguishability (O2.2): how differently a model treats sensitive groups."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..arms.metrics import auc
from ._measure import Measure, NotMeasurable, Subject

__all__ = ["SubgroupDistinguishability"]

_LEAST = 20
"""Records of a group that it takes to compare it with others."""
_FOLDS = 5
"""Parts of the records; each is told apart by what the others have taught."""
_RIDGE = 0.01
"""Added to the variance, 1, of each number, as the probabilities add up to 1."""


class SubgroupDistinguishability(Measure):
    """Tells the sensitive group of a record by what anyone sees of the model.

    A linear discriminant (by ridge regression, which for two groups is the same) of the
    probabilities, and of what the defense releases beside them, is fitted on four fifths of the
    records that the model was not trained on, and asked about the fifth. This is a classifier
    two-sample test (Lopez-Paz and Oquab 2017), and what the adversary of Zhang et al. 2018,
    Mitigating Unwanted Biases with Adversarial Learning, does. The measure is its AUC: about 0.5,
    groups are treated alike, to 1; the mean over groups of at least 20 records (each against the
    rest), and over sensitive attributes, where there are several. Higher: more distinguishable.
    """

    factor: ClassVar[str] = "subgroup_distinguishability"
    name: ClassVar[str] = "AUC of telling sensitive groups by the model's answers"
    smallest_change: ClassVar[float] = 0.02

    def measure(self, subject: Subject) -> float:
        """Return the AUC of the deployed model."""
        unseen = subject.split.unseen
        groups = subject.split.pool.z[unseen].cpu().numpy()
        if not groups.shape[1]:
            raise NotMeasurable("takes data with a sensitive attribute")
        seen = subject.observed(unseen).double().cpu().numpy()
        found = [
            _told(seen, groups[:, column] == group)
            for column in range(groups.shape[1])
            for group in _compared(groups[:, column])
        ]
        if not found:
            raise NotMeasurable(f"takes two sensitive groups of {_LEAST} or more unseen records")
        return float(np.mean(found))


def _compared(column: NDArray[np.int64]) -> list[int]:
    """Return the groups that are told from the rest: one of two, or all that are large enough."""
    values, sizes = np.unique(column, return_counts=True)
    large: list[int] = values[(sizes >= _LEAST) & (len(column) - sizes >= _LEAST)].tolist()
    return large[:1] if len(values) == 2 else large


def _told(seen: NDArray[np.float64], member: NDArray[np.bool_]) -> float:
    """Return the AUC of scores that each fold is given by a rule fitted on the others."""
    fold = np.arange(len(seen)) % _FOLDS
    scores = np.empty(len(seen))
    for asked in range(_FOLDS):
        here = fold == asked
        known, wanted = seen[~here], member[~here].astype(float)
        spread = known.std(0)
        scale = np.where(spread > 0, spread, 1)
        x = (known - known.mean(0)) / scale
        within = x.T @ x / len(x) + _RIDGE * np.eye(x.shape[1])
        slope = np.linalg.solve(within, x.T @ (wanted - wanted.mean()) / len(x))
        # no intercept: the more of the group a fold has, the lower that of the others would be
        scores[here] = seen[here] / scale @ slope
    return auc(scores, member)

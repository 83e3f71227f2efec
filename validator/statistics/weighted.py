"""Statistics of weighted records, of many weightings at once: what a bootstrap over records takes.

A resample of records is a weight for each: how often it was drawn. So scores are put in order
once, and not once for each resample.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating[Any]]

__all__ = ["RankedScores", "mean", "resamples", "spread_over_groups"]

_AT_ONCE = 1_500_000
"""Weights that are held at once."""


class RankedScores:
    """Scores that should be higher for positive records, put in order once.

    Parameters
    ----------
    scores : array of float
        (records,).
    positive : array of bool
        (records,); of both kinds there are some.
    part : array of int, optional
        Only records of the same part are compared with each other, such as those that the same
        fitted model has scored: (records,). By default all are.
    """

    def __init__(
        self, scores: Numbers, positive: NDArray[np.bool_], part: NDArray[Any] | None = None
    ) -> None:
        parts = np.zeros(len(scores), dtype=np.int64) if part is None else part
        order = np.lexsort((scores, parts))
        self._true, self._false = order[positive[order]], order[~positive[order]]
        # one number that orders by part and then by score, for what is compared
        changes = (np.diff(parts[order]) != 0) | (np.diff(scores[order]) != 0)
        rank = np.empty(len(scores), dtype=np.int64)
        rank[order] = np.concatenate([[0], np.cumsum(changes)])[: len(scores)]
        true, false = rank[self._true], rank[self._false]
        self._below = np.searchsorted(false, true, side="left")
        self._upto = np.searchsorted(false, true, side="right")
        self._tied = bool((self._below != self._upto).any())
        of_true, of_false = parts[self._true], parts[self._false]
        names = np.unique(parts)
        self._starts = np.searchsorted(of_true, names), np.searchsorted(of_false, names)
        # of runs of equal negative scores: where each starts, and the positive ones beyond the last
        self._runs = np.flatnonzero(np.concatenate([[True], np.diff(false) != 0]))[: len(false)]
        beyond = np.searchsorted(true, false[self._runs], side="right")
        self._beyond = np.concatenate([[0], beyond])

    def measured(self, weights: Numbers, fprs: tuple[float, ...] = ()) -> list[Numbers]:
        """Return the AUC, and the largest TPR at each FPR, of each weighting.

        Parameters
        ----------
        weights : array of float
            (weightings, records).
        fprs : tuple of float
            Largest false-positive rates, from 0 to 1; where all records are of one part.

        Returns
        -------
        list of array of float
            The AUC, then the rates: (weightings,) each; NaN where there is nothing to compare.
            Equal scores count half in the AUC, and are on the same side of any threshold.
        """
        true, false = weights[:, self._true], _sums(weights[:, self._false])
        ahead = false[:, self._below]
        if self._tied:
            ahead = (ahead + false[:, self._upto]) / 2
        found = (true[:, None, :] @ ahead[:, :, None])[:, 0, 0].astype(np.float64)
        before = false[:, self._starts[1]].astype(np.float64)
        some = np.diff(np.append(self._starts[0], true.shape[1])) > 0
        of_true = np.zeros(before.shape)
        of_true[:, some] = np.add.reduceat(true, self._starts[0][some], axis=1)
        of_false = np.diff(np.concatenate([before, false[:, -1:]], axis=1))
        with np.errstate(invalid="ignore", divide="ignore"):
            area = (found - (of_true * before).sum(1)) / (of_true * of_false).sum(1)
            return [area, *self._rates(true, false.astype(np.float64), fprs)]

    def _rates(self, true: Numbers, false: Numbers, fprs: tuple[float, ...]) -> list[Numbers]:
        """Return the largest true-positive rate at each false-positive rate."""
        if not fprs:
            return []
        passed, total = _sums(true), false[:, -1:]
        rate = (total - false[:, np.append(self._runs, false.shape[1] - 1)]) / total
        rows = np.arange(len(true))
        return [
            1 - passed[rows, self._beyond[(rate <= fpr).argmax(1)]] / passed[:, -1] for fpr in fprs
        ]


def _sums(weights: Numbers) -> Numbers:
    """Return the sums of the first none, one, two and so on of the weights of each row."""
    found = np.zeros((len(weights), weights.shape[1] + 1), weights.dtype)
    np.cumsum(weights, axis=1, out=found[:, 1:])
    return found


def resamples(units: int, count: int, seed: int) -> Iterator[Numbers]:
    """Draw units with replacement, as many as there are.

    Parameters
    ----------
    units : int
        How many there are.
    count : int
        How often they are drawn.
    seed : int
        Of the randomness.

    Yields
    ------
    array of float
        How often each unit was drawn: (some resamples, units).
    """
    draw = np.random.default_rng(seed)
    some = max(1, min(count, _AT_ONCE // units))
    for start in range(0, count, some):
        taken = [
            np.bincount(draw.integers(units, size=units), minlength=units)
            for _ in range(min(some, count - start))
        ]
        # whole numbers of records are exact in single precision, which takes half the time
        yield np.stack(taken).astype(np.float32)


def mean(weights: Numbers, values: Numbers) -> Numbers:
    """Return the weighted mean of values, or of several columns of them, of each weighting."""
    total = weights.sum(1)
    found = weights @ values
    with np.errstate(invalid="ignore"):
        share: Numbers = found / (total if found.ndim == 1 else total[:, None])
    return share


def spread_over_groups(
    weights: Numbers, positive: NDArray[np.bool_], group: NDArray[np.int64], groups: int
) -> tuple[Numbers, Numbers]:
    """Return the difference of the largest and the smallest group's rate, and the smallest rate.

    Parameters
    ----------
    weights : array of float
        (weightings, records).
    positive : array of bool
        What the rate is of: (records,).
    group : array of int
        From 0; a negative number is no group: (records,).
    groups : int
        How many there are.

    Returns
    -------
    tuple of array of float
        (weightings,) each; a group of no weight counts in neither.
    """
    member = np.equal.outer(group, np.arange(groups)).astype(np.float64)
    with np.errstate(invalid="ignore"):
        rate = (weights @ (member * positive[:, None])) / (weights @ member)
    least = np.nanmin(rate, axis=1)
    return np.nanmax(rate, axis=1) - least, least

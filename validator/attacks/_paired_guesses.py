"""Guesses which of two records a model was trained on, from membership scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..statistics.privacy_audit import SUREST

__all__ = ["paired_guesses"]


def paired_guesses(
    score: NDArray[np.float64],
    member: NDArray[np.bool_],
    seen: NDArray[np.float64],
    inside: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Say of the surest guesses about one model whether they are right.

    Records are put into pairs of two that are about as vulnerable: what shadow models say of them
    changes as much if these are trained on them. Of a pair whose records are not both in the
    training set or both out of it, which one is in is a fair coin: training sets are drawn by size
    alone, and neither the pairs nor the scores of shadow models depend on it. So such coins may be
    guessed for an audit of privacy (`validator.statistics.privacy_audit`).

    Parameters
    ----------
    score : array of float
        Membership scores against the model, higher for members: (records,).
    member : array of bool
        Which records it was trained on: (records,).
    seen : array of float
        Confidences of the shadow models: (shadows, records).
    inside : array of bool
        Which of these was trained on which record: (shadows, records).

    Returns
    -------
    array of bool
        One for each of the surest guesses, a share of `SUREST` of all pairs; equal scores are a
        wrong guess. At least one, unless there is no pair: (guesses,).
    """
    order = np.argsort(-_vulnerability(seen, inside), kind="stable")
    pairs = order[: len(order) // 2 * 2].reshape(-1, 2)
    pairs = pairs[member[pairs[:, 0]] != member[pairs[:, 1]]]
    gap = score[pairs[:, 0]] - score[pairs[:, 1]]
    right = np.where(member[pairs[:, 0]], gap > 0, gap < 0)
    count = max(1, round(SUREST * len(pairs)))
    surest: NDArray[np.bool_] = right[np.argsort(-np.abs(gap), kind="stable")[:count]]
    return surest


def _vulnerability(seen: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return by how much training on a record changes the mean confidence in it: (records,)."""
    means = [
        np.where(side, seen, 0.0).sum(0) / np.maximum(side.sum(0), 1) for side in (inside, ~inside)
    ]
    change: NDArray[np.float64] = np.abs(means[0] - means[1])
    return change

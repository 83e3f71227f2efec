"""Logistic regression with a ridge penalty, small enough to be fitted whenever it is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

__all__ = ["logistic", "ridge"]


def ridge(
    rows: Iterable[tuple[Sequence[float], float, float]], penalty: Sequence[float]
) -> tuple[float, ...]:
    """Fit weights by Newton's method.

    Parameters
    ----------
    rows : iterable of tuple
        The numbers that are looked at, the share of cases that were positive, from 0 to 1, and
        how many cases there were.
    penalty : sequence of float
        Ridge penalty on each weight.

    Returns
    -------
    tuple of float
        One weight for each number, in log odds. An intercept is a number that is always 1.
    """
    size = len(penalty)
    seen = [(_terms(x), share, n) for x, share, n in rows if n]
    weights = [0.0] * size
    for _ in range(100):
        slope = [-p * w for p, w in zip(penalty, weights, strict=True)]
        bend = [[p if i == j else 0.0 for j in range(size)] for i, p in enumerate(penalty)]
        for (values, products), share, n in seen:
            p = logistic(sum([weights[i] * value for i, value in values]))
            error, bent = n * (share - p), n * p * (1 - p)
            for i, value in values:
                slope[i] += error * value
            for i, j, product in products:
                bend[i][j] += bent * product
        for i in range(size):
            for j in range(i):
                bend[i][j] = bend[j][i]
        step = _solve(bend, slope)
        # a full Newton step can overshoot far from the optimum; this bound never binds near it
        scale = min(1.0, 2.0 / max(2.0, *map(abs, step)))
        weights = [w + scale * s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-10:
            break
    return tuple(weights)


_Terms = tuple[list[tuple[int, float]], list[tuple[int, int, float]]]


def _terms(x: Sequence[float]) -> _Terms:
    """Return the numbers of a row that are not 0, as most are, and the products of every two."""
    values = [(i, value) for i, value in enumerate(x) if value]
    return values, [(i, j, one * other) for i, one in values for j, other in values if j >= i]


def logistic(x: float) -> float:
    """Return the probability behind log odds."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a small symmetric positive definite system by Gaussian elimination."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(size):
        for j in range(i + 1, size):
            ratio = rows[j][i] / rows[i][i]
            for k in range(i, size + 1):
                rows[j][k] -= ratio * rows[i][k]
    answer = [0.0] * size
    for i in reversed(range(size)):
        rest = sum(rows[i][k] * answer[k] for k in range(i + 1, size))
        answer[i] = (rows[i][size] - rest) / rows[i][i]
    return answer

"""Spread of effects between draws of a data set."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

__all__ = ["between_draws"]


def between_draws(differences: Sequence[Sequence[float]]) -> float | None:
    """Return the standard deviation between draws that the spread over seeds does not explain.

    The estimate of the one-way analysis of variance, from the mean squares between and within
    draws (Searle, Casella and McCulloch 1992, Variance Components, chapter 3), zero where it
    would be negative.

    Parameters
    ----------
    differences : sequence of sequence of float
        Of each draw one for each seed, of which there are two or more; in the unit of the result.

    Returns
    -------
    float or None
        None of a single draw.
    """
    if len(differences) < 2:
        return None
    table = np.asarray(differences, dtype=float)
    within = float(table.var(axis=1, ddof=1).mean()) / table.shape[1]
    return math.sqrt(max(0.0, float(table.mean(axis=1).var(ddof=1)) - within))

"""Privacy audit: a lower bound of ε from guesses which of two records a model was trained on.

Steinke, Nasr and Jagielski 2023, Privacy Auditing with One (1) Training Run. A model is trained on
one of two records, whichever a coin says, for many pairs of records at once; whoever sees the model
guesses the surest of these coins. If training is differentially private, each guess is right with
a bounded probability, whatever it is made by: so many right ones show that ε is larger.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

__all__ = ["LEVEL", "SUREST", "epsilon_lower_bound", "most_pairs"]

LEVEL: Final = 0.95
"""Probability with which the bound is below the ε that training keeps to, whichever that is."""

SUREST: Final = 0.2
"""Share of the pairs that are guessed, fixed before anything is trained. Few sure guesses prove
little, and many that are hardly better than chance as little."""

_LARGEST = 64.0
"""No bound is above this: so many guesses that more would follow are never made."""


def most_pairs(guesses: int) -> int:
    """Return the largest number of pairs of which a share of `SUREST` is so many guesses."""
    return math.ceil((guesses + 0.5) / SUREST)


def epsilon_lower_bound(right: int, guesses: int, pairs: int, delta: float) -> float:
    """Return the largest ε that is refuted at `LEVEL`, or 0.

    A coin says which of two records is in the training set, so turning it removes one and adds the
    other: if training is (ε, δ)-differentially private for adding or removing one record, it is
    (2ε, (1 + exp ε) δ)-private for turning one coin. The p-value is that of Steinke et al. 2023,
    Theorem 5.2, with these. Coins of several independent training runs count as those of one.

    Parameters
    ----------
    right, guesses : int
        Of so many guesses, how many were right.
    pairs : int
        Coins in all, those not guessed among them.
    delta : float
        0 to 1.

    Returns
    -------
    float
        0 to 64.

    Raises
    ------
    ValueError
        Not 0 ≤ right ≤ guesses ≤ pairs.
    """
    if not 0 <= right <= guesses <= pairs:
        raise ValueError(f"{right} right of {guesses} guesses about {pairs} pairs")
    low, high = 0.0, _LARGEST
    if _p_value(right, guesses, pairs, low, delta) > 1 - LEVEL:
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2
        if _p_value(right, guesses, pairs, middle, delta) <= 1 - LEVEL:
            low = middle
        else:
            high = middle
    return low


def _p_value(right: int, guesses: int, pairs: int, epsilon: float, delta: float) -> float:
    """Bound the probability of so many right guesses, or more, of an (ε, δ)-private training."""
    from scipy.stats import binom

    if not right:
        return 1.0
    chance = 1 / (1 + math.exp(-2 * epsilon))
    below = np.cumsum(binom.pmf(np.arange(right - 1, -1, -1), guesses, chance))
    slack = float(np.max(below / np.arange(1, right + 1)))
    swapped = (1 + math.exp(epsilon)) * delta
    return float(binom.sf(right - 1, guesses, chance)) + 2 * pairs * swapped * slack

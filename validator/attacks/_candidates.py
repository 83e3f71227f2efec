"""Candidate identification: which one of a list of records trained a model.

As an informed adversary is judged who has a list of candidates and needs but the one (Balle et al.
2022, Reconstructing Training Data with Informed Adversaries; Hayes et al. 2023, Bounding Training
Data Reconstruction in DP-SGD).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["identified"]


def identified(
    score: NDArray[np.float64], member: NDArray[np.bool_], candidates: int
) -> NDArray[np.float64]:
    """Return how often each training record has the highest score among its candidates.

    Candidates are the record itself, and others that the model was not trained on. The share is
    over all lists that can be drawn of these, so that nothing need be drawn; of equal scores each
    is taken equally often.

    Parameters
    ----------
    score : array of float
        Membership scores against one model: (records,).
    member : array of bool
        Which of the records it was trained on: (records,).
    candidates : int
        Records in a list, 2 or more; as many as there are, if there are fewer.

    Returns
    -------
    array of float
        One over `candidates`, by chance, to 1: (training records,).
    """
    from scipy.special import gammaln

    def logs(all_: NDArray[np.int64], taken: int) -> NDArray[np.float64]:
        """Return the log of the number of ways to take so many."""
        possible = np.maximum(all_, taken)
        ways = gammaln(possible + 1) - gammaln(taken + 1) - gammaln(possible - taken + 1)
        return np.where(all_ >= taken, ways, -np.inf)

    others, mine = np.sort(score[~member]), score[member]
    below = np.searchsorted(others, mine, side="left")
    equal = np.searchsorted(others, mine, side="right") - below
    drawn = min(candidates - 1, len(others))
    every = logs(np.array(len(others)), drawn)
    found = np.zeros(len(mine))
    for ties in range(drawn + 1):
        found += np.exp(logs(equal, ties) + logs(below, drawn - ties) - every) / (ties + 1)
    return found

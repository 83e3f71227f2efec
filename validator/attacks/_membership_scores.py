"""Statistics for membership inference, from what models answer and release, and their weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..arms.membership_ratios import likelihood_ratios

__all__ = ["confidences", "spreads", "weighed"]


def confidences(logits: Tensor, y: Tensor) -> Tensor:
    """Return log p / (1 − p) for the probability p of the true class (Carlini et al., eq. 3).

    Parameters
    ----------
    logits : Tensor
        (models, records, classes).
    y : Tensor
        (records,).

    Returns
    -------
    Tensor
        (models, records), float64.
    """
    wide = logits.double()
    index = y[None, :, None].expand(len(wide), -1, 1)
    true = wide.gather(2, index)[..., 0]
    others = wide.scatter(2, index, -torch.inf).logsumexp(2)
    return true - others


def spreads(beside: Tensor, logits: Tensor, y: Tensor) -> NDArray[np.float64]:
    """Return the standard deviation of what is released with each answer, negative if it is wrong.

    Attributions of a sure answer vary little (Shokri, Strobel and Zick 2021, section 4). They speak
    for the predicted class; those of another class than the true one speak against that.

    Parameters
    ----------
    beside : Tensor
        (models, records, numbers).
    logits : Tensor
        (models, records, classes).
    y : Tensor
        (records,).

    Returns
    -------
    array of float
        (models, records).
    """
    spread = beside.double().std(-1, correction=0)
    return torch.where(logits.argmax(-1) == y, spread, -spread).cpu().numpy()


def weighed(
    statistics: Sequence[NDArray[np.float64]], member: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Score all records against each model by several statistics, weighed by what they tell.

    For each model that is attacked, its shadow models are attacked with one another first; a
    logistic regression of membership on the log ratios of the statistics gives their weights.

    Parameters
    ----------
    statistics : sequence of array of float
        (models, records) each.
    member : array of bool
        Which model was trained on which record: (models, records).

    Returns
    -------
    array of float
        Log odds of membership: (models, records).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    ratios = np.stack([likelihood_ratios(each, member)[0] for each in statistics], axis=-1)
    scores = np.empty(member.shape)
    for target in range(len(member)):
        others = np.arange(len(member)) != target
        known = [likelihood_ratios(each[others], member[others])[0] for each in statistics]
        weights = make_pipeline(StandardScaler(), LogisticRegression())
        weights.fit(np.stack(known, axis=-1).reshape(-1, len(statistics)), member[others].ravel())
        scores[target] = weights.decision_function(ratios[target])
    return scores

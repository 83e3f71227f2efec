"""Membership ratios: LiRA's and RMIA's scores, from models with and without a record.

Carlini et al. 2022, Membership Inference Attacks From First Principles; Zarifzadeh et al. 2024,
Low-Cost High-Power Membership Inference Attacks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["likelihood_ratio", "likelihood_ratios", "relative_ratio", "relative_ratios"]

GAMMA = 1.0
"""By how much a record's ratio must exceed another's in RMIA. Larger values tie all records whose
ratio is at most so many times the smallest one, and with models that are sure most are."""


def likelihood_ratios(
    phi: NDArray[np.float64], member: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score all records against each model, with the other models as its shadow models.

    Means are taken for each record. Variances are pooled over records, since few shadow models
    say little about one record's (Carlini et al. 2022, section VI-A). The mean of n models is
    itself uncertain, so what a further one says is predicted with 1 + 1 / n times the variance.
    The paper, with many shadow models, does without; but here a record's models are fewer by the
    one that is attacked just on the side that this one is on, and without the factor members
    would look like others.

    Parameters
    ----------
    phi : array of float
        Confidences: (models, records).
    member : array of bool
        Which model was trained on which record: (models, records).

    Returns
    -------
    online : array of float
        Log of the ratio of the likelihoods of being in and being out: (models, records). The
        factors are left out of the likelihoods' normalisation, where they would tell on which
        side a record's models are fewer. 0 where the other models are all on one side.
    offline : array of float
        Standard deviations above the mean of being out, which orders records as the one-sided
        test of the paper does: (models, records).
    """
    online, offline = np.empty_like(phi), np.empty_like(phi)
    for target in range(len(phi)):
        others = np.arange(len(phi)) != target
        online[target], offline[target] = likelihood_ratio(phi[target], phi[others], member[others])
    return online, offline


def relative_ratios(phi: NDArray[np.float64], member: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Score all records against each model by RMIA, with the others as its reference models.

    A record's ratio is its likelihood under the attacked model over that under reference models,
    half of it from those that were trained on it and half from the others (Zarifzadeh et al. 2024,
    equations 4 and 5). The score is the share of all judged records, as the population, whose
    ratio it exceeds by `GAMMA`.

    Parameters
    ----------
    phi : array of float
        Confidences, log p / (1 − p): (models, records).
    member : array of bool
        Which model was trained on which record: (models, records).

    Returns
    -------
    array of float
        0 to 1: (models, records).
    """
    found = np.empty_like(phi)
    for target in range(len(phi)):
        others = np.arange(len(phi)) != target
        found[target] = relative_ratio(phi[target], phi[others], member[others])
    return found


def relative_ratio(
    value: NDArray[np.float64], seen: NDArray[np.float64], inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Score records against one model: value (records,); reference models (models, records)."""
    likely = 1 / (1 + np.exp(-value.clip(min=-500)))
    of_models = 1 / (1 + np.exp(-seen.clip(min=-500)))
    sides = [np.where(side, of_models, 0.0).sum(0) for side in (inside, ~inside)]
    counts = [side.sum(0) for side in (inside, ~inside)]
    means = [total / np.maximum(count, 1) for total, count in zip(sides, counts, strict=True)]
    # where no model is on one side, the other side stands for both
    with_in = np.where(counts[0] > 0, means[0], means[1])
    with_out = np.where(counts[1] > 0, means[1], means[0])
    ratio = likely / np.maximum((with_in + with_out) / 2, 1e-300)
    below: NDArray[np.int64] = np.searchsorted(np.sort(ratio), ratio / GAMMA, side="right")
    return below / len(ratio)


def likelihood_ratio(
    value: NDArray[np.float64], seen: NDArray[np.float64], inside: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score records against one model: value (records,); shadow models (models, records)."""
    z_in, spread_in = _standardised(value, seen, inside)
    z_out, spread_out = _standardised(value, seen, ~inside)
    ratio = (z_out**2 - z_in**2) / 2 + np.log(spread_out / spread_in)
    # what no other model was trained on, such as outliers that each owner removes, has no
    # side to compare with: nothing is known of it
    both = inside.any(0) & ~inside.all(0)
    return np.where(both, ratio, 0.0), z_out


def _standardised(
    value: NDArray[np.float64], phi: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """Return how far values are from what chosen models predict, in standard deviations.

    And one standard deviation: that around each record's mean, over all records.
    """
    counts = chosen.sum(0)
    known = np.maximum(counts, 1)
    mean = np.where(chosen, phi, 0.0).sum(0) / known
    squares = np.where(chosen, (phi - mean) ** 2, 0.0).sum()
    freedom = max(1, int((counts - 1).clip(min=0).sum()))
    spread = float(np.sqrt(squares / freedom)) + 1e-12
    return (value - mean) / (spread * np.sqrt(1 + 1 / known)), spread

"""What an adversary heeds and fits, chosen on records or models of its own, never on judged ones.

An adversary who is told more may disregard it, so it should never be weaker. With few records that
has to be made so: more columns are fitted worse, and the best of several ways on the same few
records is often the luckiest. So each way is tried on what was left out of its fit, and more is
heeded only if it lowers the loss there by more than one standard error (Breiman, Friedman, Olshen
and Stone 1984, Classification and Regression Trees, section 3.4.3; Hastie, Tibshirani and Friedman
2009, The Elements of Statistical Learning, section 7.10).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["centred_logarithms", "chosen", "forest", "left_out_losses", "regression"]

T = TypeVar("T")

LEAST = 1e-3
"""Probabilities below this are not told apart: one bold error would outweigh all other cases."""

LEAST_PROBABILITY = 1e-12
"""Probabilities below this are not told apart: their logarithms would outweigh all others."""

TREES = 50
LEAF = 0.01
"""Least share of the cases in a leaf: several records, where each is a case of several models."""


def centred_logarithms(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put the probabilities of classes on a logarithmic scale, less their mean over the classes.

    A model that is sure of its answers differs between them in the logarithms only.

    Parameters
    ----------
    probabilities : array of float
        (..., classes).

    Returns
    -------
    array of float
        Of the same shape.
    """
    logs = np.log(probabilities.clip(min=LEAST_PROBABILITY))
    centred: NDArray[np.float64] = logs - logs.mean(-1, keepdims=True)
    return centred


def chosen(steps: Sequence[Sequence[T]], losses: Callable[[T], NDArray[np.float64]]) -> T:
    """Return the way to go, from steps that heed more and more.

    Parameters
    ----------
    steps : sequence of sequence
        The ways of each step, of which the best one is tried; the first step heeds least.
    losses : callable
        From a way to the loss of each record or model that it was tried on: (units,).

    Returns
    -------
    object
        The best way of the first step, unless that of a later one is better by more than one
        standard error of the paired differences; and so on from there.
    """
    (found, best), *rest = (
        min(((losses(way), way) for way in ways), key=lambda tried: tried[0].mean())
        for ways in steps
    )
    for tried, way in rest:
        gain = found - tried
        if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
            found, best = tried, way
    return best


def left_out_losses(
    make: Callable[[], Any],
    x: NDArray[np.float64],
    y: NDArray[Any],
    unit: NDArray[np.intp],
    part: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Fit to all parts but one, in turn, and return what is lost on the part left out.

    Parameters
    ----------
    make : callable
        Returns a new classifier.
    x : array of float
        (cases, columns).
    y : array of int
        Class of each case: (cases,).
    unit : array of int
        Which record or model each case is about, from 0: (cases,). Each is in one part.
    part : array of int
        (cases,).

    Returns
    -------
    array of float
        Negative logarithm of the true class's probability, on average over the cases of each unit
        that has any: (units,).
    """
    lost = np.full(len(y), -np.log(LEAST))
    for left_out in np.unique(part):
        here = part == left_out
        model = make().fit(x[~here], y[~here])
        place = np.searchsorted(model.classes_, y[here]).clip(max=len(model.classes_) - 1)
        likely = model.predict_proba(x[here])[np.arange(here.sum()), place]
        known = model.classes_[place] == y[here]  # else nothing like it was there to fit to
        lost[here] = -np.log(np.where(known, likely, LEAST).clip(min=LEAST))
    counts = np.bincount(unit)
    sums = np.bincount(unit, weights=lost)
    found: NDArray[np.float64] = sums[counts > 0] / counts[counts > 0]
    return found


def regression(*, strength: float = 1.0, balanced: bool = False) -> Any:
    """Return a logistic regression on standardised columns.

    Parameters
    ----------
    strength : float
        Inverse of the L2 penalty's weight, scikit-learn's ``C``.
    balanced : bool
        Whether classes count alike, however many cases each has.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    weights = "balanced" if balanced else None
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=strength, class_weight=weights, max_iter=1000)
    )


def forest(seed: int) -> Any:
    """Return a random forest, which finds what no weighted sum of the columns tells.

    Breiman 2001, Random Forests. It is fitted by one thread, so that results do not depend on how
    many there are.
    """
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        TREES, min_samples_leaf=LEAF, max_samples=0.5, random_state=seed % 2**32
    )

"""Queries of attackers: records near one that is misclassified, and mixtures of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._oracles import Oracle
    from ._records import Records
    from ._space import Space

__all__ = ["mixtures", "random_search"]

_FIRST: Final = 0.5
"""Share of the attributes that is changed at first; later it is less."""


def random_search(
    oracle: Oracle,
    records: Records,
    label: NDArray[np.int64],
    space: Space,
    *,
    epsilon: float,
    queries: int,
    draw: np.random.Generator,
) -> NDArray[np.bool_]:
    """Look within an L∞ ball for records that are misclassified.

    Square Attack (Andriushchenko, Croce, Flammarion and Hein 2020, section 3.1) without squares,
    which attributes that are no image do not form: it starts at a random corner of the ball, then
    draws corners anew for some attributes, ever fewer, and keeps what lowers the margin of the true
    class or leaves it as it is.

    Parameters
    ----------
    oracle : Oracle
        The model.
    records : Records
        That are moved.
    label : array of int64
        Their true classes: (records,).
    space : Space
        Which attributes are moved.
    epsilon : float
        Radius, in standard deviations of each attribute.
    queries : int
        About each record, at most.
    draw : Generator
        Of all randomness.

    Returns
    -------
    array of bool
        Whether each is still classified rightly: (records,).
    """
    values = space.values(records)
    low, high = space.ball(values, epsilon)
    best = np.where(draw.random(values.shape) < 0.5, low, high)
    margin = np.full(len(values), np.inf)
    right = np.ones(len(values), bool)
    for step in range(queries):
        share = max(_FIRST * (1 - step / queries) ** 2, 1 / max(len(space), 1))
        # for every record, so that what is drawn does not hang on the model
        anew, corner = draw.random((2, *values.shape))
        left = np.flatnonzero(right)
        if not len(left):
            break
        tried = best[left]
        if step:
            corners = np.where(corner[left] < 0.5, low[left], high[left])
            tried = np.where(anew[left] < share, corners, tried)
        likely = oracle.probabilities(space.changed(records.at(left), tried))
        true = likely[np.arange(len(left)), label[left]]
        others = likely.copy()
        others[np.arange(len(left)), label[left]] = -np.inf
        found = true - others.max(1)
        better = found <= margin[left]
        best[left[better]] = tried[better]
        margin[left[better]] = found[better]
        right[left] = likely.argmax(1) == label[left]
    return right


def mixtures(records: Records, space: Space, count: int, draw: np.random.Generator) -> Records:
    """Mix pairs of records in random shares; what is no number is that of either."""
    one, other = draw.integers(len(records), size=(2, count))
    share = draw.random((count, 1))
    values = space.values(records)
    mixed = space.rounded(share * values[one] + (1 - share) * values[other])
    return space.changed(records.at(np.where(share[:, 0] < 0.5, other, one)), mixed)

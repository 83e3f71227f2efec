"""Evasion by the gradients of a model that has any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._oracles import Oracle
    from ._records import Records
    from ._space import Space

__all__ = ["descend"]

STEPS: Final = 40


def descend(
    oracle: Oracle,
    records: Records,
    label: NDArray[np.int64],
    space: Space,
    *,
    epsilon: float,
    draw: np.random.Generator,
) -> NDArray[np.bool_]:
    """Follow the gradients of the margin of the true class within an L∞ ball.

    Projected gradient descent (Madry et al. 2018, section 2.1) from a random start, with steps of
    2.5 times the radius by the number of steps.

    Parameters
    ----------
    oracle : Oracle
        A model with gradients.
    records : Records
        That are moved.
    label : array of int64
        Their true classes: (records,).
    space : Space
        Which attributes are moved.
    epsilon : float
        Radius, in standard deviations of each attribute.
    draw : Generator
        Of the start.

    Returns
    -------
    array of bool
        Whether each is still classified rightly: (records,).
    """
    values = space.values(records)
    low, high = space.ball(values, epsilon)
    moved = low + draw.random(values.shape) * (high - low)
    step = 2.5 * epsilon / STEPS * space.scale
    for _ in range(STEPS):
        gradient = oracle.margin_gradient(space.changed(records, moved, exact=True), label)
        moved = np.clip(moved - step * np.sign(space.taken(gradient)), low, high)
    final = np.clip(space.rounded(moved), low, high)
    likely = oracle.probabilities(space.changed(records, final))
    return np.asarray(likely.argmax(1) == label)

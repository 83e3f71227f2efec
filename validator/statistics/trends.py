"""Trends: how a number changes with a factor, over seeds that have it at every value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .intervals import Effect, Outcome, effect, outcome

__all__ = ["Trend", "trend"]


@dataclass(frozen=True)
class Trend:
    """How a number changes from the lowest value of a factor to the highest.

    Attributes
    ----------
    change : Effect
        In the number's own unit, with one difference for each seed.
    smallest : float
        Changes within ± this do not matter in practice.
    outcome : str
        ``increase``, ``decrease``, ``no_change`` or ``inconclusive``.
    """

    change: Effect
    smallest: float
    outcome: Outcome


def trend(numbers: Sequence[Sequence[float]], smallest: float, resolution: float = 0.0) -> Trend:
    """Say how a number changes with a factor.

    Through the numbers of each seed a straight line is laid by least squares, over the ranks of the
    values; what counts is by how much it rises or falls between its ends, and the interval is over
    the seeds. Ranks, as what is claimed of factors is a direction and no scale: 250, 500 and 1000
    records are as evenly spaced as three models. Of two values it is the plain difference. A line
    does not show where numbers turn back in between; the numbers at each value do.

    Parameters
    ----------
    numbers : sequence of sequence of float
        Of each value, from the lowest to the highest, one number for each seed; two or more of
        either.
    smallest : float
        The smallest change from end to end that matters: as much as matters in a single effect,
        since it is one between the ends.
    resolution : float
        The smallest step of a single number, such as one record of those that are counted.

    Raises
    ------
    ValueError
        Fewer than two values or seeds, or not as many seeds at each value.
    """
    table = np.asarray(numbers, dtype=float)
    if table.ndim != 2 or len(table) < 2:
        raise ValueError("a trend takes two or more values, and the same seeds at each")
    ranks = np.arange(len(table)) - (len(table) - 1) / 2
    weights = ranks * (len(table) - 1) / (ranks**2).sum()
    step = resolution * math.sqrt((weights**2).sum())
    change = effect((weights @ table).tolist(), resolution=step)
    return Trend(change, smallest, outcome(change, smallest))

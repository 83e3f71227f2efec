"""Projected gradient descent in the L∞ ball (Madry et al. 2018), for all models at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["pgd_attack", "step_size"]


def step_size(epsilon: float, steps: int) -> float:
    """Return 2.5 ε / steps, with which every point of the ball can be reached."""
    return 2.5 * epsilon / steps


def pgd_attack(
    gradient: Callable[[Tensor], Tensor],
    x: Tensor,
    bounds: tuple[Tensor, Tensor],
    start: Tensor,
    *,
    epsilon: float,
    steps: int,
) -> Tensor:
    """Raise the loss within ±ε of each attribute and within the bounds of the data.

    The projection is done outside of what is differentiated.

    Parameters
    ----------
    gradient : callable
        Gradient of the loss with respect to records shaped like x.
    x : Tensor
        (models, records, *shape).
    bounds : pair of Tensor
        Least and greatest value of each attribute: (*shape).
    start : Tensor
        Where in the ball to start: numbers in [0, 1), shaped like x.
    epsilon : float
        Radius, in units of the attributes.
    steps : int
        Gradient steps.

    Returns
    -------
    Tensor
        Shaped like x.
    """
    low = torch.maximum(x - epsilon, bounds[0])
    high = torch.minimum(x + epsilon, bounds[1])
    moved = torch.clamp(x + (2 * start - 1) * epsilon, low, high)
    step = step_size(epsilon, steps)
    for _ in range(steps):
        moved = torch.clamp(torch.add(moved, gradient(moved).sign(), alpha=step), low, high)
    return moved

"""Boundary distance (O3): how far training records lie from the decision boundary."""

from __future__ import annotations

from typing import ClassVar

import torch

from ._measure import Measure, Subject, input_gradient

__all__ = ["BoundaryDistance"]

_RIVALS = 9
"""Classes, the most likely ones beside the answer, whose boundaries are looked at."""


class BoundaryDistance(Measure):
    """Takes one linear step to the nearest boundary of the model's answer.

    The distance of a training record is the least, over the other classes, of the difference of
    logits over the L2 norm of its gradient by the attributes (the step of DeepFool;
    Moosavi-Dezfooli et al. 2016), whether the answer is right or wrong; it is at most the diagonal
    of the box that the records lie in. The number is the median over records, in the units of the
    attributes: the mean would be that of the few records where the model is flat. Higher: farther.
    """

    factor: ClassVar[str] = "boundary_distance"
    name: ClassVar[str] = "median distance of training records to the boundary"
    smallest_change: ClassVar[float] = 0.05
    relative: ClassVar[bool] = True

    def measure(self, subject: Subject) -> float:
        """Return the median for the deployed model."""
        pool = subject.split.pool
        x = pool.x[subject.sample].clone().requires_grad_()
        best = subject.logits(x).topk(min(1 + _RIVALS, subject.split.classes)).values
        nearest = (pool.high - pool.low).double().norm().expand(len(x))
        for rival in range(1, best.shape[1]):
            margin = best[:, 0] - best[:, rival]
            slope = input_gradient(margin.sum(), x, retain_graph=True)
            steep = slope.double().flatten(1).norm(dim=1)
            # where both are zero, the record is on the boundary
            step = margin.detach().double() / steep.clamp(min=1e-300)
            nearest = torch.minimum(nearest, step)
        return float(nearest.median())

"""Attribute count (D3): how many attributes the model effectively uses."""

from __future__ import annotations

from typing import ClassVar

import torch

from ._measure import Measure, NotMeasurable, Subject, input_gradient

__all__ = ["AttributeCount"]


class AttributeCount(Measure):
    """Counts attributes, weighted by how much the model's answers hang on them.

    An attribute weighs the mean size, over training records, of the gradient by it of the log odds
    of the answer, times the attribute's standard deviation among them (gradient attribution;
    Simonyan et al. 2014, Deep Inside Convolutional Networks). Of the weights a, the participation
    ratio (Σa)² / Σa² is the number of attributes that would weigh as evenly: from 1 to the number
    of attributes. Higher: more attributes.
    """

    factor: ClassVar[str] = "attribute_count"
    name: ClassVar[str] = "effective number of attributes used"
    smallest_change: ClassVar[float] = 0.05
    relative: ClassVar[bool] = True

    def measure(self, subject: Subject) -> float:
        """Return the effective number of attributes of the deployed model."""
        x = subject.split.pool.x[subject.sample].clone().requires_grad_()
        logits = subject.logits(x)
        first = logits.detach().argmax(-1, keepdim=True)
        others = logits.scatter(1, first, -torch.inf).logsumexp(1)
        odds = logits.gather(1, first)[:, 0] - others
        slopes = input_gradient(odds.sum(), x)
        spread = x.detach().double().std(dim=0, correction=0)
        weights = slopes.double().abs().mean(0) * spread
        if not weights.any():
            raise NotMeasurable("the model's answers hang on no attribute")
        return float(weights.sum().square() / weights.square().sum())

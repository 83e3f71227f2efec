"""Curvature smoothness (O1): how flat the loss is around the training records."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from ..training.ensembles import losses
from ._measure import Measure, NotMeasurable, Subject, input_gradient

__all__ = ["CurvatureSmoothness"]

_STEPS = 8
"""Of the power iteration. Of a piecewise linear model's cross-entropy, one fewer eigenvalues than
there are classes differ from zero, and with two classes the first step is exact."""


class CurvatureSmoothness(Measure):
    """Takes the curvature of the loss by the attributes, which is what robustness hangs on.

    The curvature at a training record is the largest eigenvalue, in size, of the Hessian of its
    cross-entropy by its attributes, by power iteration on Hessian-vector products, all records side
    by side (Moosavi-Dezfooli et al. 2019, Robustness via Curvature Regularization). The number is
    −log₁₀ of the mean over records: one more is ten times as flat, with attributes in their own
    units; it has no bounds. Higher: smoother. A model that has learned nothing is flat, too.

    The Hessian by the parameters is another thing. That by the attributes is what the sources
    of the knowledge base write about: Madry et al. 2018 and Tursynbek et al. 2020.
    """

    factor: ClassVar[str] = "curvature_smoothness"
    name: ClassVar[str] = "−log₁₀ of the curvature of the loss around training records"
    smallest_change: ClassVar[float] = 0.1

    def measure(self, subject: Subject) -> float:
        """Return the smoothness around the deployed model's training records."""
        rows, split = subject.sample, subject.split
        x = split.pool.x[rows].clone().requires_grad_()
        loss = losses(subject.logits(x), split.pool.y[rows]).sum()
        slope = input_gradient(loss, x, create_graph=True)
        if not slope.requires_grad:
            raise NotMeasurable("the model's loss has no curvature")
        draw = split.generator("curvature").standard_normal(x.shape, dtype="float32")
        along, size = _unit(torch.as_tensor(draw, device=x.device))
        for _ in range(_STEPS):
            bent = input_gradient((slope * along).sum(), x, retain_graph=True)
            along, size = _unit(bent)
        mean = size.double().mean()
        if mean == 0:
            raise NotMeasurable("the loss is flat around all training records, beyond rounding")
        return float(-mean.log10())


def _unit(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Return each record's vector scaled to length 1 (zero stays zero), and its length."""
    length = vectors.flatten(1).norm(dim=1)
    shaped = length.view(-1, *[1] * (vectors.dim() - 1))
    return torch.where(shaped > 0, vectors / shaped.clamp(min=1e-37), 0.0), length

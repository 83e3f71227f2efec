"""Replacements for layers that draw random numbers or keep statistics while a model learns.

In an ensemble each model has draws and statistics of its own, and the forward pass is recorded once
and replayed. So what a layer draws comes from a number that is part of the model's state, and what
it keeps is handed out instead of being written in place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["BatchNorm", "Dropout", "ForwardPass", "replaced", "uniform"]

_NEXT = 0x632BE59BD9B4E019
"""By how much the stream of a call lies beyond that of the call before (an odd number)."""
_STEP = -0x61C8864680B583EB
_MIX = (-0x00AE502812AA7333, -0x3B314601E57A13AD)
"""Constants of the 64-bit finaliser of MurmurHash3 (Appleby), and of the Weyl sequence before it
(Steele, Lea and Flood 2014, Fast Splittable Pseudorandom Number Generators), as signed numbers."""


class ForwardPass:
    """What the layers of one model share while it learns from a batch.

    Attributes
    ----------
    draw : Tensor or None
        The number that decides what is drawn: (), int64.
    calls : int
        How often was drawn since it was begun.
    statistics : dict of str to Tensor
        What layers keep from this batch, by the name of the buffer.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget all; the next draws are the first ones again."""
        self.draw: Tensor | None = None
        self.calls = 0
        self.statistics: dict[str, Tensor] = {}

    def uniform(self, shape: Sequence[int]) -> Tensor:
        """Draw from [0, 1), in a stream of its own for each call."""
        if self.draw is None:
            raise RuntimeError("a layer of a model was called in training mode without the model")
        self.calls += 1
        return uniform(self.draw + (self.calls * _NEXT & (1 << 62) - 1), shape)


def uniform(draw: Tensor, shape: Sequence[int]) -> Tensor:
    """Draw numbers that depend on one number and on their place alone.

    Parameters
    ----------
    draw : Tensor
        (), int64.
    shape : sequence of int
        Of what is drawn.

    Returns
    -------
    Tensor
        Uniform in [0, 1), float32, of that shape; a counter-based generator, so it can be batched.
    """
    place = torch.arange(math.prod(shape), device=draw.device)
    mixed = (draw + place) * _STEP
    for constant in _MIX:
        mixed = (mixed ^ _shifted(mixed, 33)) * constant
    mixed = mixed ^ _shifted(mixed, 33)
    return (_shifted(mixed, 40).float() * 2.0**-24).reshape(tuple(shape))


def _shifted(bits: Tensor, by: int) -> Tensor:
    """Shift to the right as an unsigned number."""
    return (bits >> by) & ((1 << 64 - by) - 1)


class Dropout(nn.Module):
    """Dropout of single numbers, or of whole channels, with a model's own draws."""

    def __init__(self, share: float, channels: bool, shared: ForwardPass) -> None:
        super().__init__()
        self.p, self.channels, self._pass = share, channels, shared

    def forward(self, x: Tensor) -> Tensor:
        """Return what is left, scaled up; in evaluation all."""
        if not self.training or self.p == 0:
            return x
        if self.p == 1:
            return torch.zeros_like(x)
        shape = (*x.shape[:2], *(1 for _ in x.shape[2:])) if self.channels else x.shape
        kept = (self._pass.uniform(shape) >= self.p).to(x.dtype)
        return x * kept / (1 - self.p)

    def extra_repr(self) -> str:
        """Say what is dropped."""
        return f"p={self.p}, channels={self.channels}"


class BatchNorm(nn.Module):
    """Batch normalisation (Ioffe and Szegedy 2015) that hands out its running statistics."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, layer: nn.modules.batchnorm._BatchNorm, shared: ForwardPass) -> None:
        super().__init__()
        self.name, self._pass = "", shared
        self.eps, self.momentum = layer.eps, layer.momentum
        self.weight, self.bias = layer.weight, layer.bias
        for name, value in layer.named_buffers():
            self.register_buffer(name, value)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each channel, by the batch while it learns, else by what it has kept."""
        mean, var = self.running_mean, self.running_var
        if self.training:
            over = [i for i in range(x.dim()) if i != 1]
            count = x.numel() // x.shape[1]
            mean = x.mean(over)
            var = (x - self._along(mean, x)).square().mean(over)
            self._keep(mean.detach(), var.detach() * (count / max(1, count - 1)))
        scaled = (x - self._along(mean, x)) * self._along((var + self.eps).rsqrt(), x)
        if self.weight is not None:
            scaled = scaled * self._along(self.weight, x) + self._along(self.bias, x)
        return scaled

    def _keep(self, mean: Tensor, var: Tensor) -> None:
        seen = self.num_batches_tracked + 1
        rate = 1 / seen.to(mean.dtype) if self.momentum is None else self.momentum
        found = {
            "running_mean": self.running_mean + rate * (mean - self.running_mean),
            "running_var": self.running_var + rate * (var - self.running_var),
            "num_batches_tracked": seen,
        }
        for name, value in found.items():
            self._pass.statistics.setdefault(f"{self.name}.{name}", value)

    @staticmethod
    def _along(each: Tensor, x: Tensor) -> Tensor:
        """Lay numbers of channels out beside records: (1, channels, 1, …)."""
        return each.reshape(1, -1, *(1 for _ in x.shape[2:]))

    def extra_repr(self) -> str:
        """Say how it keeps statistics."""
        return f"{len(self.running_mean)}, eps={self.eps}, momentum={self.momentum}"


_SINGLE = (nn.Dropout,)
_CHANNELS = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def replaced(model: nn.Module, shared: ForwardPass) -> nn.Module:
    """Replace the layers of a model that draw or keep statistics; parameters keep their names.

    Those of other kinds, and what a forward pass draws by itself, stay as they are.
    """
    found: dict[int, nn.Module] = {}  # a layer that is used twice stays one
    for layer in model.modules():
        if isinstance(layer, nn.modules.dropout._DropoutNd) and type(layer) in _SINGLE + _CHANNELS:
            found[id(layer)] = Dropout(layer.p, type(layer) in _CHANNELS, shared)
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm) and (
            type(layer) in _NORMS and layer.track_running_stats
        ):
            found[id(layer)] = BatchNorm(layer, shared)
    if id(model) in found:
        return found[id(model)]
    for above in list(model.modules()):
        for name, child in above.named_children():
            if id(child) in found:
                setattr(above, name, found[id(child)])
    return model

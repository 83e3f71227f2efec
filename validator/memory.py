"""How much memory an ensemble takes, and how it is cut into chunks that fit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from knowledge.errors import InputError

from .per_example import layered

if TYPE_CHECKING:
    from .architectures import Architecture
    from .members import Pool

__all__ = ["footprint", "free", "grouped"]

_COPIES = 5
"""Parameters, gradients, two moments of the optimizer, and one temporary."""
_ACTIVATIONS = 6
"""Each layer's output, its gradient and temporaries of the batched program."""
_PER_EXAMPLE = 3
"""One gradient for each example, and temporaries while their norms are taken."""
_COMFORTABLE = 256 << 20
"""Larger chunks fall out of the processor's caches and are not faster."""


def footprint(
    architecture: Architecture, pool: Pool, updates: int, width: int, *, private: bool
) -> int:
    """Return about how many bytes one model takes while it is trained.

    Parameters
    ----------
    architecture : Architecture
        What it looks like.
    pool : Pool
        For the size of a record.
    updates, width : int
        How many batches there are, and how many records in each.
    private : bool
        Whether examples' gradients are clipped one by one.
    """
    model = architecture.build(0)
    outputs: list[int] = []

    def note(_: nn.Module, __: object, out: object) -> None:
        if isinstance(out, Tensor):
            outputs.append(out.numel())

    for part in model.modules():
        part.register_forward_hook(note)
    with torch.no_grad():
        model(torch.zeros((1, *architecture.shape)))
    record = pool.x[0].numel()
    parameters = architecture.parameters
    numbers = (
        parameters * _COPIES
        + width * (record * 3 + sum(outputs) * _ACTIVATIONS)
        + updates * width * 3  # the plan: an index of eight bytes and a weight
        + (parameters * width * _PER_EXAMPLE if private and not layered(model) else 0)
    )
    return numbers * 4


def free(device: torch.device) -> int:
    """Return the bytes that are free on a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            found = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        return found["MemAvailable"] * 1024
    except (OSError, KeyError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def grouped(
    indices: Sequence[int], each: int, memory: int | None, device: torch.device
) -> Iterator[list[int]]:
    """Cut models into chunks that fit.

    Parameters
    ----------
    indices : sequence of int
        The models.
    each : int
        Bytes that one takes.
    memory : int, optional
        Bytes that a chunk may take; by default half of what is free.
    device : torch.device
        Where they are trained.

    Raises
    ------
    InputError
        Not even two fit: no model is trained alone.
    """
    limit = free(device) // 2 if memory is None else memory
    least = 2 * each  # a model alone is trained beside its twin
    if least > limit:
        raise InputError(
            f"too little memory: two models, the least that is trained at once, take about"
            f" {_mib(least)} MiB, and {_mib(limit)} MiB may be used: choose a smaller model or"
            " batch (--model mlp-s, --set training.batch_size=32), or allow more (--memory)"
        )
    if device.type == "cpu":
        limit = max(least, min(limit, _COMFORTABLE))
    count = limit // each
    for start in range(0, len(indices), count):
        yield list(indices[start : start + count])


def _mib(count: int) -> int:
    return -(-count // (1 << 20))

"""Chunks: an ensemble cut into parts that fit into memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from crosscurrent.knowledge.errors import InputError

from ..machine.memory import free_bytes, mib
from .per_example import layered

if TYPE_CHECKING:
    from .architectures import Architecture
    from .spec import Schedule, TrainingHooks

__all__ = ["LEAST", "allowed", "footprint", "free", "grouped", "require"]

LEAST = 2
"""A model alone is trained beside its twin."""

_COPIES = 5
"""Parameters, gradients, two moments of the optimizer, and one temporary."""
_ACTIVATIONS = 6
"""Each layer's output, its gradient and temporaries of the batched program."""
_PER_EXAMPLE = 3
"""One gradient for each example, and temporaries while their norms are taken."""
_COMFORTABLE = 256 << 20
"""Larger chunks fall out of the processor's caches and are not faster."""


def footprint(
    architecture: Architecture, schedule: Schedule, method: TrainingHooks, records: int
) -> int:
    """Return about how many bytes one model takes while it is trained.

    Parameters
    ----------
    architecture : Architecture
        What it looks like.
    schedule : Schedule
        How many batches there are, and of how many records.
    method : TrainingHooks
        Whether examples' gradients are clipped one by one.
    records : int
        How many records train it.
    """
    width = schedule.width(records)
    model = architecture.build(0).eval()
    by_layer = layered(model)
    outputs: list[int] = []

    def note(_: nn.Module, __: object, out: object) -> None:
        if isinstance(out, Tensor):
            outputs.append(out.numel())

    for part in model.modules():
        part.register_forward_hook(note)
    with torch.no_grad():
        model(torch.zeros((1, *architecture.shape)))
    record = math.prod(architecture.shape)
    parameters = architecture.parameters
    numbers = (
        parameters * _COPIES
        + width * (record * 3 + sum(outputs) * _ACTIVATIONS)
        + schedule.updates * width * 3  # the plan: an index of eight bytes and a weight
        + (parameters * width * _PER_EXAMPLE if method.privacy and not by_layer else 0)
    )
    return numbers * 4


def free(device: torch.device) -> int:
    """Return the bytes that are free on a device."""
    return int(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else free_bytes()


def allowed(memory: int | None, device: torch.device) -> int:
    """Return how many bytes may be used: what was allowed, as far as it is there."""
    return free(device) // 2 if memory is None else min(memory, free(device))


def require(each: int, held: int, memory: int | None, device: torch.device) -> None:
    """Make sure that the least that is trained at once fits beside what is held meanwhile.

    Parameters
    ----------
    each : int
        Bytes that one model takes while it is trained.
    held : int
        Bytes of the data and of what is measured on it.
    memory : int, optional
        Bytes that may be used at once; by default half of what is free.
    device : torch.device
        Where models are trained.

    Raises
    ------
    InputError
        It does not fit.
    """
    limit = allowed(memory, device)
    if held + LEAST * each > limit:
        raise InputError(
            f"too little memory: the data, and what is measured on it, take about {mib(held)} MiB,"
            f" {LEAST} models, the least that is trained at once, {mib(LEAST * each)} MiB, and"
            f" {mib(limit)} MiB may be used: choose a smaller model or batch (--model mlp-s, --set"
            " training.batch_size=32) or fewer records, or allow more (--memory)"
        )


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
        Bytes that a chunk may take; by default half of what is free. `LEAST` models are trained
        at once even so: see `require`.
    device : torch.device
        Where they are trained.
    """
    limit = allowed(memory, device)
    if device.type == "cpu":
        limit = min(limit, _COMFORTABLE)
    count = max(LEAST, limit // each)
    for start in range(0, len(indices), count):
        yield list(indices[start : start + count])

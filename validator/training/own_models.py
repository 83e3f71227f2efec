"""A user's own model as a part of an ensemble: its layers, its output, and its random numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .replacements import BatchNorm, ForwardPass, replaced

__all__ = ["DRAW", "Adaptation", "OwnModel", "logits_of"]

DRAW = "draw"
"""Name of the buffer that decides what a model draws while it learns."""
_FIELD = "logits"
"""Name of the field of an output that holds the logits, where there are several."""


@dataclass(frozen=True)
class Adaptation:
    """What it takes to make a user's own model a part of an ensemble.

    Attributes
    ----------
    wrapped : bool
        Whether it takes anything at all.
    one_by_one : str
        Why its models are trained one after the other; empty if they are trained side by side.
    """

    wrapped: bool = False
    one_by_one: str = ""

    def adapted(self, model: nn.Module, classes: int) -> nn.Module:
        """Return a model as a part of an ensemble."""
        if not self.wrapped:
            return model
        return OwnModel(model, classes, alone=bool(self.one_by_one))


class OwnModel(nn.Module):
    """Runs a user's own model with random numbers of its own, and returns logits.

    Parameters
    ----------
    inner : Module
        The user's.
    classes : int
        How many logits there should be.
    alone : bool
        Whether it is never batched, so that torch's own random numbers can be its own.
    """

    draw: Tensor

    def __init__(self, inner: nn.Module, classes: int, *, alone: bool) -> None:
        super().__init__()
        self.shared = ForwardPass()
        self.inner = replaced(inner, self.shared)
        self.classes, self.alone = classes, alone
        self.register_buffer(DRAW, torch.zeros((), dtype=torch.int64))
        for name, layer in self.named_modules():
            if isinstance(layer, BatchNorm):
                layer.name = name

    def forward(self, x: Tensor) -> Tensor:
        """Return logits: (records, classes)."""
        if not self.training:
            return logits_of(self.inner(x), len(x), self.classes)
        self.shared.draw = self.draw
        try:
            with self._random(x):
                return logits_of(self.inner(x), len(x), self.classes)
        finally:
            self.shared.draw = None

    @contextmanager
    def _random(self, x: Tensor) -> Iterator[None]:
        """Make torch's own random numbers, too, those of this model, where it runs alone."""
        if not self.alone:
            yield
            return
        with torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
            torch.manual_seed(int(self.draw))
            yield


def logits_of(given: object, records: int, classes: int) -> Tensor:
    """Return the logits in what a model returns.

    Parameters
    ----------
    given : object
        Logits (records, classes); of two classes also one logit for the second, (records,) or
        (records, 1), as for a binary cross-entropy; a tuple or list that begins with them; or a
        mapping with a field ``logits``, or with one field.
    records, classes : int
        How many there are.

    Raises
    ------
    TypeError, ValueError
        It is none of these.
    """
    if isinstance(given, Mapping):
        if _FIELD not in given and len(given) != 1:
            fields = ", ".join(map(str, given)) or "none"
            raise ValueError(f"returns fields ({fields}), and none is named {_FIELD}")
        given = given[_FIELD] if _FIELD in given else next(iter(given.values()))
    elif isinstance(given, tuple | list) and given:
        given = given[0]
    if not isinstance(given, Tensor):
        raise TypeError(f"returns {type(given).__name__}, expected logits ({records}, {classes})")
    shape = tuple(given.shape)
    if classes == 2 and shape in ((records,), (records, 1)):
        one = given.reshape(records, 1)
        return torch.cat([torch.zeros_like(one), one], dim=1)
    if shape != (records, classes):
        raise ValueError(f"gives {shape} for {records} records, expected ({records}, {classes})")
    return given

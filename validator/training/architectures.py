"""Architectures: perceptrons and small convolutional networks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from crosscurrent.knowledge.errors import InputError, UnknownName

from .randomness import derive

__all__ = ["CAPACITIES", "Architecture", "fitting", "ours", "unlike"]

CAPACITIES: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "mlp": {"s": (32,), "m": (64, 64), "l": (128, 128), "xl": (256, 256, 256)},
    "cnn": {"s": (4, 8), "m": (8, 16), "l": (16, 32), "xl": (32, 64)},
}
"""Widths of the hidden layers (perceptrons) or channels (convolutional nets), by capacity."""


@dataclass(frozen=True)
class Architecture:
    """What every model of an experiment looks like.

    Parameters
    ----------
    name : str
        Such as ``mlp-m``, or the import path of a user's own module.
    shape : tuple of int
        Of one record: (attributes,) or (channels, height, width).
    classes : int
        Number of outputs (logits).
    """

    name: str
    shape: tuple[int, ...]
    classes: int
    _build: Callable[[], nn.Module]
    code: str = ""
    """Digest of what a user's own module does; empty for ours."""
    one_by_one: str = ""
    """Why such models are trained one after the other; empty if they are side by side."""
    mixing: str = ""
    """A layer by which a record's gradient depends on the others in its batch; empty if none."""

    def build(self, seed: int) -> nn.Module:
        """Return a freshly initialised model; the global random state is left as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(seed, "initialisation"))
            return self._build()

    @property
    def operations(self) -> Hashable | None:
        """Equal for models of ours that do the same; None for others, which may do anything."""
        build = self._build
        if isinstance(build, partial) and build.func in (_perceptron, _convolutional):
            return (build.func, *build.args)
        return None

    @property
    def parameters(self) -> int:
        """How many parameters of one model are trained."""
        return sum(p.numel() for p in self.build(0).parameters() if p.requires_grad)


def ours(name: str, shape: tuple[int, ...], classes: int) -> Callable[[], nn.Module]:
    """Return what builds one of our models; it can be sent to other processes.

    Raises
    ------
    InputError
        No such model, or it does not fit the shape of the records.
    """
    family, _, capacity = name.partition("-")
    widths = CAPACITIES.get(family, {}).get(capacity or "m")
    if widths is None:
        known = [f"{kind}-{size}" for kind, sizes in CAPACITIES.items() for size in sizes]
        raise UnknownName("model", name, known)
    if family == "mlp":
        return partial(_perceptron, shape, classes, widths)
    if not _image(shape):
        raise InputError(
            f"model {name} needs images of 4 × 4 pixels or more; these records have shape"
            f" {shape} (use mlp-m)"
        )
    return partial(_convolutional, shape, classes, widths)


def fitting(shape: tuple[int, ...], classes: int, capacities: Sequence[str]) -> list[Architecture]:
    """Return our architectures of some capacities that fit the shape of the records."""
    families = CAPACITIES if _image(shape) else ["mlp"]
    names = [f"{family}-{capacity}" for family in families for capacity in capacities]
    return [Architecture(name, shape, classes, ours(name, shape, classes)) for name in names]


def unlike(one: Architecture) -> str:
    """Return the name of an architecture of ours that fits the same records and is another."""
    if _image(one.shape):
        return "mlp-m" if one.name.startswith("cnn") else "cnn-m"
    return "mlp-l" if one.name == "mlp-s" else "mlp-s"


def _image(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and min(shape[1:]) >= 4


def _perceptron(shape: tuple[int, ...], classes: int, widths: Sequence[int]) -> nn.Module:
    layers: list[nn.Module] = [nn.Flatten()]
    before = int(torch.Size(shape).numel())
    for width in widths:
        layers += [nn.Linear(before, width), nn.ReLU()]
        before = width
    return nn.Sequential(*layers, nn.Linear(before, classes))


def _convolutional(shape: tuple[int, ...], classes: int, widths: Sequence[int]) -> nn.Module:
    channels, height, width = shape
    first, second = widths
    flat = second * ((height + 1) // 2) * ((width + 1) // 2)
    return nn.Sequential(
        nn.Conv2d(channels, first, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(first, second, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(flat, classes),
    )

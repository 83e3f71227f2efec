"""Look-up of architectures by name: built in, or a user's own module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from torch import nn

from crosscurrent.knowledge.errors import InputError

from ..imports import by_path
from .architectures import CAPACITIES, Architecture, ours
from .behaviour import behaviour
from .checks import check_model
from .own_models import Adaptation

__all__ = ["CAPACITIES", "Architecture", "architecture"]


def architecture(name: str, shape: Sequence[int], classes: int, *, batch: int = 3) -> Architecture:
    """Find an architecture, and find out how a user's own models can be trained.

    Parameters
    ----------
    name : str
        ``mlp-s`` to ``mlp-xl``, ``cnn-s`` to ``cnn-xl`` (images only), or ``package.module:Class``:
        a `torch.nn.Module` that is called with the shape of a record and the number of classes,
        found as Python finds modules, the folder where the command is run included.
    shape : sequence of int
        Of one record.
    classes : int
        Number of classes.
    batch : int
        How many records it is tried out on.

    Raises
    ------
    InputError
        No such architecture, or it does not fit the data, or it cannot be trained.
    """
    size = tuple(int(n) for n in shape)
    if ":" not in name:  # ours need no trial, which takes seconds: tests make it
        return Architecture(name, size, classes, ours(name, size, classes))
    _imported(name)  # what cannot be imported is said before it is built

    def own(adaptation: Adaptation) -> Architecture:
        return Architecture(name, size, classes, partial(_built, name, size, classes, adaptation))

    found = check_model(own(Adaptation()), batch, own)
    return replace(found, code=behaviour(found))


def _built(path: str, shape: tuple[int, ...], classes: int, adaptation: Adaptation) -> nn.Module:
    """Build a user's own model, found by its path in whichever process this is."""
    model = _imported(path)(shape, classes)
    # what torch.compile gives cannot be batched; what it was given does the same
    return adaptation.adapted(getattr(model, "_orig_mod", model), classes)


def _imported(path: str) -> Callable[..., nn.Module]:
    kind = by_path(path, f"model {path}", here=True)
    if not callable(kind):
        name = path.partition(":")[2]
        raise InputError(f"model {path}: {name} should be a torch.nn.Module class or a function")
    built: Callable[..., nn.Module] = kind
    return built

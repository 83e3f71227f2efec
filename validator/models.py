"""Architectures: perceptrons and small convolutional nets at four capacities, or a user's own."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from knowledge.errors import InputError, UnknownName

from .randomness import derive

__all__ = ["CAPACITIES", "Architecture", "architecture"]

CAPACITIES: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "mlp": {"s": (32,), "m": (64, 64), "l": (128, 128), "xl": (256, 256, 256)},
    "cnn": {"s": (4, 8), "m": (8, 16), "l": (16, 32), "xl": (32, 64)},
}
"""Widths of the hidden layers (perceptrons) or channels (convolutional nets), by capacity."""

_MIXES_RECORDS = (nn.modules.batchnorm._BatchNorm,)
_DRAWS = (nn.modules.dropout._DropoutNd, nn.RNNBase)


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
    source: str = ""
    """Digest of a user's own module's file; empty for ours."""

    def build(self, seed: int) -> nn.Module:
        """Return a freshly initialised model; the global random state is left as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(seed, "initialisation"))
            return self._build()

    @property
    def parameters(self) -> int:
        """How many parameters one model has."""
        return sum(p.numel() for p in self.build(0).parameters())


def architecture(name: str, shape: Sequence[int], classes: int) -> Architecture:
    """Find an architecture and make sure that it can be trained as an ensemble.

    Parameters
    ----------
    name : str
        ``mlp-s`` to ``mlp-xl``, ``cnn-s`` to ``cnn-xl`` (images only), or ``package.module:Class``:
        a `torch.nn.Module` that is called with the shape of a record and the number of classes.
    shape : sequence of int
        Of one record.
    classes : int
        Number of classes.

    Raises
    ------
    InputError
        No such architecture, or it does not fit the data, or it cannot be batched.
    """
    size = tuple(int(n) for n in shape)
    build = _builder(name, size, classes)
    found = Architecture(name, size, classes, build, _source(name) if ":" in name else "")
    _try_out(found)
    return found


def _builder(name: str, shape: tuple[int, ...], classes: int) -> Callable[[], nn.Module]:
    if ":" in name:
        kind = _imported(name)
        return lambda: kind(shape, classes)
    family, _, capacity = name.partition("-")
    widths = CAPACITIES.get(family, {}).get(capacity or "m")
    if widths is None:
        known = [f"{kind}-{size}" for kind, sizes in CAPACITIES.items() for size in sizes]
        raise UnknownName("model", name, known)
    if family == "mlp":
        return lambda: _perceptron(shape, classes, widths)
    if len(shape) != 3 or min(shape[1:]) < 4:
        raise InputError(
            f"model {name} needs images of 4 × 4 pixels or more; these records have shape"
            f" {shape} (use mlp-m)"
        )
    return lambda: _convolutional(shape, classes, widths)


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


def _imported(path: str) -> Callable[..., nn.Module]:
    module, _, name = path.partition(":")
    try:
        kind = getattr(importlib.import_module(module), name)
    except Exception as error:
        raise InputError(f"model {path}: cannot import it: {_said(error)}") from error
    if not callable(kind):
        raise InputError(f"model {path}: {name} should be a torch.nn.Module class or a function")
    built: Callable[..., nn.Module] = kind
    return built


def _source(path: str) -> str:
    """Return a digest of the file that a user's own model is in, so that a change is noticed."""
    file = importlib.import_module(path.partition(":")[0]).__file__
    if file is None:
        return ""
    with open(file, "rb") as code:
        return hashlib.sha256(code.read()).hexdigest()


def _try_out(found: Architecture) -> None:
    """Run one batched training step, so that what cannot be batched is refused at once."""
    from torch.func import functional_call, grad, stack_module_state, vmap

    try:
        models = [found.build(seed) for seed in (0, 1)]
    except Exception as error:
        raise InputError(
            f"model {found.name}: cannot be built with shape {found.shape} and"
            f" {found.classes} classes: {_said(error)}"
        ) from error
    for model in models:
        if not isinstance(model, nn.Module):
            raise InputError(f"model {found.name}: gives a {type(model).__name__}, not a module")
        for name, part in model.named_modules():
            if isinstance(part, _MIXES_RECORDS):
                raise _mixing(found, f"{name} ({type(part).__name__})")
            if isinstance(part, _DRAWS):
                raise InputError(
                    f"model {found.name}: {name} ({type(part).__name__}) cannot be trained as part"
                    " of an ensemble: leave it out"
                )
    if not any(True for _ in models[0].parameters()):
        raise InputError(f"model {found.name}: has no parameters to train")

    def loss(parameters: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor) -> Tensor:
        logits = functional_call(models[0], (parameters, buffers), (x,))
        if tuple(logits.shape) != (3, found.classes):
            raise InputError(
                f"model {found.name}: gives {tuple(logits.shape)} for 3 records, expected"
                f" (3, {found.classes})"
            )
        total: Tensor = logits.square().sum()
        return total

    try:
        parameters, buffers = stack_module_state(models)
        vmap(grad(loss))(parameters, buffers, torch.zeros((2, 3, *found.shape)))
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"model {found.name}: cannot be trained as part of an ensemble: {_said(error)}"
        ) from error
    _keeps_no_state(found, found.build(0))
    _keeps_records_apart(found, found.build(0))


def _keeps_records_apart(found: Architecture, model: nn.Module) -> None:
    """Refuse a model whose answer for a record depends on the others in the batch."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn((3, *found.shape), generator=draw)
    with torch.no_grad():
        together, alone = model(x), torch.cat([model(each[None]) for each in x])
    if not torch.allclose(together, alone, rtol=1e-3, atol=1e-4):
        raise _mixing(found, "its forward pass")


def _keeps_no_state(found: Architecture, model: nn.Module) -> None:
    """Refuse a model that counts or remembers in Python: its forward pass is recorded only once."""

    def state() -> list[tuple[str, dict[str, object]]]:
        kinds = (bool, int, float, str, bytes, tuple, type(None))
        return [
            (name, {k: v for k, v in vars(part).items() if isinstance(v, kinds)})
            for name, part in model.named_modules()
        ]

    x = torch.zeros((2, *found.shape))
    with torch.no_grad():
        first = model(x)
        before = state()
        later = [model(x) for _ in range(2)]
    changed = [
        f"{name or 'it'}.{key}"
        for (name, old), (_, new) in zip(before, state(), strict=True)
        for key in new
        if key not in old or new[key] != old[key]
    ]
    if changed or not all(torch.equal(first, each) for each in later):
        what = f" ({changed[0]} changes)" if changed else ""
        raise InputError(
            f"model {found.name}: its forward pass depends on what was run before{what}; it is"
            " recorded once and replayed, so it should depend on nothing but parameters and records"
        )


def _mixing(found: Architecture, what: str) -> InputError:
    return InputError(
        f"model {found.name}: {what} mixes the records of a batch, so one record's gradient is not"
        " defined: use GroupNorm or LayerNorm"
    )


def _said(error: Exception) -> str:
    """Return the first line of an error, with its kind."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"

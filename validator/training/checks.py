"""Trying a model out before it is trained, so that what cannot be batched is refused at once."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from crosscurrent.knowledge.errors import InputError

from .architectures import Architecture

__all__ = ["FAILURES", "behaviour", "check_model", "failed", "said"]

_MIXES_RECORDS = (nn.modules.batchnorm._BatchNorm,)
FAILURES = (Exception, SystemExit)
"""What a user's own code may raise."""


def check_model(found: Architecture, batch: int) -> None:
    """Build models and run one batched training step.

    Parameters
    ----------
    found : Architecture
        What is tried out.
    batch : int
        On how many records.

    Raises
    ------
    InputError
        Something cannot be done; the message says what and why.
    """
    try:
        models = [found.build(seed) for seed in (0, 1)]
    except FAILURES as error:
        raise InputError(
            f"model {found.name}: cannot be built with shape {found.shape} and"
            f" {found.classes} classes: {said(error)}"
        ) from error
    for model in models:
        if not isinstance(model, nn.Module):
            raise InputError(f"model {found.name}: gives a {type(model).__name__}, not a module")
        for name, part in model.named_modules():
            if isinstance(part, _MIXES_RECORDS):
                raise _mixing(found, f"{name} ({type(part).__name__})")
            if why := _unbatched(part):
                raise InputError(
                    f"model {found.name}: {name} ({type(part).__name__}) cannot be trained as part"
                    f" of an ensemble, since it {why}: leave it out"
                )
    if not any(each.requires_grad for each in models[0].parameters()):
        raise InputError(f"model {found.name}: has no parameters to train")

    def loss(parameters: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor) -> Tensor:
        logits = functional_call(models[0], (parameters, buffers), (x,))
        if tuple(logits.shape) != (batch, found.classes):
            raise InputError(
                f"model {found.name}: gives {tuple(logits.shape)} for {batch} records, expected"
                f" ({batch}, {found.classes})"
            )
        total: Tensor = logits.square().sum()
        return total

    try:
        parameters, buffers = stack_module_state(models)
        vmap(grad(loss))(parameters, buffers, torch.zeros((2, batch, *found.shape)))
    except InputError:
        raise
    except FAILURES as error:
        raise InputError(
            f"model {found.name}: cannot be trained as part of an ensemble: {said(error)}"
        ) from error
    _starts_as_told(found)
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


def _unbatched(part: nn.Module) -> str | None:
    """Say why a layer cannot be part of an ensemble, if it cannot."""
    if isinstance(part, nn.modules.dropout._DropoutNd) and part.p > 0:
        return "draws random numbers in the forward pass"
    if isinstance(part, nn.RNNBase):
        return "has no batched gradient in torch"
    return None


def _starts_as_told(found: Architecture) -> None:
    """Refuse a model that the same seed does not start the same way: arms would not be matched."""
    pairs = zip(_state(found.build(0)), _state(found.build(0)), strict=True)
    for (name, one), (_, other) in pairs:
        if not torch.equal(one, other):
            raise InputError(
                f"model {found.name}: {name} starts differently each time: initialise it by torch's"
                " random numbers, which the seed sets"
            )


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
        if not torch.isfinite(first).all():
            raise InputError(f"model {found.name}: gives numbers that are not finite")
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


def failed(name: str, error: BaseException) -> InputError:
    """Return what to raise where the forward pass of a user's own model failed."""
    return InputError(f"model {name}: its forward pass failed: {said(error)}")


def said(error: BaseException) -> str:
    """Return the first line of an error, with its kind."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def behaviour(found: Architecture) -> str:
    """Return a digest of what a user's own model does, wherever its code is: it tells changes.

    It covers how the model starts, and every operation of its forward pass.
    """
    model = found.build(0)
    with torch.no_grad():
        program = make_fx(model)(torch.zeros((3, *found.shape)))
    sha = hashlib.sha256(program.code.encode())
    state = [*_state(model), *program.named_buffers(), *program.named_parameters()]
    for name, value in state:
        sha.update(f"{name} {tuple(value.shape)} {value.dtype} {value.requires_grad}".encode())
        sha.update(value.detach().numpy().tobytes())
    return sha.hexdigest()


def _state(model: nn.Module) -> list[tuple[str, Tensor]]:
    return [*model.named_parameters(), *model.named_buffers()]

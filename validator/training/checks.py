"""Trying a user's own model out before it is trained: how it is trained, or why it cannot be."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from crosscurrent.knowledge.errors import InputError

from ..imports import FAILURES, said
from .architectures import Architecture
from .failures import failed, quiet
from .own_models import Adaptation, OwnModel, fresh, logits_of
from .replacements import BatchNorm
from .state_checks import (
    is_told_by_its_state,
    keeps_no_state,
    learns_by_its_state,
    starts_as_told,
)

__all__ = ["check_model"]

_REASONS = {
    "random operation": "it draws random numbers outside of dropout layers",
    ".item()": "it takes single numbers out of tensors",
    "control flow": "what it does depends on the values of records",
    "data-dependent": "what it does depends on the values of records",
    "batching rule": "torch has no batched form of one of its operations",
    "performance drop": "torch has no batched form of one of its operations",
}
"""Why models cannot be batched, by a sign in torch's message."""
_FAR = 100.0
"""How far from zero attributes are that show what a model's last layer can give."""


def check_model(
    found: Architecture, batch: int, adapt: Callable[[Adaptation], Architecture] | None = None
) -> Architecture:
    """Build models, and take a step of training with them.

    Parameters
    ----------
    found : Architecture
        What is tried out.
    batch : int
        On how many records.
    adapt : callable, optional
        Gives the same models as a part of an ensemble; by default they are one as they are.

    Returns
    -------
    Architecture
        As it is trained: side by side, or one model after the other where that cannot be.

    Raises
    ------
    InputError
        Something cannot be done; the message says what and why.
    """
    models = _built(found)
    with torch.random.fork_rng(devices=[]):
        try:
            wrapped = _needs_wrapping(models[0], found, batch)
            if wrapped and adapt:
                found = adapt(Adaptation(wrapped=True))
            why = _cannot_be_batched(found, batch)
            if why and adapt:
                found = replace(adapt(Adaptation(True, why)), one_by_one=why)
                why = _cannot_be_trained(found, batch)
            _require(not why, found, f"cannot be trained: {why}")
            starts_as_told(found)
            is_told_by_its_state(found)
            keeps_no_state(found, found.build(0).eval())
            learns_by_its_state(found, found.build(0).train(), batch)
            _keeps_records_apart(found, found.build(0).eval())
            _gives_logits(found, found.build(0).eval())
            mixing = _mixing(found)
        except InputError:
            raise
        except FAILURES as error:
            raise failed(found.name, error) from error
        return replace(found, mixing=mixing)


def _require(holds: bool, found: Architecture, message: str) -> None:
    if not holds:
        raise InputError(f"model {found.name}: {message}")


def _built(found: Architecture) -> list[nn.Module]:
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
        if isinstance(model, torch.jit.ScriptModule):
            raise InputError(f"model {found.name}: is compiled by TorchScript: give it as it was")
    if any(isinstance(each, nn.UninitializedParameter) for each in models[0].parameters()):
        raise InputError(
            f"model {found.name}: has lazy layers, whose size is not known before they are run:"
            " give it (nn.Linear instead of nn.LazyLinear)"
        )
    if not any(each.requires_grad for each in models[0].parameters()):
        raise InputError(f"model {found.name}: has no parameters to train")
    return models


def _needs_wrapping(model: nn.Module, found: Architecture, batch: int) -> bool:
    """Whether a model draws or keeps statistics, or returns something else than logits."""
    kinds = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._BatchNorm)
    if any(isinstance(part, kinds) and getattr(part, "p", 1) for part in model.modules()):
        return True
    wrapped = False
    for learning in (False, True):
        model.train(learning)
        with torch.no_grad():
            given = model(torch.zeros((batch, *found.shape)))
        try:
            wrapped |= logits_of(given, batch, found.classes) is not given
        except (TypeError, ValueError) as error:
            raise InputError(f"model {found.name}: {error}") from error
    return wrapped


def _states(found: Architecture) -> tuple[nn.Module, dict[str, Tensor], dict[str, Tensor]]:
    models = [found.build(seed) for seed in (0, 1)]
    return models[0].train(), *stack_module_state(models)


def _step(found: Architecture, model: nn.Module) -> Callable[..., object]:
    def loss(parameters: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor) -> Tensor:
        logits = functional_call(model, (parameters, buffers), (x,))
        if tuple(logits.shape) != (len(x), found.classes):
            raise InputError(
                f"model {found.name}: gives {tuple(logits.shape)} for {len(x)} records, expected"
                f" ({len(x)}, {found.classes})"
            )
        total: Tensor = logits.square().sum()
        return total

    return grad(loss)


def _cannot_be_batched(found: Architecture, batch: int) -> str:
    """Say why models cannot be trained side by side; empty if they can."""
    model, parameters, buffers = _states(found)
    for name, part in model.named_modules():
        if isinstance(part, nn.RNNBase):
            name = name.removeprefix("inner.")
            return f"torch has no batched gradient of {name} ({type(part).__name__})"
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # what torch says of operations that it does not batch
            warnings.filterwarnings("error", message="There is a performance drop")
            vmap(_step(found, model))(parameters, buffers, _example(found, batch))
            # the forward pass is recorded, so nothing in it may depend on the records' values
            make_fx(vmap(_step(found, model)), tracing_mode="fake", _allow_non_fake_inputs=True)(
                parameters, buffers, _example(found, batch)
            )
    except InputError:
        raise
    except FAILURES as error:
        return next((told for sign, told in _REASONS.items() if sign in str(error)), said(error))
    return ""


def _example(found: Architecture, batch: int) -> Tensor:
    return torch.zeros((2, batch, *found.shape))


def _cannot_be_trained(found: Architecture, batch: int) -> str:
    """Say why a model cannot be trained at all; empty if it can."""
    model, parameters, buffers = _states(found)
    one, kept = ({k: v[0] for k, v in state.items()} for state in (parameters, buffers))
    try:
        _step(found, model)(one, kept, _example(found, batch)[0])
    except InputError:
        raise
    except FAILURES as error:
        return said(error)
    return ""


def _mixing(found: Architecture) -> str:
    """Say what mixes the records of a batch as a model learns; empty if nothing does.

    A model that draws by itself cannot be looked at so, but its records' gradients cannot be taken
    either.
    """
    model, x = found.build(0).train(), found.example(3)
    layers = [
        f"{name.removeprefix('inner.')} ({type(part).__name__})"
        for name, part in model.named_modules()
        if isinstance(part, BatchNorm | nn.modules.batchnorm._BatchNorm) and part.training
    ]
    try:
        with torch.no_grad():
            together, alone = (fresh(model)(rows) for rows in (x, x[:1]))
    except ValueError:  # of one record there is no variance
        return (layers or ["its forward pass"])[0]
    if found.one_by_one or torch.allclose(together[:1], alone, rtol=1e-3, atol=1e-4):
        return layers[0] if layers and found.one_by_one else ""
    return (layers or ["its forward pass"])[0]


def _keeps_records_apart(found: Architecture, model: nn.Module) -> None:
    """Refuse a model whose answer for a record depends on the others that are asked about."""
    x = found.example(3)
    for rows in (x, 2 * x - 1):
        with torch.no_grad():
            try:
                together, alone = model(rows), torch.cat([model(each[None]) for each in rows])
            except FAILURES:
                if rows is x:
                    raise
                continue  # it may take no negative numbers
        finite = bool(torch.isfinite(together).all())
        _require(finite or rows is not x, found, "gives numbers that are not finite")
        _require(
            torch.allclose(together, alone, rtol=1e-3, atol=1e-4, equal_nan=True),
            found,
            "its forward pass mixes the records of a batch in evaluation, too, so what it answers"
            " about one depends on the others: use GroupNorm or LayerNorm",
        )


def _gives_logits(found: Architecture, model: nn.Module) -> None:
    """Refuse a model that gives probabilities: their softmax is never sure of anything."""
    x = 2 * found.example(8) - 1
    with torch.no_grad():
        try:
            given = torch.cat([model(x), model(_FAR * x)])
        except FAILURES:  # it may take no such numbers: codes of an embedding, say
            return
    if isinstance(model, OwnModel) and found.classes == 2 and not given[:, 0].any():
        given = given[:, 1:]  # of a single output, beside which a zero was put
    within = bool((given >= 0).all() and (given <= 1).all())
    summed = torch.allclose(given.sum(1), torch.ones(len(given)), atol=1e-3)
    sure = bool(given.max() > 0.5)
    if within and (summed or sure):
        last = "softmax" if summed and found.classes > 1 and given.shape[1] > 1 else "sigmoid"
        raise InputError(
            f"model {found.name}: gives probabilities, expected logits: leave the {last} at its"
            " end out"
        )

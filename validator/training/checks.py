"""Trying a user's own model out before it is trained: how it is trained, or why it cannot be."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from crosscurrent.knowledge.errors import InputError

from .architectures import Architecture
from .own_models import DRAW, Adaptation, OwnModel, logits_of
from .replacements import BatchNorm

__all__ = ["FAILURES", "behaviour", "check_model", "failed", "quiet", "said"]

FAILURES = (Exception, SystemExit)
"""What a user's own code may raise."""
_REASONS = {
    "random operation": "it draws random numbers outside of dropout layers",
    ".item()": "it takes single numbers out of tensors",
    "control flow": "what it does depends on the values of records",
    "data-dependent": "what it does depends on the values of records",
    "batching rule": "torch has no batched form of one of its operations",
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
            _starts_as_told(found)
            _is_told_by_its_state(found)
            _keeps_no_state(found, found.build(0).eval())
            _keeps_records_apart(found, found.build(0).eval())
            _gives_logits(found, found.build(0).eval())
        except InputError:
            raise
        except FAILURES as error:
            raise failed(found.name, error) from error
        return replace(found, mixing=_mixing(found.build(0)))


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
    model.eval()
    with torch.no_grad():
        given = model(torch.zeros((batch, *found.shape)))
    model.train()
    try:
        logits = logits_of(given, batch, found.classes)
    except (TypeError, ValueError) as error:
        raise InputError(f"model {found.name}: {error}") from error
    return logits is not given


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
            warnings.simplefilter("error")  # what torch says of operations that it does not batch
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


def _mixing(model: nn.Module) -> str:
    """Return the name and kind of a layer that mixes the records of a batch as it learns."""
    kinds = (BatchNorm, nn.modules.batchnorm._BatchNorm)
    for name, part in model.named_modules():
        if isinstance(part, kinds):
            return f"{name.removeprefix('inner.')} ({type(part).__name__})"
    return ""


def _keeps_records_apart(found: Architecture, model: nn.Module) -> None:
    """Refuse a model whose answer for a record depends on the others that are asked about."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn((3, *found.shape), generator=draw)
    with torch.no_grad():
        together, alone = model(x), torch.cat([model(each[None]) for each in x])
    if not torch.allclose(together, alone, rtol=1e-3, atol=1e-4):
        raise InputError(
            f"model {found.name}: its forward pass mixes the records of a batch in evaluation, too,"
            " so what it answers about one depends on the others: use GroupNorm or LayerNorm"
        )


def _gives_logits(found: Architecture, model: nn.Module) -> None:
    """Refuse a model that gives probabilities: their softmax is never sure of anything."""
    draw = torch.Generator().manual_seed(1)
    x = torch.randn((8, *found.shape), generator=draw)
    with torch.no_grad():
        given = torch.cat([model(x), model(_FAR * x)])
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


def _starts_as_told(found: Architecture) -> None:
    """Refuse a model that the same seed does not start the same way: arms would not be matched."""
    pairs = zip(_state(found.build(0)), _state(found.build(0)), strict=True)
    for (name, one), (_, other) in pairs:
        if not torch.equal(one, other):
            raise InputError(
                f"model {found.name}: {name} starts differently each time: initialise it by torch's"
                " random numbers, which the seed sets"
            )


_PLAIN = (bool, int, float, complex, str, bytes, tuple, type(None))


def _place(where: str, name: str) -> str:
    """Name an attribute as its author knows it."""
    inside = where.removeprefix("inner").removeprefix(".")
    return f"{inside or 'it'}.{name}"


def _attributes(model: nn.Module) -> Iterator[tuple[str, object]]:
    """Yield what a model has beside its parameters and buffers, by name."""
    for where, part in model.named_modules():
        if part._forward_pre_hooks:  # such as those of pruning, which make a weight anew each time
            continue
        for name, value in vars(part).items():
            if isinstance(value, (*_PLAIN, Tensor)):
                yield _place(where, name), value


def _unseen(value: object) -> bool:
    """Whether a plain container holds layers or parameters, which PyTorch does not find there."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list | tuple | set):
        return False
    return any(isinstance(each, nn.Module | nn.Parameter) or _unseen(each) for each in value)


def _is_told_by_its_state(found: Architecture) -> None:
    """Refuse what differs from model to model and is no buffer: all have that of the first one."""
    for where, part in found.build(0).named_modules():
        for name, value in vars(part).items():
            if not name.startswith("_") and _unseen(value):
                raise InputError(
                    f"model {found.name}: {_place(where, name)} holds layers in a plain container,"
                    " where PyTorch does not see them: use nn.ModuleList or nn.ModuleDict"
                )
    pairs = zip(_attributes(found.build(0)), _attributes(found.build(1)), strict=True)
    for (name, one), (_, other) in pairs:
        if not _same(one, other):
            raise InputError(
                f"model {found.name}: {name} differs from model to model and is part of neither's"
                " state: register it as a buffer"
            )


def _same(one: object, other: object) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and bool((one == other).all())
    return type(one) is type(other) and bool(one == other or one != one)


def _keeps_no_state(found: Architecture, model: nn.Module) -> None:
    """Refuse a model that counts or remembers in Python: its forward pass is recorded only once."""

    def state() -> Mapping[str, object]:
        return {k: v for k, v in _attributes(model) if isinstance(v, _PLAIN)}

    x = torch.zeros((2, *found.shape))
    with torch.no_grad():
        first = model(x)
        if not torch.isfinite(first).all():
            raise InputError(f"model {found.name}: gives numbers that are not finite")
        before = state()
        later = [model(x) for _ in range(2)]
    after = state()
    changed = [name for name in after if name not in before or after[name] != before[name]]
    if changed or not all(torch.equal(first, each) for each in later):
        what = f" ({changed[0]} changes)" if changed else ""
        raise InputError(
            f"model {found.name}: its forward pass depends on what was run before{what}, or draws"
            " random numbers in evaluation, too; its answers should depend on nothing but"
            " parameters and records"
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to oneself what torch logs of a failure that is told anyway."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(before)


def failed(name: str, error: BaseException) -> InputError:
    """Return what to raise where the forward pass of a user's own model failed."""
    if isinstance(error, InputError):
        return error
    return InputError(f"model {name}: its forward pass failed: {said(error)}")


def said(error: BaseException) -> str:
    """Return the first line of an error, with its kind."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def behaviour(found: Architecture) -> str:
    """Return a digest of what a user's own model does, wherever its code is: it tells changes.

    It covers how the model starts, and every operation of its forward pass; where that cannot be
    recorded, what it answers about a few records instead.
    """
    sha = hashlib.sha256()
    model = found.build(0)
    if isinstance(model, OwnModel):
        sha.update(repr(model).encode())
    state = _state(model)
    for learning in (False, True) if isinstance(model, OwnModel) else (True,):
        model.train(learning)
        with torch.no_grad():
            try:
                program = make_fx(model)(torch.zeros((3, *found.shape)))
            except FAILURES:
                draw = torch.Generator().manual_seed(0)
                answers = model(torch.randn((3, *found.shape), generator=draw))
                state.append(("answers", answers))
                continue
        sha.update(program.code.encode())
        state += [*program.named_buffers(), *program.named_parameters()]
    for name, value in state:
        sha.update(f"{name} {tuple(value.shape)} {value.dtype} {value.requires_grad}".encode())
        sha.update(value.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()


def _state(model: nn.Module) -> list[tuple[str, Tensor]]:
    return [each for each in (*model.named_parameters(), *model.named_buffers()) if each[0] != DRAW]

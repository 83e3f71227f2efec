"""Digests of what a user's own model does, by which changes of it are noticed."""

from __future__ import annotations

import hashlib
import inspect
import sys
import warnings
from functools import partial

import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx

from ..imports import FAILURES
from .architectures import Architecture
from .failures import quiet
from .own_models import OwnModel, fresh, state_of

__all__ = ["behaviour"]


def behaviour(found: Architecture) -> str:
    """Return a digest of what a user's own model does, wherever its code is: it tells changes.

    It covers how the model starts, every operation of its answers, and every one of a step of
    training. Where these cannot be recorded, it covers what they give for a few records, and the
    source of the module that the model is imported from.
    """
    sha = hashlib.sha256()
    model = found.build(0)
    if isinstance(model, OwnModel):
        sha.update(repr(model).encode())
    state = state_of(model)
    for ask in (_answers, _gradients):
        try:
            with quiet(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                program = make_fx(partial(ask, model))(found.example(3))
        except FAILURES:
            state += [("given", each) for each in ask(fresh(model), found.example(3))]
            sha.update(_source(found))
            continue
        sha.update(program.code.encode())
        state += [*program.named_buffers(), *program.named_parameters()]
    for name, value in state:
        sha.update(f"{name} {tuple(value.shape)} {value.dtype} {value.requires_grad}".encode())
        sha.update(value.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()


def _answers(model: nn.Module, x: Tensor) -> list[Tensor]:
    model.eval()
    with torch.no_grad():
        return [model(x)]


def _gradients(model: nn.Module, x: Tensor) -> list[Tensor]:
    model.train()
    fresh(model)
    learned = [each for each in model.parameters() if each.requires_grad]
    with torch.enable_grad():
        total = model(x).square().sum()
        found = torch.autograd.grad(total, learned, allow_unused=True)
    return [each for each in found if each is not None]


def _source(found: Architecture) -> bytes:
    module = sys.modules.get(found.name.partition(":")[0])
    try:
        return inspect.getsource(module).encode() if module else b""
    except (OSError, TypeError):
        return b""

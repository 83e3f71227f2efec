"""Checks that a user's own model hangs on its state and its records, and on nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from crosscurrent.knowledge.errors import InputError

from .architectures import Architecture
from .own_models import fresh, state_of

__all__ = ["is_told_by_its_state", "keeps_no_state", "learns_by_its_state", "starts_as_told"]

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


def _unseen(value: object, seen: frozenset[int]) -> bool:
    """Whether a plain container holds layers or parameters that PyTorch does not find elsewhere."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list | tuple | set):
        return False
    return any(
        (isinstance(each, nn.Module | nn.Parameter) and id(each) not in seen) or _unseen(each, seen)
        for each in value
    )


_OF_MODULES = frozenset(vars(nn.Module()))
"""Attributes that every module has."""


def starts_as_told(found: Architecture) -> None:
    """Refuse a model that the same seed does not start the same way: arms would not be matched."""
    pairs = zip(state_of(found.build(0)), state_of(found.build(0)), strict=True)
    for (name, one), (_, other) in pairs:
        if not torch.equal(one, other):
            raise InputError(
                f"model {found.name}: {name} starts differently each time: initialise it by torch's"
                " random numbers, which the seed sets"
            )


def is_told_by_its_state(found: Architecture) -> None:
    """Refuse what differs from model to model and is no buffer: all have that of the first one."""
    model = found.build(0)
    seen = frozenset(map(id, (*model.modules(), *model.parameters())))
    for where, part in model.named_modules():
        for name, value in vars(part).items():
            if name not in _OF_MODULES and _unseen(value, seen):
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


def keeps_no_state(found: Architecture, model: nn.Module) -> None:
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


def learns_by_its_state(found: Architecture, model: nn.Module, batch: int) -> None:
    """Refuse a model that, as it learns, hangs on what is not in its state, or replaces a buffer.

    The forward pass is recorded once: what Python decides then is decided for all models and
    updates.
    """
    x, kept = found.example(batch), {k: v.clone() for k, v in model.named_buffers()}
    places = {name: id(value) for name, value in model.named_buffers()}
    plain = [(k, v) for k, v in _attributes(model) if isinstance(v, _PLAIN)]
    answers = []
    with _random_states_put_aside(), torch.no_grad():
        for seed in (0, 1):
            random.seed(seed)
            np.random.seed(seed)
            for name, value in model.named_buffers():
                value.copy_(kept[name])
            answers.append(fresh(model)(x))
            moved = [k for k, v in model.named_buffers() if id(v) != places.get(k)]
            if moved:
                raise InputError(
                    f"model {found.name}: replaces its buffer {moved[0]} as it learns, and that is"
                    " lost: change it in place (copy_, mul_, add_)"
                )
    after = [(k, v) for k, v in _attributes(model) if isinstance(v, _PLAIN)]
    if plain != after or not torch.equal(*answers):
        what = next(
            (f" ({a[0]} changes)" for b, a in zip(plain, after, strict=False) if a != b), ""
        )
        raise InputError(
            f"model {found.name}: as it learns, its forward pass depends on more than its state and"
            f" the records{what}: keep what changes in buffers, and draw by torch"
        )


@contextmanager
def _random_states_put_aside() -> Iterator[None]:
    """Leave Python's and NumPy's global random numbers as they were."""
    before = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])

"""The ensemble trainer: all models of an experiment, trained as one batched program.

Every model has its own records, initialisation, batch order and noise. What it learns depends on
these alone: not on the models trained beside it, nor on how the ensemble was cut into chunks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.func import grad

from crosscurrent.knowledge.errors import InputError

from .architectures import Architecture
from .batches import poisson, shuffled
from .chunks import footprint, grouped
from .ensembles import Ensemble, losses
from .own_models import DRAW
from .per_example import clipped
from .randomness import Streams
from .spec import Pool, Privacy, Schedule, TrainingHooks, TrainingRun

__all__ = ["Trained", "train"]

_BLOCK = 1 << 16
"""Parameters that the optimizer updates at once on a CPU. What it does is elementwise, so cutting
changes nothing; a block, its gradient and its moments stay in the cache, which takes a quarter of
the time for a hundred perceptrons. On a GPU each block would be kernels of its own."""


class Trained(NamedTuple):
    """Trained models.

    Attributes
    ----------
    models : Ensemble
        In the order they were asked for.
    seconds : tuple of float
        Wall time that each took, its share of what was trained side by side.
    """

    models: Ensemble
    seconds: tuple[float, ...]


def train(
    architecture: Architecture,
    pool: Pool,
    runs: Sequence[TrainingRun],
    schedule: Schedule,
    *,
    start: Ensemble | None = None,
    memory: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Trained:
    """Train all members, on the device that the pool is on.

    Parameters
    ----------
    architecture : Architecture
        What all of them look like.
    pool : Pool
        All records, on the device to train on.
    runs : sequence of TrainingRun
        One or more; the result keeps their order.
    schedule : Schedule
        The same for all of them.
    start : Ensemble, optional
        Models to go on from, one for each member; by default fresh ones.
    memory : int, optional
        Bytes that may be used at once, with at least two models; by default half of what is free.
    progress : callable
        Called with the number of models × updates done since the last call.

    Returns
    -------
    Trained
        The trained models, and what each took.

    Raises
    ------
    InputError
        Training diverged.
    """
    groups: dict[tuple[TrainingHooks, int], list[int]] = {}
    for i, run in enumerate(runs):
        width = schedule.width(len(run.records))
        groups.setdefault((run.method, width), []).append(i)
    chunks = [
        (method, chunk)
        for (method, _), indices in groups.items()
        for chunk in grouped(
            indices,
            footprint(architecture, schedule, method, len(runs[indices[0]].records)),
            memory,
            pool.x.device,
        )
    ]
    parts, order, seconds = [], [], [0.0] * len(runs)
    for method, chunk in chunks:
        started = perf_counter()
        chosen = [runs[i] for i in chunk]
        first = (
            Ensemble.fresh(architecture, [run.seed for run in chosen], pool.x.device)
            if start is None
            else start.only(chunk)
        )
        parts.append(_train(first, pool, chosen, method, schedule, progress))
        order += chunk
        for i in chunk:
            seconds[i] = (perf_counter() - started) / len(chunk)
    return Trained(Ensemble.joined(parts, order), tuple(seconds))


def _train(
    start: Ensemble,
    pool: Pool,
    runs: Sequence[TrainingRun],
    method: TrainingHooks,
    schedule: Schedule,
    progress: Callable[[int], None],
) -> Ensemble:
    if len(runs) == 1 and not start.architecture.one_by_one:
        # a batch of one goes through other kernels, which round differently: train a twin beside it
        pair = [runs[0], runs[0]]
        twins = start.only([0, 0])
        halved = _train(twins, pool, pair, method, schedule, lambda n: progress(n // 2))
        return halved.only([0])
    device = pool.x.device
    weights, ensemble = start.flattened()
    blocks = torch.split(weights, _BLOCK if device.type == "cpu" else len(weights))
    draws = Streams([run.seed for run in runs], device)
    plan = (poisson if schedule.sampling == "poisson" else shuffled)(runs, schedule, device)
    gradients = (
        _private_gradients(ensemble, method, method.privacy, schedule)
        if method.privacy
        else _gradients(ensemble, method, schedule)
    )
    inputs = ensemble.input_gradients()
    optimizer = _optimizer(blocks, schedule)
    for update in range(schedule.updates):
        _cool(optimizer, schedule, update)
        index, weight = plan.batch(update)
        x, y, z = pool.x[index], pool.y[index], pool.z[index]
        if DRAW in ensemble.buffers:
            ensemble.buffers[DRAW] = draws.integers()
        if method.inner:
            x = method.inner(inputs(y), x, (pool.low, pool.high), draws)
        with _moved(ensemble, weights, method.weight_noise, draws):
            found = gradients(x, y, z, weight, draws)
        gradient = torch.cat([each.flatten() for each in found])
        for block, its in zip(blocks, torch.split(gradient, len(blocks[0])), strict=True):
            block.grad = its
        optimizer.step()
        progress(len(runs))
    if not torch.isfinite(weights).all():
        raise InputError(
            "training diverged: parameters are not finite; lower the learning rate"
            " (--set training.learning_rate=0.001)"
        )
    return ensemble


@contextmanager
def _moved(ensemble: Ensemble, weights: Tensor, scale: float, draws: Streams) -> Iterator[None]:
    """Move all parameters by normal noise while this lasts."""
    if not scale:
        yield
        return
    kept = weights.clone()
    for each in ensemble.parameters.values():
        each += scale * draws.normal(each.shape[1:])
    yield
    weights.copy_(kept)


_Step = Callable[[Tensor, Tensor, Tensor, Tensor, Streams], Sequence[Tensor]]


def _gradients(ensemble: Ensemble, method: TrainingHooks, schedule: Schedule) -> _Step:
    """Return the gradients of the batch loss, stacked over models."""
    learner = ensemble.learner()

    def loss(
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        x: Tensor,
        y: Tensor,
        z: Tensor,
        weight: Tensor,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        learner.begin()
        forward = partial(learner, parameters, buffers)
        total = (losses(forward(x), y) * weight).sum() / schedule.batch
        for penalty in method.penalties:
            total = total + penalty(forward, x, y, z, weight)
        return total, learner.statistics()

    gradient = grad(loss, has_aux=True)
    added = tuple(penalty.operations for penalty in method.penalties)
    key = None if None in added else ("batch loss", schedule.batch, added)

    def of_one(*given: Any) -> Sequence[Tensor]:
        found, kept = gradient(*given)
        return (*found.values(), *kept)

    batched = ensemble.batched(of_one, key)

    def step(x: Tensor, y: Tensor, z: Tensor, weight: Tensor, _: Streams) -> Sequence[Tensor]:
        found = batched(x, y, z, weight)
        ensemble.buffers.update(zip(learner.keeps, found[len(ensemble.parameters) :], strict=True))
        return found[: len(ensemble.parameters)]

    return step


def _private_gradients(
    ensemble: Ensemble, method: TrainingHooks, privacy: Privacy, schedule: Schedule
) -> _Step:
    """Return clipped and noised sums of per-example gradients, over the expected batch size."""
    if method.penalties:
        raise InputError(
            "a penalty on whole batches cannot be combined with per-example clipping: one"
            " example's gradient is not defined for it"
        )
    sums = clipped(ensemble, privacy.clip)
    scale = privacy.clip * privacy.noise_multiplier

    def step(x: Tensor, y: Tensor, _: Tensor, weight: Tensor, draws: Streams) -> Sequence[Tensor]:
        with torch.no_grad():
            return [
                (total + scale * draws.normal(total.shape[1:])) / schedule.batch
                for total in sums(x, y, weight)
            ]

    return step


def _optimizer(blocks: Sequence[Tensor], schedule: Schedule) -> torch.optim.Optimizer:
    """Return a torch optimizer: elementwise, so that stacking models changes nothing.

    Its fused kernels round differently at the end of a tensor, so they are not used.
    """
    rate, decay = schedule.learning_rate, schedule.weight_decay
    if schedule.optimizer == "adam":
        return torch.optim.Adam(blocks, lr=rate, weight_decay=decay, foreach=False)
    return torch.optim.SGD(blocks, lr=rate, weight_decay=decay, momentum=0.9, foreach=False)


def _cool(optimizer: torch.optim.Optimizer, schedule: Schedule, update: int) -> None:
    if schedule.cosine:
        share = (1 + math.cos(math.pi * update / schedule.updates)) / 2
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate * share

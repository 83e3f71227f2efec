"""The ensemble trainer: all models of an experiment, trained as one batched program.

Every model has its own records, initialisation, batch order and noise. What it learns depends on
these alone: not on the models trained beside it, nor on how the ensemble was cut into chunks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Literal, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.func import grad

from knowledge.errors import InputError

from .batches import poisson, shuffled, widest
from .ensembles import Ensemble, losses
from .memory import footprint, grouped
from .models import Architecture
from .per_example import clipped
from .randomness import Streams

__all__ = [
    "Inner",
    "Member",
    "Method",
    "Penalty",
    "Pool",
    "Privacy",
    "Schedule",
    "Trained",
    "train",
]


@dataclass(frozen=True, eq=False)
class Pool:
    """The records that models are trained on; each model has indices into it.

    Attributes
    ----------
    x : Tensor
        (records, *shape), float32.
    y : Tensor
        Class of each record: (records,), int64; or its probabilities: (records, classes).
    z : Tensor
        Sensitive attributes: (records, attributes), int64.
    low, high : Tensor
        Bounds of the attributes: shape of one record. Perturbed records stay between them.
    """

    x: Tensor
    y: Tensor
    z: Tensor
    low: Tensor
    high: Tensor

    def extended(self, x: Tensor, y: Tensor, z: Tensor) -> Pool:
        """Return a pool with further records after these."""
        return replace(
            self, x=torch.cat([self.x, x]), y=torch.cat([self.y, y]), z=torch.cat([self.z, z])
        )


@dataclass(frozen=True)
class Schedule:
    """How long and how fast every model of an experiment learns; the same in all arms.

    Attributes
    ----------
    records : int
        Training records of one undefended model; with `epochs` and `batch_size` it fixes the
        number of updates, which a defense that adds records does not change.
    epochs, batch_size : int
        As usual; the last batch of an epoch is filled up from the next one.
    optimizer : {'adam', 'sgd'}
        SGD has momentum 0.9.
    learning_rate, weight_decay : float
        As usual.
    cosine : bool
        Whether the learning rate falls to zero along half a cosine.
    sampling : {'shuffled', 'poisson'}
        Shuffled epochs, or each record in each batch with the same probability, independently,
        as the accounting of differential privacy takes it.
    """

    records: int
    epochs: int = 20
    batch_size: int = 64
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: float = 0.003
    weight_decay: float = 0.0
    cosine: bool = False
    sampling: Literal["shuffled", "poisson"] = "shuffled"

    @property
    def batch(self) -> int:
        """Records in a batch: never more than there are."""
        return min(self.batch_size, self.records)

    @property
    def updates(self) -> int:
        """Number of updates of every model."""
        return self.epochs * math.ceil(self.records / self.batch)

    @property
    def rate(self) -> float:
        """Share of the records that one batch takes."""
        return self.batch / self.records


class Inner(Protocol):
    """Moves the records of a batch before the model learns from them."""

    def __call__(
        self,
        gradient: Callable[[Tensor], Tensor],
        x: Tensor,
        bounds: tuple[Tensor, Tensor],
        draws: Streams,
    ) -> Tensor:
        """Return what to learn from, shaped like x (models, batch, *shape)."""


class Penalty(Protocol):
    """Adds a term to the loss of one model on one batch."""

    def __call__(
        self,
        forward: Callable[[Tensor], Tensor],
        x: Tensor,
        y: Tensor,
        z: Tensor,
        weight: Tensor,
    ) -> Tensor:
        """Return a scalar.

        Parameters
        ----------
        forward : callable
            The model: from records (any number, *shape) to logits (any number, classes).
        x, y, z, weight : Tensor
            The batch: (batch, *shape), (batch,), (batch, attributes), (batch,).
        """


@dataclass(frozen=True)
class Privacy:
    """Per-example clipping and noise (Abadi et al. 2016).

    Attributes
    ----------
    clip : float
        Largest L2 norm of one example's gradient.
    noise_multiplier : float
        Standard deviation of the noise on the summed gradient, as a multiple of `clip`.
    """

    clip: float
    noise_multiplier: float


@dataclass(frozen=True)
class Method:
    """What a defense changes in training; equal methods are trained side by side.

    The parts compose: perturb the batch, add penalties to the loss, clip and noise gradients.
    """

    inner: Inner | None = None
    penalties: tuple[Penalty, ...] = ()
    privacy: Privacy | None = None


@dataclass(frozen=True, eq=False)
class Member:
    """One model to train.

    Attributes
    ----------
    seed : int
        Of its initialisation, batch order and noise; shared by the arms of a pair.
    records : Tensor
        Indices of its training records in the pool: (n,), int64.
    method : Method
        What its defense changes in training.
    """

    seed: int
    records: Tensor
    method: Method = Method()


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
    members: Sequence[Member],
    schedule: Schedule,
    *,
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
    members : sequence of Member
        One or more; the result keeps their order.
    schedule : Schedule
        The same for all of them.
    memory : int, optional
        Bytes that may be used at once; by default half of what is free.
    progress : callable
        Called with the number of models × updates done since the last call.

    Returns
    -------
    Trained
        The trained models, and what each took.

    Raises
    ------
    InputError
        Not even one model fits into the memory.
    """
    groups: dict[tuple[Method, int], list[int]] = {}
    for i, member in enumerate(members):
        poissonian = schedule.sampling == "poisson"
        width = widest(schedule, len(member.records)) if poissonian else schedule.batch
        groups.setdefault((member.method, width), []).append(i)
    chunks = [
        (method, chunk)
        for (method, width), indices in groups.items()
        for chunk in grouped(
            indices,
            footprint(
                architecture, pool, schedule.updates, width, private=method.privacy is not None
            ),
            memory,
            pool.x.device,
        )
    ]
    parts, order, seconds = [], [], [0.0] * len(members)
    for method, chunk in chunks:
        started = perf_counter()
        chosen = [members[i] for i in chunk]
        parts.append(_train(architecture, pool, chosen, method, schedule, progress))
        order += chunk
        for i in chunk:
            seconds[i] = (perf_counter() - started) / len(chunk)
    return Trained(Ensemble.joined(parts, order), tuple(seconds))


def _train(
    architecture: Architecture,
    pool: Pool,
    members: Sequence[Member],
    method: Method,
    schedule: Schedule,
    progress: Callable[[int], None],
) -> Ensemble:
    if len(members) == 1:
        # a batch of one goes through other kernels, which round differently: train a twin beside it
        pair = [members[0], members[0]]
        halved = _train(architecture, pool, pair, method, schedule, lambda n: progress(n // 2))
        return halved.only([0])
    device = pool.x.device
    ensemble = Ensemble.fresh(architecture, [member.seed for member in members], device)
    draws = Streams([member.seed for member in members], device)
    plan = (poisson if schedule.sampling == "poisson" else shuffled)(members, schedule, device)
    gradients = (
        _private_gradients(ensemble, method, method.privacy, schedule)
        if method.privacy
        else _gradients(ensemble, method, schedule)
    )
    inputs = ensemble.input_gradients()
    parameters = list(ensemble.parameters.values())
    optimizer = _optimizer(parameters, schedule)
    for update in range(schedule.updates):
        _cool(optimizer, schedule, update)
        index, weight = plan.batch(update)
        x, y, z = pool.x[index], pool.y[index], pool.z[index]
        if method.inner:
            x = method.inner(
                lambda moved, labels=y: inputs(moved, labels),  # type: ignore[misc]
                x,
                (pool.low, pool.high),
                draws,
            )
        for parameter, found in zip(parameters, gradients(x, y, z, weight, draws), strict=True):
            parameter.grad = found
        optimizer.step()
        progress(len(members))
    return _checked(ensemble)


_Step = Callable[[Tensor, Tensor, Tensor, Tensor, Streams], Sequence[Tensor]]


def _gradients(ensemble: Ensemble, method: Method, schedule: Schedule) -> _Step:
    """Return the gradients of the batch loss, stacked over models."""

    def loss(
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        x: Tensor,
        y: Tensor,
        z: Tensor,
        weight: Tensor,
    ) -> Tensor:
        forward = partial(ensemble.call, parameters, buffers)
        total = (losses(forward(x), y) * weight).sum() / schedule.batch
        for penalty in method.penalties:
            total = total + penalty(forward, x, y, z, weight)
        return total

    gradient = grad(loss)
    batched = ensemble.batched(lambda *given: tuple(gradient(*given).values()))

    def step(x: Tensor, y: Tensor, z: Tensor, weight: Tensor, _: Streams) -> Sequence[Tensor]:
        return batched(x, y, z, weight)

    return step


def _private_gradients(
    ensemble: Ensemble, method: Method, privacy: Privacy, schedule: Schedule
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


def _optimizer(parameters: list[Tensor], schedule: Schedule) -> torch.optim.Optimizer:
    """Return a torch optimizer: elementwise, so that stacking models changes nothing.

    Its fused kernels round differently at the end of a tensor, so they are not used.
    """
    rate, decay = schedule.learning_rate, schedule.weight_decay
    if schedule.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate, weight_decay=decay)
    return torch.optim.SGD(parameters, lr=rate, weight_decay=decay, momentum=0.9)


def _cool(optimizer: torch.optim.Optimizer, schedule: Schedule, update: int) -> None:
    if schedule.cosine:
        share = (1 + math.cos(math.pi * update / schedule.updates)) / 2
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate * share


def _checked(ensemble: Ensemble) -> Ensemble:
    for value in ensemble.parameters.values():
        if not torch.isfinite(value).all():
            raise InputError(
                "training diverged: parameters are not finite; lower the learning rate"
                " (--set training.learning_rate=0.001)"
            )
    return ensemble

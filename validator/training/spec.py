"""Members of an ensemble: which records train each model, for how long, and under which method."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import torch
from torch import Tensor

from .randomness import Streams

__all__ = [
    "OVERFLOW",
    "Penalty",
    "Perturbation",
    "Pool",
    "Privacy",
    "Schedule",
    "TrainingHooks",
    "TrainingRun",
]

OVERFLOW = 1e-12
"""Chance that one Poisson sample holds more records than are kept; see `Schedule.width`."""


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
        Sensitive attributes: (records, attributes), int64; or other numbers that a penalty takes.
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
    """How long and how fast every model of an experiment learns.

    The same in all arms, unless a defense says otherwise of the models that have it.

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

    def width(self, records: int) -> int:
        """Return how many places for records a batch has.

        A Poisson sample is larger than that with probability below `OVERFLOW` (Bernstein's bound),
        so that cutting it adds less than updates × (1 + e^ε) × `OVERFLOW` to δ (Chua et al. 2024,
        truncated Poisson sampling).

        Parameters
        ----------
        records : int
            Training records of the model. What counts is the next of a few sizes above it, so
            that models of about the same size are trained side by side.
        """
        if self.sampling == "shuffled":
            return self.batch
        size = self.records
        while size < records:
            size += -(-size // 4)
        mean = size * self.rate
        bound = -math.log(OVERFLOW)
        above = bound / 3 + math.sqrt(bound * bound / 9 + 2 * bound * mean * (1 - self.rate))
        return min(size, math.ceil(mean + above))


class Perturbation(Protocol):
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

    @property
    def operations(self) -> Hashable | None:
        """Equal for penalties that do the same to any batch; None where that is not known."""

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
class TrainingHooks:
    """What a defense changes in training; equal methods are trained side by side.

    The parts compose: perturb the batch, add penalties to the loss, clip and noise gradients, take
    them where the parameters are moved by normal noise of a standard deviation `weight_noise`.
    """

    inner: Perturbation | None = None
    penalties: tuple[Penalty, ...] = ()
    privacy: Privacy | None = None
    weight_noise: float = 0.0


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """One model to train.

    Attributes
    ----------
    seed : int
        Of its initialisation, batch order and noise; shared by the arms of a pair.
    records : Tensor
        Indices of its training records in the pool: (n,), int64.
    method : TrainingHooks
        What its defense changes in training.
    """

    seed: int
    records: Tensor
    method: TrainingHooks = TrainingHooks()

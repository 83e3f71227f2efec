"""Differential privacy by DP-SGD: per-example clipping and noise (Abadi et al. 2016)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal

from crosscurrent.knowledge.errors import InputError

from ..settings import setting
from ..training.per_example import check_clipping
from ..training.spec import Privacy, Schedule, TrainingHooks
from ._defense import Defense, EffectivenessMetric, Stage

if TYPE_CHECKING:
    from ..arms.splits import TargetModel
    from ..data import Dataset
    from ..training.architectures import Architecture

__all__ = ["DifferentialPrivacy"]


@dataclass(frozen=True)
class DifferentialPrivacy(Defense):
    """Adds the noise that a privacy budget requires (Opacus' RDP accountant).

    δ is one over the square of the number of training records. Both arms draw Poisson samples,
    which is what the accounting is about.
    """

    id: ClassVar[str] = "differential_privacy"
    stage: ClassVar[Stage] = "in"
    reading: ClassVar[EffectivenessMetric | None] = EffectivenessMetric(
        "epsilon", "privacy budget ε spent", 10.0, "lower", 0.1
    )
    sampling: ClassVar[Literal["shuffled", "poisson"]] = "poisson"

    epsilon: float = setting(1.0, "privacy budget ε", least=0.01, most=1e6)
    clip: float = setting(1.0, "largest L2 norm of one example's gradient", least=1e-6, most=1e6)
    epochs: int = setting(
        0, "passes of private training; 0: as without the defense", least=0, most=100_000
    )
    batch_size: int = setting(
        0, "expected records in its batches; 0: as without the defense", least=0, most=1_000_000
    )
    learning_rate: float = setting(
        0.0, "step of its updates; 0: as without the defense", least=0.0, most=100.0
    )

    def schedule(self, schedule: Schedule) -> Schedule:
        """Return how private models learn: what suits training without noise seldom suits it."""
        return replace(
            schedule,
            epochs=self.epochs or schedule.epochs,
            batch_size=self.batch_size or schedule.batch_size,
            learning_rate=self.learning_rate or schedule.learning_rate,
        )

    def check_model(self, architecture: Architecture) -> None:
        """Raise `InputError` if one record's gradient is not defined, or cannot be taken."""
        check_clipping(architecture)

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        """Return clipping and the least noise that keeps to the budget."""
        del data
        return TrainingHooks(privacy=Privacy(self.clip, self.noise_multiplier(schedule)))

    def noise_multiplier(self, schedule: Schedule) -> float:
        """Return the least noise that keeps to the budget, as a multiple of `clip`."""
        return _noise_multiplier(self.epsilon, schedule)

    def read(self, targets: Sequence[TargetModel], schedule: Schedule) -> list[float]:
        """Return the budget that was spent, once for each target model."""
        return [self.privacy_budget(schedule)[0]] * len(targets)

    def privacy_budget(self, schedule: Schedule) -> tuple[float, float]:
        """Return ε that the accountant says is spent, and δ."""
        return _spent(self.noise_multiplier(schedule), schedule), delta(schedule)


def delta(schedule: Schedule) -> float:
    """Return δ: one over the square of the number of training records."""
    return 1 / schedule.records**2


@cache
def _noise_multiplier(epsilon: float, schedule: Schedule) -> float:
    from opacus.accountants.utils import MAX_SIGMA, get_noise_multiplier

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about orders at the end of the accountant's grid
            return float(
                get_noise_multiplier(
                    target_epsilon=epsilon,
                    target_delta=delta(schedule),
                    sample_rate=schedule.rate,
                    steps=schedule.updates,
                    accountant="rdp",
                    epsilon_tolerance=min(0.01, epsilon / 100),
                    alphas=_orders(),
                )
            )
    except ValueError as error:
        least = _spent(MAX_SIGMA, schedule)
        raise InputError(
            f"defense.epsilon={epsilon:g} cannot be reached: with δ = 1/{schedule.records:,}², one"
            f" over the square of the training records, the accountant shows no budget below"
            f" {least:.2g}, however much noise there is"
        ) from error


def _spent(noise_multiplier: float, schedule: Schedule) -> float:
    from opacus.accountants import RDPAccountant

    accountant = RDPAccountant()
    accountant.history = [(noise_multiplier, schedule.rate, schedule.updates)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(accountant.get_epsilon(delta(schedule), alphas=_orders()))


def _orders() -> list[float]:
    """Return the accountant's Rényi orders, and higher ones, which small budgets take.

    No bound on ε that an order α gives is below about log(1/δ) / α, whatever the noise. Beyond
    1,000 the accountant's binomial coefficients overflow.
    """
    from opacus.accountants import RDPAccountant

    return [*RDPAccountant.DEFAULT_ALPHAS, *(round(64 * 1.25**i) for i in range(13))]

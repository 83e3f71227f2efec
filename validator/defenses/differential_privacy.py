"""Differential privacy by DP-SGD: per-example clipping and noise (Abadi et al. 2016)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from knowledge.errors import InputError

from ..knobs import knob
from ..members import Method, Privacy, Schedule
from ._defense import Defense, Reading

if TYPE_CHECKING:
    from ..data import Dataset
    from ..scenes import Victim

__all__ = ["DifferentialPrivacy"]


@dataclass(frozen=True)
class DifferentialPrivacy(Defense):
    """Trains with as much noise as a privacy budget asks for, by Opacus' RDP accountant.

    δ is one over the square of the number of training records. Both arms draw Poisson samples,
    which is what the accounting is about.
    """

    id: ClassVar[str] = "differential_privacy"
    reading: ClassVar[Reading | None] = Reading("epsilon", "privacy budget ε spent", 10.0, "lower")
    sampling: ClassVar[Literal["shuffled", "poisson"]] = "poisson"

    epsilon: float = knob(1.0, "privacy budget ε", least=0.01, most=1e6)
    clip: float = knob(1.0, "largest L2 norm of one example's gradient", least=1e-6, most=1e6)

    def method(self, schedule: Schedule, data: Dataset) -> Method:
        """Return clipping and the least noise that keeps to the budget."""
        del data
        return Method(privacy=Privacy(self.clip, self.noise_multiplier(schedule)))

    def noise_multiplier(self, schedule: Schedule) -> float:
        """Return the least noise that keeps to the budget, as a multiple of `clip`."""
        from opacus.accountants.utils import get_noise_multiplier

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about orders at the end of the accountant's grid
                return float(
                    get_noise_multiplier(
                        target_epsilon=self.epsilon,
                        target_delta=delta(schedule),
                        sample_rate=schedule.rate,
                        steps=schedule.updates,
                        accountant="rdp",
                    )
                )
        except ValueError as error:
            raise InputError(
                f"defense.epsilon={self.epsilon:g} cannot be reached in {schedule.updates} updates:"
                " raise it, or train for fewer epochs (--set training.epochs=10)"
            ) from error

    def read(self, victims: Sequence[Victim], schedule: Schedule) -> list[float]:
        """Return the budget that was spent, once for each victim."""
        from opacus.accountants import RDPAccountant

        accountant = RDPAccountant()
        accountant.history = [(self.noise_multiplier(schedule), schedule.rate, schedule.updates)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spent = float(accountant.get_epsilon(delta(schedule)))
        return [spent] * len(victims)


def delta(schedule: Schedule) -> float:
    """Return δ: one over the square of the number of training records."""
    return 1 / schedule.records**2

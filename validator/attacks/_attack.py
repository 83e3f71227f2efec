"""What all attacks have in common."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Self

from ..members import Member, Pool, Schedule
from ..metrics import Artifact, Metric
from ..peers import peers
from ..training import Trained

if TYPE_CHECKING:
    from ..data import Dataset
    from ..scenes import Scene, Victim

__all__ = ["Attack", "Lab", "attack_on", "attacks"]


@dataclass(frozen=True)
class Lab:
    """What an adversary may use to train models of its own.

    Attributes
    ----------
    train : callable
        Trains members on a pool by a schedule, with the victims' architecture.
    schedule : Schedule
        How the victims were trained.
    sensitive : tuple of str
        Names of the sensitive attributes.
    """

    train: Callable[[Pool, Sequence[Member], Schedule], Trained]
    schedule: Schedule
    sensitive: tuple[str, ...]


@dataclass(frozen=True)
class Attack(ABC):
    """Mounts the attack behind one risk and returns what it got; metrics judge that.

    A subclass is a frozen dataclass; its fields are knobs (`validator.knobs.knob`).

    Attributes
    ----------
    risk : str
        Id of the risk.
    metrics : tuple of Metric
        In order of preference: the first that applies to a defense is judged, all are reported.
    """

    risk: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]

    @property
    def models(self) -> int:
        """How many models are trained for one victim: itself, and shadow models."""
        return 1

    @property
    def own_models(self) -> int:
        """How many further models the adversary trains for one victim."""
        return 0

    def own_schedule(self, schedule: Schedule) -> Schedule:
        """Return how these are trained, given how the victims are."""
        return schedule

    def own_work(self, schedule: Schedule, *, provable: bool) -> int:
        """Return how many models × updates are trained besides the victims, for one of them.

        Parameters
        ----------
        schedule : Schedule
            How the victims are trained.
        provable : bool
            Whether the victim's defense lets an owner prove that a model is theirs.
        """
        del provable
        return self.own_models * self.own_schedule(schedule).updates

    def check(self, data: Dataset) -> None:  # noqa: B027  most need nothing of the data
        """Raise `InputError` if the attack cannot be mounted on models of this data."""

    def settled(self, data: Dataset) -> Self:
        """Return it with what its settings leave to the data filled in."""
        del data
        return self

    def corrupt(self, scene: Scene) -> Scene:
        """Change what models are trained on, as an adversary in the training pipeline does."""
        return scene

    def judged(self, *, provable: bool) -> Metric:
        """Return the metric that the verdict is about.

        Parameters
        ----------
        provable : bool
            Whether the defense lets an owner prove that a model is theirs.
        """
        del provable
        return self.metrics[0]

    @abstractmethod
    def mount(self, victims: Sequence[Victim], lab: Lab) -> list[Artifact]:
        """Attack each victim and return what was got, in their order.

        What is got from a victim depends on that victim alone.
        """


@cache
def attacks() -> dict[str, type[Attack]]:
    """Return the attacks that can be mounted, by the id of the risk."""
    return peers(sys.modules[__package__], Attack)  # type: ignore[type-abstract]


def attack_on(risk: str) -> type[Attack] | None:
    """Return the attack behind a risk, if it can be mounted."""
    return attacks().get(risk)

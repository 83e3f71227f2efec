"""What all attacks have in common."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from ..members import Member, Pool, Schedule
from ..metrics import Artifact, Metric
from ..peers import peers
from ..training import Trained

if TYPE_CHECKING:
    from ..architectures import Architecture
    from ..data import Dataset
    from ..scenes import Scene, Victim

__all__ = ["Attack", "Lab", "Trainer", "attack_on", "attacks"]


class Trainer(Protocol):
    """Trains models."""

    def __call__(
        self,
        pool: Pool,
        members: Sequence[Member],
        schedule: Schedule,
        architecture: Architecture | None = None,
    ) -> Trained:
        """Train members on a pool by a schedule; by default with the victims' architecture."""


@dataclass(frozen=True)
class Lab:
    """What an adversary may use to train models of its own.

    Attributes
    ----------
    train : Trainer
        Trains members on a pool by a schedule, with the victims' architecture or another.
    schedule : Schedule
        How the victims were trained.
    sensitive : tuple of str
        Names of the sensitive attributes.
    """

    train: Trainer
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
    yields : str or None
        Knowledge that it hands on to a second attack on the same models (`inform`), by the id of
        the factor; None if it hands nothing on.
    uses : tuple of str
        Knowledge that another attack may hand on to it: ids of factors.
    """

    risk: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]
    yields: ClassVar[str | None] = None
    uses: ClassVar[tuple[str, ...]] = ()

    @property
    def models(self) -> int:
        """How many models are trained for one victim: itself, and shadow models."""
        return 1

    @property
    def own_models(self) -> int:
        """How many further models the adversary trains for one victim."""
        return 0

    @property
    def targeted(self) -> int:
        """How many of these are attacked by themselves; see `targets`."""
        return 1

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

    def plant(self, scene: Scene) -> Scene:
        """Add to what all models are trained on, as the first of two adversaries does.

        The second one knows of it, so that its shadow models are trained on it, too.
        """
        return scene

    def second_settings(self, knowledge: str, architecture: Architecture) -> Mapping[str, str]:
        """Return how it is set as a second attack, so that it lacks what the first hands on.

        Parameters
        ----------
        knowledge : str
            What the first one yields.
        architecture : Architecture
            Of the victims.
        """
        del knowledge, architecture
        return {}

    def targets(self, victim: Victim) -> list[Victim]:
        """Return each model that is attacked by itself, as a victim of its own."""
        return [victim]

    def inform(self, victims: Sequence[Victim], lab: Lab) -> list[Victim]:
        """Return the victims as a second adversary faces them, who is told what this one got.

        What is told of a victim depends on that victim alone, and on nothing but what this attack
        itself sees.
        """
        del lab
        return list(victims)

    def inform_work(self, architecture: Architecture, schedule: Schedule) -> int:
        """Return how many models × updates are trained to inform of one victim."""
        del architecture, schedule
        return 0

    def in_vain(self, data: Dataset) -> float:
        """Return what the judged metric is if the attack gets nothing.

        Only first attacks are asked: a second one is compared with itself.
        """
        del data
        raise NotImplementedError(f"{self.risk} is no first attack")

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

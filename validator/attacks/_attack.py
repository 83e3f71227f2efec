"""Base class of attacks."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, Self

from ..arms.metrics import AttackOutput, Metric
from ..peers import peers
from ..training.spec import Pool, Schedule, TrainingRun
from ..training.trainer import Trained

if TYPE_CHECKING:
    from ..arms.changes import Change
    from ..arms.splits import DataSplit, TargetModel
    from ..data import Dataset
    from ..training.architectures import Architecture

__all__ = ["AWARE", "Attack", "AttackerResources", "Trainer", "attack_on", "attacks"]


AWARE: Final[Mapping[str, str]] = MappingProxyType({"defense_knowledge": "aware"})
"""Knows the defense: shadow models have it, or the defended model itself is followed."""


class Trainer(Protocol):
    """Trains models."""

    def __call__(
        self,
        pool: Pool,
        members: Sequence[TrainingRun],
        schedule: Schedule,
        architecture: Architecture | None = None,
    ) -> Trained:
        """Train members on a pool by a schedule; by default with the victims' architecture."""


@dataclass(frozen=True)
class AttackerResources:
    """What an adversary may use to train models of its own.

    Attributes
    ----------
    train : Trainer
        Trains members on a pool by a schedule, with the victims' architecture or another.
    schedule : Schedule
        How the target models were trained.
    sensitive : tuple of str
        Names of the sensitive attributes.
    """

    train: Trainer
    schedule: Schedule
    sensitive: tuple[str, ...]


@dataclass(frozen=True)
class Attack(ABC):
    """Mounts the attack behind one risk and returns what it got; metrics judge that.

    A subclass is a frozen dataclass; its fields are settings (`validator.settings.knob`).

    Attributes
    ----------
    risk : str
        Id of the risk.
    metrics : tuple of Metric
        In order of preference: the first that applies to a defense is judged, all are reported.
    yields : str or None
        Knowledge that it hands on to a second attack on the same models (`disclose`), by the id of
        the factor; None if it hands nothing on.
    uses : tuple of str
        Knowledge that another attack may hand on to it: ids of factors.
    sees : frozenset of str
        What it sees of what a defense may change; see `validator.defenses.Defense.changes`.
    adversary : mapping of str to str
        What its adversary is, by characteristic of the knowledge base, where publications part by
        it; a publication is compared with what was measured only if it is about the same.
    blind : Metric or None
        The share of records at which it sees nothing to follow, if that can be; with more than half
        of them in either arm, it is no measure of how susceptible a model is.
    audit : str or None
        Id of the metric that is the share of right guesses of a privacy audit
        (`validator.statistics.privacy_audit`).
    """

    risk: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]
    yields: ClassVar[str | None] = None
    uses: ClassVar[tuple[str, ...]] = ()
    sees: ClassVar[frozenset[Change]] = frozenset({"the model"})
    adversary: ClassVar[Mapping[str, str]] = MappingProxyType({})
    blind: ClassVar[Metric | None] = None
    audit: ClassVar[str | None] = None

    @property
    def reported(self) -> tuple[Metric, ...]:
        """The metrics that can be told of what it returns, as it is set."""
        return self.metrics

    @classmethod
    def targeting(cls, count: int) -> Mapping[str, str]:
        """Return how it is set to be judged on so many records that a defense targets.

        Empty if it is about no records.
        """
        del count
        return {}

    @property
    def models(self) -> int:
        """How many models are trained for one target model: itself, and shadow models."""
        return 1

    @property
    def own_models(self) -> int:
        """How many further models the adversary trains for one target model."""
        return 0

    @property
    def targeted(self) -> int:
        """How many of these are attacked by themselves; see `targets`."""
        return 1

    def own_schedule(self, schedule: Schedule) -> Schedule:
        """Return how these are trained, given how the target models are."""
        return schedule

    def own_work(self, schedule: Schedule, *, provable: bool) -> int:
        """Return how many models × updates are trained besides the target models, for one of them.

        Parameters
        ----------
        schedule : Schedule
            How the target models are trained.
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

    def poison_data(self, split: DataSplit) -> DataSplit:
        """Change what models are trained on, as an adversary in the training pipeline does."""
        return split

    def inject(self, split: DataSplit) -> DataSplit:
        """Add to what all models are trained on, as the first of two adversaries does.

        The second one knows of it, so that its shadow models are trained on it, too.
        """
        return split

    def second_settings(self, knowledge: str, architecture: Architecture) -> Mapping[str, str]:
        """Return how it is set as a second attack, so that it lacks what the first hands on.

        Parameters
        ----------
        knowledge : str
            What the first one yields.
        architecture : Architecture
            Of the target models.
        """
        del knowledge, architecture
        return {}

    def targets(self, target: TargetModel) -> list[TargetModel]:
        """Return each model that is attacked by itself, as a target model of its own."""
        return [target]

    def disclose(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[TargetModel]:
        """Return the target models as a second adversary faces them, who is told what this one got.

        What is told of a target model depends on that target model alone, and on nothing but what
        this attack itself sees.
        """
        del resources
        return list(targets)

    def inform_work(self, architecture: Architecture, schedule: Schedule) -> int:
        """Return how many models × updates are trained to inform of one target model."""
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

    def named(self, metric: Metric) -> Metric:
        """Return one of its metrics, named for people by what the attack is about."""
        return metric

    @abstractmethod
    def mount(
        self, targets: Sequence[TargetModel], resources: AttackerResources
    ) -> list[AttackOutput]:
        """Attack each target model and return what was got, in their order.

        What is got from a target model depends on that target model alone.
        """


@cache
def attacks() -> dict[str, type[Attack]]:
    """Return the attacks that can be mounted, by the id of the risk."""
    return peers(sys.modules[__package__], Attack)  # type: ignore[type-abstract]


def attack_on(risk: str) -> type[Attack] | None:
    """Return the attack behind a risk, if it can be mounted."""
    return attacks().get(risk)

"""Base class of defenses."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal, Self, get_args

from ..peers import peers
from ..training.spec import Schedule, TrainingHooks

if TYPE_CHECKING:
    from torch import Tensor

    from ..arms.changes import Change
    from ..arms.splits import DataSplit, Imitated, TargetModel
    from ..data import Dataset
    from ..training.architectures import Architecture
    from ..training.ensembles import Ensemble

__all__ = ["STAGES", "Defense", "EffectivenessMetric", "Stage", "defenses"]

Stage = Literal["pre", "in", "post"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""Where a defense acts: on the data, on training, or on the trained model."""


@dataclass(frozen=True)
class EffectivenessMetric:
    """How well a defense is effective, where that needs no attack.

    Attributes
    ----------
    id, name : str
        In documents, and for people.
    bound : float
        The defense is effective if the mean over seeds is on the right side of it.
    better_when : {'higher', 'lower'}
        Which side is right.
    matters : float
        The smallest change of it that matters, where it is read of the same defense twice.
    """

    id: str
    name: str
    bound: float
    better_when: Literal["higher", "lower"]
    matters: float

    def met(self, mean: float) -> bool:
        """Whether the defense is effective."""
        return mean >= self.bound if self.better_when == "higher" else mean <= self.bound

    def worsening(self, before: float, after: float) -> float:
        """Return by how much less effective the defense is."""
        return before - after if self.better_when == "higher" else after - before


@dataclass(frozen=True)
class Defense:
    """Changes data, training or the released model; each hook is neutral unless overridden.

    A subclass is a frozen dataclass; its fields are settings (`validator.settings.knob`).

    Attributes
    ----------
    id : str
        As in the knowledge base.
    stage : {'pre', 'in', 'post'}
        Whether it changes the data, training, or the trained model and its answers.
    protects_against : str or None
        The risk whose attack must become less successful for the defense to count as effective;
        None if `reading` says it.
    reading : EffectivenessMetric or None
        How its effectiveness is read where no attack is needed; see `read`.
    sampling : {'shuffled', 'poisson'}
        How batches are drawn in *both* arms.
    provable : bool
        Whether an owner can prove by it that a model is theirs; see `ownership`.
    changes : frozenset of str
        What it changes of what an attack may see: ``the model``, that is its parameters or its
        answers; ``explanations`` that are released beside answers; ``proofs of ownership``.
    evidence : pair of str or None
        Names in `DataSplit.kept` of the records that such a proof shows, and of their classes.
        Nobody can tell whether the records are what they are said to be; None if it shows none.
    """

    id: ClassVar[str]
    stage: ClassVar[Stage]
    protects_against: ClassVar[str | None] = None
    reading: ClassVar[EffectivenessMetric | None] = None
    sampling: ClassVar[Literal["shuffled", "poisson"]] = "shuffled"
    provable: ClassVar[bool] = False
    changes: ClassVar[frozenset[Change]] = frozenset({"the model"})
    evidence: ClassVar[tuple[str, str] | None] = None

    @classmethod
    def name(cls) -> str:
        """Return what it is called: its id at the usual stage, else with the stage.

        The module of the usual stage is named as the id, the others as id and stage, such as
        ``outlier_removal_post``.
        """
        usual = cls.__module__.rpartition(".")[2] == cls.id
        return cls.id if usual else f"{cls.id}@{cls.stage}"

    @property
    def parts(self) -> tuple[Defense, ...]:
        """The defenses that it consists of, in their order: itself."""
        return (self,)

    @property
    def resolution(self) -> float:
        """The smallest step of what `read` gives, such as one of the records that it counts."""
        return 0.0

    @property
    def target_records(self) -> int:
        """How many records it targets (`validator.arms.targets`); attacks are judged on these."""
        return 0

    @property
    def conditions(self) -> Mapping[str, str]:
        """Which conditions of the knowledge base it is under as it is set, by their ids.

        A publication under others is about another mechanism.
        """
        return {}

    def check(self, data: Dataset) -> None:
        """Raise `InputError` if the defense cannot be applied to models of this data."""

    def check_model(self, architecture: Architecture) -> None:
        """Raise `InputError` if the defense cannot be applied to models of this architecture."""

    def settled(self, data: Dataset) -> Self:
        """Return it with what its settings leave to the data filled in."""
        del data
        return self

    def guard_metric(self) -> str | None:
        """Return the metric of the attack that it guards against by which it is effective.

        An id; None for the one that the attack is judged by. It is what the defense lowers, where
        there are several that cannot all be lowered at once.
        """
        return None

    def guard_settings(self) -> Mapping[str, str]:
        """Return how the attack that it guards against is set, so that it tries what is defended.

        Nothing else may be set there, when that attack is the one in question.
        """
        return {}

    def seed(self, seed: int) -> int:
        """Return the seed of a model's initialisation and batch order; a pair shares it."""
        return seed

    def prepare(self, split: DataSplit) -> DataSplit:
        """Change what models are trained on; they are trained from scratch on that."""
        return split

    def schedule(self, schedule: Schedule) -> Schedule:
        """Return for how long and how fast the defended models learn, given how all others do."""
        return schedule

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        """Return what changes in training."""
        del schedule, data
        return TrainingHooks()

    def postprocess(self, models: Ensemble, split: DataSplit) -> Ensemble:
        """Change trained models before anyone may use them."""
        del split
        return models

    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        """Return what anyone gets who asks released models: (models, records, classes).

        Logits: whoever asks gets the probabilities that they stand for.

        Parameters
        ----------
        models : Ensemble
            The released models.
        split : DataSplit
            What they were trained on.
        x : Tensor
            Records, for all models: (records, *shape).
        z : Tensor or None
            Their sensitive attributes (records, attributes), where whoever asks tells them.

        """
        del split, z
        return models.logits(x)

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor | None:
        """Return what is released with each answer beside it: (models, records, numbers).

        None if that is nothing.
        """
        del models, split, x
        return None

    def imitated(self, split: DataSplit) -> Imitated | None:
        """Return how a model's releases come from its gradients, for who imitates the model.

        None if nothing of the kind is released.
        """
        del split
        return None

    def read(self, targets: Sequence[TargetModel], schedule: Schedule) -> list[float]:
        """Return the reading of each of the defended target models."""
        raise NotImplementedError(f"{self.id} has no reading of its own")

    def privacy_budget(self, schedule: Schedule) -> tuple[float, float] | None:
        """Return ε and δ of differential privacy that training spends; None if it keeps to none.

        For adding or removing one record.
        """
        del schedule
        return None

    def ownership(self, target: TargetModel, suspects: Ensemble) -> list[float]:
        """Return, for each suspect, the p-value of the owner's test that it is theirs."""
        raise NotImplementedError(f"{self.id} proves nothing about ownership")

    def proof(
        self, target: TargetModel, suspects: Ensemble, asked: Sequence[Tensor]
    ) -> list[float]:
        """Return the same for suspects whose makers asked the target model about records.

        Parameters
        ----------
        target : TargetModel
            The owner's.
        suspects : Ensemble
            What was trained on the answers.
        asked : sequence of Tensor
            What the owner was asked on behalf of each suspect: (records, *shape).
        """
        del asked
        return self.ownership(target, suspects)


@cache
def defenses() -> dict[str, type[Defense]]:
    """Return the defenses that can be applied, by name: an id, or ``id@stage``."""
    return {kind.name(): kind for kind in peers(sys.modules[__package__], Defense).values()}

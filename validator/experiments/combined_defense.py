"""Several defenses as one, in their order: what the earlier leaves the later takes up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from crosscurrent.knowledge.errors import InputError

from ..defenses import Defense, Stage
from ..training.spec import Schedule, TrainingHooks

if TYPE_CHECKING:
    from ..arms.splits import DataSplit, Imitated
    from ..data import Dataset
    from ..training.ensembles import Ensemble

__all__ = ["Combined"]


@dataclass(frozen=True)
class Combined(Defense):
    """Applies defenses one after the other, by stage and then in the order given.

    Attributes
    ----------
    members : tuple of Defense
        Two or more, of one stage behind those of earlier ones.
    """

    id: ClassVar[str] = "combination"
    stage: ClassVar[Stage] = "in"

    members: tuple[Defense, ...]

    @classmethod
    def name(cls) -> str:
        """Return what all of them are called."""
        return cls.id

    @property
    def parts(self) -> tuple[Defense, ...]:
        """The defenses, in their order."""
        return self.members

    @property
    def sequence(self) -> tuple[tuple[Defense, ...], ...]:
        """Who changes the data, and who the trained models, in which order.

        Combinations of the same defenses in which these are the same come to the same.
        """
        data = tuple(each for each in self.members if type(each).prepare is not Defense.prepare)
        return data, tuple(each for each in self.members if _fits(each))

    def check_together(self, schedule: Schedule, data: Dataset) -> None:
        """Raise `InputError` if two of them change the same thing, so that one undoes the other."""
        for one, other in combinations(self.members, 2):
            both = f"{one.name()} and {other.name()}"
            if one.id == other.id:
                raise InputError(f"{both} are one defense at two stages: measure one of them")
            first, second = (each.method(schedule, data) for each in (one, other))
            if first.inner and second.inner:
                raise InputError(f"{both} both choose what to train on: measure one of them")
            if (first.privacy and second.penalties) or (first.penalties and second.privacy):
                raise InputError(
                    f"{both} cannot be trained together: a penalty on whole batches has no"
                    " gradient of one example that could be clipped"
                )
            if (first.privacy and _fits(other)) or (second.privacy and _fits(one)):
                raise InputError(
                    f"{both} cannot be measured together: to fit a private model again on training"
                    " records spends privacy that nobody counts"
                )
            if _answers(one) and _answers(other):
                raise InputError(f"{both} both change answers: measure one of them")

    def prepare(self, split: DataSplit) -> DataSplit:
        """Let each change the data, as the earlier have left it."""
        for each in self.members:
            split = each.prepare(split)
        return split

    def schedule(self, schedule: Schedule) -> Schedule:
        """Return how long models learn, as each leaves it."""
        for each in self.members:
            schedule = each.schedule(schedule)
        return schedule

    def method(self, schedule: Schedule, data: Dataset) -> TrainingHooks:
        """Return all that changes in training."""
        methods = [each.method(schedule, data) for each in self.members]
        return TrainingHooks(
            inner=next((each.inner for each in methods if each.inner), None),
            penalties=tuple(penalty for each in methods for penalty in each.penalties),
            privacy=next((each.privacy for each in methods if each.privacy), None),
            weight_noise=max(each.weight_noise for each in methods),
        )

    def postprocess(self, models: Ensemble, split: DataSplit) -> Ensemble:
        """Let each change the trained models, as the earlier have left them."""
        for each in self.members:
            models = each.postprocess(models, split)
        return models

    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        """Return what the one gives that changes answers, or what the models give."""
        who = next((each for each in self.members if _answers(each)), self.members[0])
        return who.predict(models, split, x, z)

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor | None:
        """Return all that is released beside the answers."""
        found = [each.side_channel(models, split, x) for each in self.members]
        shown: Sequence[Tensor] = [each for each in found if each is not None]
        return torch.cat(list(shown), dim=-1) if shown else None

    def imitated(self, split: DataSplit) -> Imitated | None:
        """Return it of the one that releases something beside the answers."""
        found = (each.imitated(split) for each in self.members)
        return next((each for each in found if each is not None), None)


def _fits(defense: Defense) -> bool:
    return type(defense).postprocess is not Defense.postprocess


def _answers(defense: Defense) -> bool:
    return type(defense).predict is not Defense.predict

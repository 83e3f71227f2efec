"""Data splits of one arm and seed, and the target models that are trained on them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from ..training.randomness import derive, numpy_generator
from ..training.spec import Pool

if TYPE_CHECKING:
    from ..data import Dataset
    from ..training.architectures import Architecture
    from ..training.ensembles import Ensemble

__all__ = ["DataSplit", "DeployedDefense", "Imitated", "TargetModel", "pool_of", "split_data"]

TEST_SHARE = 0.3
"""Of all records, kept for testing; each model is trained on half of the others."""


@dataclass(frozen=True, eq=False)
class DataSplit:
    """Who is trained on what, in one arm of one seed.

    Attributes
    ----------
    seed : int
        Of the split and of everything drawn.
    pool : Pool
        The data set, followed by the records that attack and defense add.
    classes : int
        Number of classes.
    candidates : Tensor
        Indices of the records that training sets are drawn from.
    test : Tensor
        Indices of the records that no model and no adversary sees.
    deployed : Tensor
        Indices of the candidates that the deployed model was given, whatever became of them.
    training : tuple of Tensor
        Indices of the records of each model; the first is the model that is deployed, the others
        are an adversary's shadow models.
    kept : mapping of str to Tensor
        What attack and defense set aside for later, such as a trigger.
    owned : Tensor or None
        Indices of the records that the adversary has, where these are not simply all `unused` ones.
    handed : Tensor or None
        Indices of those among them that another adversary has handed on.
    """

    seed: int
    pool: Pool
    classes: int
    candidates: Tensor
    test: Tensor
    deployed: Tensor
    training: tuple[Tensor, ...]
    kept: Mapping[str, Tensor] = field(default_factory=lambda: MappingProxyType({}))
    owned: Tensor | None = None
    handed: Tensor | None = None

    @property
    def unused(self) -> Tensor:
        """Candidates that the deployed model was not trained on; an adversary may have them."""
        mine = torch.isin(self.candidates, self.deployed)
        return self.candidates[~mine]

    @property
    def auxiliary(self) -> Tensor:
        """Indices of the records that the adversary has: its auxiliary data."""
        return self.unused if self.owned is None else self.owned

    @property
    def unseen(self) -> Tensor:
        """All records of the data set that the deployed model was not trained on."""
        return torch.cat([self.unused, self.test])

    def generator(self, purpose: str) -> np.random.Generator:
        """Return the random stream of this seed for a purpose; the same in both arms."""
        return numpy_generator(self.seed, purpose)

    def keeping(self, **kept: Tensor) -> DataSplit:
        """Return the same data split with more set aside for later."""
        return replace(self, kept=MappingProxyType({**self.kept, **kept}))

    def adding(self, x: Tensor, y: Tensor, z: Tensor, **kept: Tensor) -> DataSplit:
        """Return a data split in which every model is trained on further records too."""
        start = len(self.pool.x)
        new = torch.arange(start, start + len(x), device=self.pool.x.device)
        return replace(
            self,
            pool=self.pool.extended(x, y, z),
            training=tuple(torch.cat([each, new]) for each in self.training),
            kept=MappingProxyType({**self.kept, **kept}),
        )

    def handing(self, places: Tensor, x: Tensor, y: Tensor, z: Tensor) -> DataSplit:
        """Return a data split in which the adversary has other records in the place of own ones.

        No model is trained on them but what the adversary trains itself.

        Parameters
        ----------
        places : Tensor
            Which of the auxiliary records these replace, by their place: (records,).
        x, y, z : Tensor
            The other records: (records, *shape), (records,), (records, attributes).
        """
        start = len(self.pool.x)
        new = torch.arange(start, start + len(x), device=self.pool.x.device)
        owned = self.auxiliary.clone()
        owned[places] = new
        return replace(self, pool=self.pool.extended(x, y, z), owned=owned, handed=new)

    def replacing(self, old: Tensor, x: Tensor, y: Tensor, z: Tensor, **kept: Tensor) -> DataSplit:
        """Return a split in which changed records take the place of old ones everywhere."""
        start = len(self.pool.x)
        where = torch.arange(start, device=old.device)
        where[old] = torch.arange(start, start + len(old), device=old.device)
        return replace(
            self,
            pool=self.pool.extended(x, y, z),
            training=tuple(where[each] for each in self.training),
            kept=MappingProxyType({**self.kept, **kept}),
        )


class Imitated(Protocol):
    """How a model's releases come from its gradients; equal ones make the same of them."""

    @property
    def operations(self) -> Hashable | None:
        """Equal for those that do the same to any records; None where that is not known."""

    def __call__(self, gradient: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        """Return what is released of records.

        Parameters
        ----------
        gradient : callable
            From records to the gradient, there, of the answer's probability.
        x : Tensor
            (records, *shape).
        """


class DeployedDefense(Protocol):
    """What a target model's defense does once it is deployed; `validator.defenses` has them."""

    provable: ClassVar[bool]
    evidence: ClassVar[tuple[str, str] | None]

    def predict(self, models: Ensemble, split: DataSplit, x: Tensor, z: Tensor | None) -> Tensor:
        """Return the logits that a client gets: (models, records, classes)."""

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor | None:
        """Return what is released beside the predictions: (models, records, numbers)."""

    def imitated(self, split: DataSplit) -> Imitated | None:
        """Return how a model's releases come from its gradients, or None."""

    def ownership(self, target: TargetModel, suspects: Ensemble) -> list[float]:
        """Return, for each suspect, the p-value of the owner's test that it is theirs."""

    def proof(
        self, target: TargetModel, suspects: Ensemble, asked: Sequence[Tensor]
    ) -> list[float]:
        """Return the same for suspects whose makers queried the target model."""


@dataclass(frozen=True, eq=False)
class TargetModel:
    """What an adversary faces: the models of a data split, trained, under their defense.

    Attributes
    ----------
    split : DataSplit
        What they were trained on.
    models : Ensemble
        The deployed model first, then the shadow models.
    defense : DeployedDefense or None
        None in the baseline arm.
    supposed : Architecture or None
        What the adversary takes the models to look like, where another one has found that out.
    """

    split: DataSplit
    models: Ensemble
    defense: DeployedDefense | None
    supposed: Architecture | None = None

    @property
    def deployed(self) -> Ensemble:
        """The one model that is attacked."""
        return self.models.only([0])

    def first(self, models: int) -> TargetModel:
        """Return it with the first models only: the deployed one, and shadow models."""
        if models == len(self.models):
            return self
        fewer = replace(self.split, training=self.split.training[:models])
        return replace(self, split=fewer, models=self.models.only(range(models)))

    def alone(self, place: int) -> TargetModel:
        """Return one of its models as the deployed one, with randomness of its own."""
        split = self.split
        own = replace(
            split,
            seed=derive(split.seed, "target", place),
            deployed=split.training[place],
            training=(split.training[place],),
        )
        return replace(self, split=own, models=self.models.only([place]))

    def predictions(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """Return the classes that the deployed model gives: (records,)."""
        return self.first(1).logits(x, z)[0].argmax(-1)

    def logits(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """Return what anyone gets who asks the models, as logits: (models, records, classes)."""
        if self.defense is None:
            return self.models.logits(x)
        return self.defense.predict(self.models, self.split, x, z)

    def revealed(self, x: Tensor) -> Tensor | None:
        """Return what the defense releases beside the answers: (models, records, numbers)."""
        if self.defense is None:
            return None
        return self.defense.side_channel(self.models, self.split, x)

    def observed(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """Return all that anyone sees who asks the models: (models, records, numbers).

        Probabilities of the classes, then what the defense releases beside them.
        """
        answers, beside = self.logits(x, z).softmax(-1), self.revealed(x)
        return answers if beside is None else torch.cat([answers, beside], dim=-1)


def pool_of(data: Dataset, device: torch.device) -> Pool:
    """Move a data set to a device."""

    def moved(array: np.ndarray) -> Tensor:
        return torch.tensor(array, device=device)

    return Pool(moved(data.x), moved(data.y), moved(data.z), moved(data.low), moved(data.high))


def split_data(data: Dataset, pool: Pool, seed: int, models: int) -> DataSplit:
    """Split the data for one seed.

    Test records are drawn by class. The deployed model gets exactly half of the others; of the
    shadow models, each record trains half (Carlini et al. 2022, Membership Inference Attacks From
    First Principles, section V).

    Parameters
    ----------
    data : Dataset
        What is split.
    pool : Pool
        The same records, on the device.
    seed : int
        Splits and masks depend on it alone.
    models : int
        The deployed model and its shadow models.
    """
    draw = numpy_generator(seed, "split")
    test = []
    for label in range(data.classes):
        rows = draw.permutation(np.flatnonzero(data.y == label))
        test.append(rows[: max(1, round(TEST_SHARE * len(rows)))])
    held = np.sort(np.concatenate(test))
    rest = np.setdiff1d(np.arange(data.records), held)
    masks = np.zeros((models, len(rest)), dtype=bool)
    masks[0, numpy_generator(seed, "training").permutation(len(rest))[: len(rest) // 2]] = True
    if models > 1:
        order = numpy_generator(seed, "shadows").random((models - 1, len(rest))).argsort(0)
        masks[1:] = order < (models - 1) // 2

    def moved(rows: np.ndarray) -> Tensor:
        return torch.tensor(rows, device=pool.x.device)

    return DataSplit(
        seed=derive(seed, data.digest),
        pool=pool,
        classes=data.classes,
        candidates=moved(rest),
        test=moved(held),
        deployed=moved(rest[masks[0]]),
        training=tuple(moved(rest[mask]) for mask in masks),
    )

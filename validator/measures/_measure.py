"""Base class of factor measures."""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..peers import peers

if TYPE_CHECKING:
    from ..arms.splits import DataSplit, TargetModel
    from ..data import Dataset
    from ..training.ensembles import Ensemble

__all__ = [
    "Measure",
    "NotMeasurable",
    "Subject",
    "factors_of",
    "input_gradient",
    "logits",
    "measures",
]

_UNDERIVED = ("derivative", "differentiate")
"""What torch says, in one word or the other, where something cannot be derived once more."""
_UNREACHED = ("require grad", "not have been used")
"""What torch says where nothing leads from records to answers that can be derived."""

_SAMPLE = 1024
"""Training records that gradients are taken at; more would only take time and memory."""


class NotMeasurable(Exception):
    """A factor cannot be measured on this target model; the message says why."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A target model with its data, and what measures look at.

    Attributes
    ----------
    target : TargetModel
        The deployed model first, then the shadow models, where there are any.
    data : Dataset
        What they learn.
    """

    target: TargetModel
    data: Dataset

    @property
    def split(self) -> DataSplit:
        """What was trained on what."""
        return self.target.split

    @cached_property
    def model(self) -> Ensemble:
        """The deployed model."""
        return self.target.deployed

    @cached_property
    def inside(self) -> Tensor:
        """Indices of the data set's own records that the deployed model was trained on.

        What attack and defense added or replaced is left out: it is not drawn like the records that
        no model has seen, and so cannot be compared with them.
        """
        split = self.split
        found = split.deployed[torch.isin(split.deployed, split.training[0])]
        if not len(found):
            raise NotMeasurable("none of the data set's own records trains the deployed model")
        return found

    @cached_property
    def sample(self) -> Tensor:
        """Indices of at most 1,024 of the records `inside`, drawn once."""
        inside = self.inside
        if len(inside) <= _SAMPLE:
            return inside
        chosen = self.split.generator("measured records").permutation(len(inside))[:_SAMPLE]
        return inside[torch.as_tensor(chosen, device=inside.device)]

    def logits(self, x: Tensor) -> Tensor:
        """Run the deployed model so that gradients can be taken: (records, classes)."""
        return logits(self.model, x)

    def observed(self, records: Tensor) -> Tensor:
        """Return what anyone sees of the deployed model: (records, numbers).

        Probabilities of the classes, then what the defense releases beside them.
        """
        pool = self.split.pool
        alone = replace(self.target, models=self.model)
        return alone.observed(pool.x[records], pool.z[records])[0]


class Measure(ABC):
    """Says how much of one factor there is in a target model.

    Attributes
    ----------
    factor : str
        Id of the factor; a higher number is more of it, as the knowledge base means it.
    name : str
        What people call the number, with its unit.
    smallest_change : float
        Changes below this do not matter in practice.
    relative : bool
        Whether that is a share of the number itself, or in its unit.
    """

    factor: ClassVar[str]
    name: ClassVar[str]
    smallest_change: ClassVar[float]
    relative: ClassVar[bool] = False

    def matters(self, baseline: float) -> float:
        """Return the smallest change that matters beside a baseline, in the unit."""
        return self.smallest_change * (abs(baseline) if self.relative else 1.0)

    @abstractmethod
    def measure(self, subject: Subject) -> float:
        """Return the number; it depends on this target model alone.

        Raises
        ------
        NotMeasurable
            This target model or its data do not have what it takes.
        """


def logits(model: Ensemble, x: Tensor) -> Tensor:
    """Run a single model, without what batching costs: (records, *shape) to (records, classes)."""
    return model.call(
        {name: each[0] for name, each in model.parameters.items()},
        {name: each[0] for name, each in model.buffers.items()},
        x,
    )


def input_gradient(
    total: Tensor, x: Tensor, *, create_graph: bool = False, retain_graph: bool | None = None
) -> Tensor:
    """Return the gradient of a number by records, which were part of how it came about.

    Raises
    ------
    NotMeasurable
        The model lets none through, or it cannot be taken once more.
    """
    try:
        (found,) = torch.autograd.grad(
            total, x, create_graph=create_graph, retain_graph=retain_graph
        )
    except RuntimeError as error:
        if any(word in str(error) for word in _UNDERIVED):
            raise NotMeasurable("the model has a part without second derivatives") from error
        if any(words in str(error) for words in _UNREACHED):
            raise NotMeasurable("no gradient of the model reaches its records") from error
        raise
    return found


@cache
def measures() -> dict[str, type[Measure]]:
    """Return the measures by the id of the factor."""
    return peers(sys.modules[__package__], Measure)  # type: ignore[type-abstract]


def factors_of(target: TargetModel, data: Dataset) -> tuple[dict[str, float], dict[str, str]]:
    """Measure all factors of a target model.

    Parameters
    ----------
    target : TargetModel
        Trained, and under its defense.
    data : Dataset
        What it learned.

    Returns
    -------
    factors : dict of str to float
        Finite numbers, by factor.
    unmeasured : dict of str to str
        Why the other factors have none.
    """
    subject = Subject(target, data)
    factors, unmeasured = {}, {}
    for factor, kind in measures().items():
        try:
            found = kind().measure(subject)
        except NotMeasurable as error:
            unmeasured[factor] = str(error)
            continue
        if math.isfinite(found):
            factors[factor] = found
        else:
            unmeasured[factor] = "the measure gives no finite number for this model"
    return factors, unmeasured

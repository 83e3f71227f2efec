"""Explanations: how much each attribute contributed to an answer, released beside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor
from torch.func import grad

from ..arms.splits import DataSplit, TargetModel
from ..settings import setting
from ..training.spec import Schedule
from ._defense import Defense, EffectivenessMetric, Stage

if TYPE_CHECKING:
    from ..arms.changes import Change
    from ..training.ensembles import Ensemble

__all__ = ["Explanations"]

_ROWS = 1 << 15
"""Records whose gradients are taken at once, summed over the models."""

_IMITATED_STEPS = 2
"""Steps by which an imitator explains its own model."""

Gradient = Callable[[Tensor], Tensor]
"""From records (models, records, *shape) to gradients shaped like them."""


@dataclass(frozen=True)
class Explanations(Defense):
    r"""Releases feature attributions of the predicted class's probability with each answer.

    - ``integrated_gradients``: the gradient's mean on the straight way from a baseline record to
      this one, by the midpoint rule, times the difference of the two (Sundararajan, Taly and Yan
      2017). They add up to the difference of the two probabilities.
    - ``gradient``: at the record (Simonyan, Vedaldi and Zisserman 2014); ``input_times_gradient``:
      that times the record's difference from the baseline (Shrikumar et al. 2016).
    - ``smoothgrad``: the mean gradient at copies of the record with normal noise (Smilkov et al.
      2017), the same for all records, so that asking again gives the same.

    The models stay as they are. Whether the defense is effective is read from how far attributions
    are from adding up (the convergence delta of Def\\Con). Integrated gradients alone promise that:
    5 % is what Sundararajan et al. (section 5) find with 20 to 300 steps, and advise to check. With
    the other methods no verdict is to be expected beyond the measured outcome.
    """

    id: ClassVar[str] = "explanations"
    stage: ClassVar[Stage] = "post"
    changes: ClassVar[frozenset[Change]] = frozenset({"explanations"})
    reading: ClassVar[EffectivenessMetric | None] = EffectivenessMetric(
        "completeness_error",
        "error of the attributions' sum, as a share of what they explain",
        0.05,
        "lower",
        0.02,
    )

    attribution: str = setting(
        "integrated_gradients",
        "attribution method",
        choices=("integrated_gradients", "gradient", "input_times_gradient", "smoothgrad"),
    )
    baseline: str = setting(
        "zero",
        "baseline of the attributions: zero, or the attributes' means",
        choices=("zero", "mean"),
    )
    steps: int = setting(
        20, "points of integrated_gradients, copies of smoothgrad", least=1, most=10_000
    )
    noise: float = setting(
        0.15,
        "standard deviation of smoothgrad's noise, as a share of each attribute's range",
        least=1e-6,
        most=10.0,
    )

    def side_channel(self, models: Ensemble, split: DataSplit, x: Tensor) -> Tensor:
        """Return attributions: (models, records, attributes).

        The pixels of an image are its attributes, channel by channel.
        """
        gradient = _of_probability(models)
        predicted = models.logits(x).argmax(-1)
        rows = max(1, _ROWS // len(models))
        found = []
        for part, y in zip(torch.split(x, rows), torch.split(predicted, rows, dim=1), strict=True):
            each = part.expand(len(models), *part.shape)
            found.append(self.attributions(partial(gradient, y), split, each).flatten(2))
        return torch.cat(found, dim=1)

    def imitated(self, split: DataSplit) -> Imitation:
        """Return the attribution method, with few steps: it is repeated at each update."""
        few = replace(self, steps=min(self.steps, _IMITATED_STEPS))
        return Imitation(few, split, split if self._takes_means or self._takes_noise else None)

    @property
    def _takes_means(self) -> bool:
        compared = self.attribution in ("integrated_gradients", "input_times_gradient")
        return compared and self.baseline == "mean"

    @property
    def _takes_noise(self) -> bool:
        return self.attribution == "smoothgrad"

    def attributions(self, gradient: Gradient, split: DataSplit, x: Tensor) -> Tensor:
        """Explain records (models, records, *shape): shaped like them."""
        if self.attribution == "gradient":
            return gradient(x)
        if self.attribution == "smoothgrad":
            return self._smooth(gradient, split, x)
        away = x - self.reference(split)
        if self.attribution == "input_times_gradient":
            return away * gradient(x)
        total = torch.zeros_like(x)
        for step in range(self.steps):
            total += gradient(x - away * (1 - (step + 0.5) / self.steps))
        return away * total / self.steps

    def _smooth(self, gradient: Gradient, split: DataSplit, x: Tensor) -> Tensor:
        pool = split.pool
        draw = split.generator("smoothgrad")
        scale = self.noise * (pool.high - pool.low)
        total = torch.zeros_like(x)
        for _ in range(self.steps):
            noise = draw.standard_normal(tuple(scale.shape), dtype="float32")
            total += gradient(x + scale * torch.as_tensor(noise, device=x.device))
        return total / self.steps

    def reference(self, split: DataSplit) -> Tensor:
        """Return the baseline record: (*shape).

        Means are over all records that models may be trained on, so that they tell nothing of one
        model.
        """
        if self.baseline == "zero":
            return torch.zeros_like(split.pool.low)
        return split.pool.x[split.candidates].mean(0)

    def read(self, targets: Sequence[TargetModel], schedule: Schedule) -> list[float]:
        """Return by how much attributions of test records miss what they should add up to.

        That is the difference of the probabilities at the record and at the baseline. Of both,
        means of absolute values are compared: a ratio of each record's own would be about records
        whose answer is the baseline's.
        """
        del schedule
        return [self._read(target) for target in targets]

    def _read(self, target: TargetModel) -> float:
        split, model = target.split, target.deployed
        x = split.pool.x[split.test]
        here = model.logits(x)[0].softmax(-1)
        there = model.logits(self.reference(split)[None])[0].softmax(-1)
        predicted = here.argmax(-1, keepdim=True)
        wanted = (here - there).gather(1, predicted)[:, 0]
        missed = self.side_channel(model, split, x)[0].sum(-1) - wanted
        return float(missed.abs().mean() / wanted.abs().mean().clamp(min=1e-12))


@dataclass(frozen=True)
class Imitation:
    """Explains models as the defense does; equal ones explain them alike.

    Attributes
    ----------
    explanations : Explanations
        How.
    split : DataSplit
        What the imitated model was trained on.
    means_or_noise_of : DataSplit or None
        The split, where its means or its noise enter; None where nothing of it does.
    """

    explanations: Explanations
    split: DataSplit = field(compare=False)
    means_or_noise_of: DataSplit | None

    @property
    def operations(self) -> Hashable | None:
        """Equal for those that do the same to records; None where numbers of a split enter."""
        return self.explanations if self.means_or_noise_of is None else None

    def __call__(self, gradient: Gradient, x: Tensor) -> Tensor:
        """Explain records (records, *shape): shaped like them."""
        return self.explanations.attributions(gradient, self.split, x)


def _of_probability(models: Ensemble) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the gradient of the probability of given classes with respect to the records.

    From classes (models, records) and records (models, records, *shape), to gradients shaped like
    the records.
    """

    def of_one(
        parameters: dict[str, Tensor], buffers: dict[str, Tensor], y: Tensor, x: Tensor
    ) -> Sequence[Tensor]:
        def chosen(moved: Tensor) -> Tensor:
            answers = models.call(parameters, buffers, moved).softmax(-1)
            return answers.gather(-1, y[:, None]).sum()

        return (grad(chosen)(x),)

    batched = models.batched(of_one, "gradient of a probability")
    return lambda y, x: batched(y, x)[0]

"""Outlier removal after training by fine-pruning (Liu, Dolan-Gavitt and Garg 2018)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from crosscurrent.knowledge.errors import InputError

from ..arms.splits import DataSplit
from ..arms.trusted_records import fitted, trusted
from ..settings import setting
from ..training.layers import weighted_layers
from ..training.replacements import BatchNorm
from ._defense import Defense, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..training.architectures import Architecture
    from ..training.ensembles import Ensemble

__all__ = ["OutlierRemovalAfterTraining"]

_BINS = 20
"""Of the histogram whose entropy is taken."""

_STEPS = 20
"""Shares that are tried."""


@dataclass(frozen=True)
class OutlierRemovalAfterTraining(Defense):
    """Prunes hidden units that are inactive on trusted records, then fine-tunes.

    A backdoor hides in units that sound records leave dormant: the least active go first, or those
    whose activations on such records have the lowest entropy (as in Zheng et al. 2022, who take
    them on all records). As many go as the accuracy on the trusted records allows; no record with
    a trigger has a say in that.
    """

    id: ClassVar[str] = "outlier_removal"
    stage: ClassVar[Stage] = "post"
    protects_against: ClassVar[str | None] = "poisoning"

    trusted: float = setting(
        0.3, "share of the training records that are trusted", least=0.001, most=1.0
    )
    loss: float = setting(
        0.15, "tolerated loss of accuracy on trusted records", least=0.0, most=1.0
    )
    epochs: int = setting(20, "passes over these records afterwards", least=1, most=100_000)
    learning_rate: float = setting(0.01, "step of an update, by Adam", least=1e-9, most=100.0)
    order: str = setting(
        "activity", "criterion for ranking the units", choices=("activity", "entropy")
    )

    def check_model(self, architecture: Architecture) -> None:
        """Raise `InputError` without hidden units that can be told."""
        weighted_layers(architecture, self.id)
        for name, part in architecture.build(0).named_modules():
            if isinstance(part, BatchNorm | nn.modules.batchnorm._BatchNorm):
                raise InputError(
                    f"{self.name()} prunes hidden units, and {name.removeprefix('inner.')} of model"
                    f" {architecture.name} ({type(part).__name__}) would answer for them all the"
                    " same: use GroupNorm, or outlier_removal at another stage"
                )

    def postprocess(self, models: Ensemble, split: DataSplit) -> Ensemble:
        """Prune every model by its own trusted records."""
        layers = weighted_layers(models.architecture, self.id)[:-1]
        sound = trusted(split, self.trusted)
        found = [
            self._pruned(models.only([i]), layers, split.pool.x[mine], split.pool.y[mine])
            for i, mine in enumerate(sound)
        ]
        return fitted(
            models.joined(found, range(len(found))),
            split,
            sound,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
        )

    @torch.no_grad()
    def _pruned(self, model: Ensemble, layers: Sequence[str], x: Tensor, y: Tensor) -> Ensemble:
        scores = [self._score(each) for each in _activations(model, layers, x)]
        order = torch.cat(scores).argsort(stable=True)
        best, needed = model, _accuracy(model, x, y) - self.loss
        for step in range(1, _STEPS):
            out = torch.zeros_like(order, dtype=torch.bool)
            out[order[: round(step / _STEPS * len(order))]] = True
            parts = torch.split(out, [len(each) for each in scores])
            tried = _without(model, dict(zip(layers, parts, strict=True)))
            if _accuracy(tried, x, y) >= needed:
                best = tried
        return best

    def _score(self, activations: Tensor) -> Tensor:
        """Return what units are ordered by: (units,), from activations (observations, units)."""
        if self.order == "activity":
            active = activations.relu().mean(0)
            return active / active.mean().clamp(min=1e-12)  # layers differ in scale
        return torch.stack([_entropy(each) for each in activations.relu().T])


def _activations(model: Ensemble, layers: Sequence[str], x: Tensor) -> list[Tensor]:
    """Return what each layer gives its units for records: (observations, units).

    A unit of a convolutional layer is a channel, observed at every place.
    """
    found: dict[str, Tensor] = {}
    parts = dict(model.skeleton.named_modules())

    def keep(name: str, _module: nn.Module, _records: Tensor, given: Tensor) -> None:
        found[name] = given.movedim(1, -1).flatten(0, -2)

    hooks = [parts[name].register_forward_hook(partial(keep, name)) for name in layers]
    try:
        one = ({k: v[0] for k, v in state.items()} for state in (model.parameters, model.buffers))
        functional_call(model.skeleton, tuple(one), (x,))
    finally:
        for each in hooks:
            each.remove()
    return [found[name] for name in layers]


def _without(model: Ensemble, out: dict[str, Tensor]) -> Ensemble:
    """Return a model in which some units of some layers always get zero."""
    changed = dict(model.parameters)
    for layer, gone in out.items():
        for name in (f"{layer}.weight", f"{layer}.bias"):
            if name in changed:
                wide = gone.view(1, -1, *[1] * (changed[name].dim() - 2))
                changed[name] = changed[name].masked_fill(wide, 0.0)
    return replace(model, parameters=changed)


def _accuracy(model: Ensemble, x: Tensor, y: Tensor) -> float:
    return float((model.logits(x)[0].argmax(-1) == y).double().mean())


def _entropy(values: Tensor) -> Tensor:
    """Return the entropy, in nats, of values spread over equal bins between their bounds."""
    low, high = values.min(), values.max()
    place = ((values - low) / (high - low).clamp(min=1e-12) * _BINS).long().clamp(max=_BINS - 1)
    share = torch.bincount(place, minlength=_BINS).double() / len(values)
    entropy: Tensor = torch.special.entr(share).sum()
    return entropy

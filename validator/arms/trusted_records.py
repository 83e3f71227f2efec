"""The few records known to be sound, which a defense against poisoning works from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..training.randomness import derive
from ..training.spec import Schedule, TrainingRun
from ..training.trainer import train
from .splits import DataSplit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..training.ensembles import Ensemble

__all__ = ["fitted", "trusted"]


def trusted(split: DataSplit, share: float) -> tuple[Tensor, ...]:
    """Return, of each model's training records, those that were checked by hand.

    They are drawn by class among what the model was given and nobody has changed: each model is
    trained on them anyway, so none is a record that an attack is judged on as one that the model
    has not seen. Which of two records is checked first is the same for all models of a seed.

    Parameters
    ----------
    split : DataSplit
        As attacks have left it.
    share : float
        Of the records of each class, 0 to 1; at least one of each is checked.

    Returns
    -------
    tuple of Tensor
        Indices into the pool, sorted, for each model.
    """
    draw = split.generator("trusted").permutation(len(split.candidates))
    order = split.candidates[torch.as_tensor(draw, device=split.candidates.device)]
    found = []
    for records in split.training:
        mine = order[torch.isin(order, records)]
        y = split.pool.y[mine]
        parts = [mine[y == label] for label in range(split.classes)]
        checked = [part[: max(1, round(share * len(part)))] for part in parts]
        found.append(torch.cat(checked).sort().values)
    return tuple(found)


def fitted(
    models: Ensemble,
    split: DataSplit,
    sound: Sequence[Tensor],
    *,
    epochs: int,
    learning_rate: float,
) -> Ensemble:
    """Train models further by Adam, each on its own trusted records.

    Parameters
    ----------
    models : Ensemble
        As many as there are in the data split.
    split : DataSplit
        What they were trained on.
    sound : sequence of Tensor
        What each is trained on now, from `trusted`.
    epochs : int
        Passes over those of the first model: what it learns must not depend on the others.
    learning_rate : float
        Step of an update.
    """
    schedule = Schedule(len(sound[0]), epochs=epochs, learning_rate=learning_rate)
    members = [
        TrainingRun(derive(split.seed, "trusted", i), records) for i, records in enumerate(sound)
    ]
    return train(models.architecture, split.pool, members, schedule, start=models).models

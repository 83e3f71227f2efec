"""The few records known to be sound, which a defense against poisoning works from."""

from __future__ import annotations

import torch
from torch import Tensor

from .scenes import Scene

__all__ = ["trusted"]


def trusted(scene: Scene, share: float) -> tuple[Tensor, ...]:
    """Return, of each model's training records, those that were checked by hand.

    They are drawn by class among what the model was given and nobody has changed, and each model
    is trained on them with the rest: so no attack is judged on a record that the model has for
    being trusted. Which of two records is checked first is the same for all models of a seed.

    Parameters
    ----------
    scene : Scene
        As attacks have left it.
    share : float
        Of the records of each class, 0 to 1; at least one of each is checked.

    Returns
    -------
    tuple of Tensor
        Indices into the pool, sorted, for each model.
    """
    draw = scene.generator("trusted").permutation(len(scene.candidates))
    order = scene.candidates[torch.as_tensor(draw, device=scene.candidates.device)]
    found = []
    for records in scene.training:
        mine = order[torch.isin(order, records)]
        y = scene.pool.y[mine]
        parts = [mine[y == label] for label in range(scene.classes)]
        checked = [part[: max(1, round(share * len(part)))] for part in parts]
        found.append(torch.cat(checked).sort().values)
    return tuple(found)

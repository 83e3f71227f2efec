"""Shadow models that an adversary trains on records of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from crosscurrent.knowledge.errors import InputError

from ..training.architectures import unlike
from ..training.models import architecture
from ..training.randomness import derive
from ..training.spec import Pool, TrainingRun

if TYPE_CHECKING:
    from ..arms.splits import TargetModel
    from ..data import Dataset
    from ..training.architectures import Architecture
    from ..training.ensembles import Ensemble
    from ._attack import AttackerResources

__all__ = ["apart", "check_shadow_model", "own_shadows"]


def check_halves(shadows: int) -> None:
    """Raise `InputError` if no half of so many shadow models can be trained on each record."""
    if shadows % 2:
        raise InputError(f"attack.shadows={shadows}: should be even, since each record trains half")


def check_shadow_model(name: str, data: Dataset, *, own: bool) -> None:
    """Raise `InputError` if there is no such architecture for the data, or it would not be used."""
    if name and not own:
        raise InputError(
            f"attack.shadow_model={name}: goes with attack.own_records=true; otherwise shadow"
            " models are like the victim"
        )
    if name:
        architecture(name, data.shape, data.classes)


def apart(knowledge: str, targets: Architecture) -> dict[str, str]:
    """Return the settings of a second adversary with shadow models on its own records.

    Parameters
    ----------
    knowledge : str
        What the first one hands on: an id of a factor. If that is the architecture, this one's
        shadow models have another without it.
    targets : Architecture
        Of the target models.
    """
    own = {"own_records": "true"}
    return own | (
        {"shadow_model": unlike(targets)} if knowledge == "architecture_similarity" else {}
    )


def own_shadows(
    targets: Sequence[TargetModel],
    parts: Sequence[Sequence[Tensor]],
    model: str,
    resources: AttackerResources,
) -> list[Ensemble]:
    """Train shadow models for each target model, without any defense: the adversary knows of none.

    Parameters
    ----------
    targets : sequence of TargetModel
        What is attacked.
    parts : sequence of sequence of Tensor
        For each target model, which of the auxiliary records train each shadow model: indices into
        the pool of the victim's data split, (records,).
    model : str
        Architecture, as far as no other adversary has found out that of the target model; empty:
        the same as the victims'.

    Returns
    -------
    list of Ensemble
        The shadow models of each target model, in the order of their parts.
    """
    named = architecture(model, *_size(targets[0])) if model else None
    pool, offsets = _owned(targets)
    shaped: dict[str, Architecture | None] = {}
    by: dict[str, list[int]] = {}
    for place, target in enumerate(targets):
        look = target.supposed or named
        name = look.name if look else ""
        shaped[name] = look
        by.setdefault(name, []).append(place)
    found: dict[int, Ensemble] = {}
    for name, places in by.items():
        members = [
            TrainingRun(derive(targets[place].split.seed, "own shadow", i), offsets[place][rows])
            for place in places
            for i, rows in enumerate(parts[place])
        ]
        models = resources.train(pool, members, resources.schedule, shaped[name]).models
        start = 0
        for place in places:
            stop = start + len(parts[place])
            found[place] = models.only(range(start, stop))
            start = stop
    return [found[place] for place in range(len(targets))]


def _size(target: TargetModel) -> tuple[tuple[int, ...], int]:
    look = target.models.architecture
    return look.shape, look.classes


def _owned(targets: Sequence[TargetModel]) -> tuple[Pool, list[Tensor]]:
    """Put all auxiliary records behind one another; say where each of a victim's pool went."""
    x, y, z, offsets, total = [], [], [], [], 0
    for target in targets:
        own, pool = target.split.auxiliary, target.split.pool
        where = torch.full((len(pool.x),), -1, device=own.device)
        where[own] = torch.arange(total, total + len(own), device=own.device)
        offsets.append(where)
        total += len(own)
        x.append(pool.x[own])
        y.append(pool.y[own])
        z.append(pool.z[own])
    base = targets[0].split.pool
    return Pool(torch.cat(x), torch.cat(y), torch.cat(z), base.low, base.high), offsets

"""Shadow models that an adversary trains on records of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from knowledge.errors import InputError

from ..architectures import unlike
from ..members import Member, Pool
from ..models import architecture
from ..randomness import derive

if TYPE_CHECKING:
    from ..architectures import Architecture
    from ..data import Dataset
    from ..ensembles import Ensemble
    from ..scenes import Victim
    from ._attack import Lab

__all__ = ["apart", "check_shadow_model", "own_shadows"]


def check_shadow_model(name: str, data: Dataset, *, own: bool) -> None:
    """Raise `InputError` if there is no such architecture for the data, or it would not be used."""
    if name and not own:
        raise InputError(
            f"attack.shadow_model={name}: goes with attack.own_records=true; otherwise shadow"
            " models are like the victim"
        )
    if name:
        architecture(name, data.shape, data.classes)


def apart(knowledge: str, victims: Architecture) -> dict[str, str]:
    """Return the settings of a second adversary with shadow models on its own records.

    Parameters
    ----------
    knowledge : str
        What the first one hands on: an id of a factor. If that is the architecture, this one's
        shadow models have another without it.
    victims : Architecture
        Of the victims.
    """
    own = {"own_records": "true"}
    return own | (
        {"shadow_model": unlike(victims)} if knowledge == "architecture_similarity" else {}
    )


def own_shadows(
    victims: Sequence[Victim], parts: Sequence[Sequence[Tensor]], model: str, lab: Lab
) -> list[Ensemble]:
    """Train shadow models for each victim, without any defense: the adversary knows of none.

    Parameters
    ----------
    victims : sequence of Victim
        What is attacked.
    parts : sequence of sequence of Tensor
        For each victim, which of the auxiliary records train each shadow model: indices into the
        pool of the victim's scene, (records,).
    model : str
        Architecture, as far as no other adversary has found out that of the victim; empty: the
        same as the victims'.

    Returns
    -------
    list of Ensemble
        The shadow models of each victim, in the order of their parts.
    """
    named = architecture(model, *_size(victims[0])) if model else None
    pool, offsets = _owned(victims)
    shaped: dict[str, Architecture | None] = {}
    by: dict[str, list[int]] = {}
    for place, victim in enumerate(victims):
        look = victim.supposed or named
        name = look.name if look else ""
        shaped[name] = look
        by.setdefault(name, []).append(place)
    found: dict[int, Ensemble] = {}
    for name, places in by.items():
        members = [
            Member(derive(victims[place].scene.seed, "own shadow", i), offsets[place][rows])
            for place in places
            for i, rows in enumerate(parts[place])
        ]
        models = lab.train(pool, members, lab.schedule, shaped[name]).models
        start = 0
        for place in places:
            stop = start + len(parts[place])
            found[place] = models.only(range(start, stop))
            start = stop
    return [found[place] for place in range(len(victims))]


def _size(victim: Victim) -> tuple[tuple[int, ...], int]:
    look = victim.models.architecture
    return look.shape, look.classes


def _owned(victims: Sequence[Victim]) -> tuple[Pool, list[Tensor]]:
    """Put all auxiliary records behind one another; say where each of a victim's pool went."""
    x, y, z, offsets, total = [], [], [], [], 0
    for victim in victims:
        own, pool = victim.scene.auxiliary, victim.scene.pool
        where = torch.full((len(pool.x),), -1, device=own.device)
        where[own] = torch.arange(total, total + len(own), device=own.device)
        offsets.append(where)
        total += len(own)
        x.append(pool.x[own])
        y.append(pool.y[own])
        z.append(pool.z[own])
    base = victims[0].scene.pool
    return Pool(torch.cat(x), torch.cat(y), torch.cat(z), base.low, base.high), offsets

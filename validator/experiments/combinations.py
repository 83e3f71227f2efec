"""Combinations: several defenses in one model, set up and checked; nothing is trained yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, permutations, product
from math import factorial, prod
from types import MappingProxyType
from typing import TYPE_CHECKING, Unpack

import torch

from crosscurrent.knowledge.errors import InputError, UnknownName, clip
from crosscurrent.predictor.conflicts import combine

from ..arms.splits import pool_of, split_data
from ..attacks import Attack
from ..defenses import Defense, defenses
from ..plugins import attack_kind, defense_ids, defense_kinds
from ..settings import configured
from ..trials.trial import Trial, TrialContext
from .assignments import grouped, owned
from .combined_defense import Combined
from .experiment import SetupOptions, ground
from .guards import guard

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Variant

    from ..data import Dataset

__all__ = ["MOST_ORDERS", "Combination", "combination", "stage_name"]

MOST_ORDERS = 12
"""As many orders as one combination may be measured in; those that come to the same count once."""

_MOST_LISTED = 120
"""As many orders as a result may name."""


@dataclass(frozen=True, eq=False)
class Combination:
    """Defenses alone and together, on one or several draws of a data set, under several seeds.

    All arms face the same attacks: what an attack does to the training data it does in each, so
    that nothing but the combination differs.

    Attributes
    ----------
    contexts : tuple of TrialContext
        Data, model, training and device; one for each draw.
    members : tuple of Defense
        By stage, and as given within one.
    orders : tuple of tuple of tuple of Defense
        The orders that they are applied in, each the members by stage; those together that come to
        the same, since what they change in turn is changed in the same order.
    protects_against : mapping of str to Attack
        Of the risks that members guard against, by name of the member, where that is how their
        effectiveness is measured.
    seeds : tuple of int
        Each gives one trial of each arm.
    """

    contexts: tuple[TrialContext, ...]
    members: tuple[Defense, ...]
    orders: tuple[tuple[tuple[Defense, ...], ...], ...]
    protects_against: Mapping[str, Attack]
    seeds: tuple[int, ...]

    @property
    def arms(self) -> tuple[Defense | None, ...]:
        """No defense, each alone, and all of them in each order that comes to something else."""
        return (None, *self.members, *(Combined(alike[0]) for alike in self.orders))

    @property
    def context(self) -> TrialContext:
        """That of the first draw."""
        return self.contexts[0]

    def trials(self) -> list[Trial]:
        """Return all trials on one draw, the arms of a seed side by side."""
        mounted = tuple(dict.fromkeys(self.protects_against.values()))
        return [Trial(arm, mounted, seed) for seed in self.seeds for arm in self.arms]


def stage_name(defense: Defense) -> str:
    """Return what a defense is called among defenses at stages, such as ``watermarking@pre``."""
    return f"{defense.id}@{defense.stage}"


def combination(
    kb: KnowledgeBase,
    names: Sequence[str],
    *,
    settings: Sequence[str] = (),
    **on: Unpack[SetupOptions],
) -> Combination:
    """Set a combination up; nothing is trained yet.

    It is measured in every order of the defenses of a stage; stages follow one another.

    Parameters
    ----------
    kb : KnowledgeBase
        Knows the names, codes and stages.
    names : sequence of str
        Two or more defenses, as `predictor.conflicts.combine` takes them.
    settings : sequence of str
        ``training.name=value`` and ``data.name=value``; and ``defense.ID.name=value``, where ID is
        a defense as in `names` or as its id at a stage, and ``attack.ID.name=value``, where ID is a
        risk that one of them guards against.
    **on
        On what, and with what: as `validator.experiments.experiment.ground` takes it.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    try:
        variants = combine(kb, names).defenses
    except UnknownName as error:
        if ":" not in error.name and error.name.partition("@")[0] not in defense_ids():
            raise
        raise InputError(
            f"{clip(error.name)}: a combination takes a defense at a stage that the knowledge base"
            " knows: name the plug-in by its id, and its knowledge files (--knowledge)"
        ) from error
    kinds = {variant.id: _kind(variant) for variant in variants}
    guarded = {
        kind.protects_against for kind in kinds.values() if kind.protects_against is not None
    }
    common, own = owned(settings, partial(_whose, kb, list(kinds), guarded), "of a combination")
    given = grouped(common)
    members = [
        configured(kind, own.get(("defense", name), {}), f"defense.{name}")
        for name, kind in kinds.items()
    ]
    setup = ground(given, **on)
    for each in members:
        for data in setup.draws:
            each.check(data)
        each.check_model(setup.architecture)
    settled = tuple(each.settled(setup.data) for each in members)
    protects_against = {}
    for each in settled:
        if each.protects_against is not None:
            protects_against[each.name()] = _guard(
                each, own.get(("attack", each.protects_against), {}), setup.data
            )
    poisson = any(each.sampling == "poisson" for each in settled)
    contexts = setup.contexts("poisson" if poisson else "shuffled")
    planned = Combination(
        contexts, settled, _orders(settled), MappingProxyType(protects_against), setup.seeds
    )
    Combined(settled).check_together(contexts[0].schedule, setup.data)
    _require_room(planned)
    planned.context.require_memory(planned.trials()[: len(planned.arms)])
    return planned


def _guard(defense: Defense, given: Mapping[str, str], data: Dataset) -> Attack:
    """Return the attack that a defense guards against, which has to try what is defended."""
    name = f"attack.{defense.protects_against}"
    kind = attack_kind(str(defense.protects_against))
    found = guard(defense, kind, given, name, f"defense.{defense.id}")
    found.check(data)
    return found.settled(data)


def _require_room(planned: Combination) -> None:
    """Raise `InputError` if the triggers of all have no room beside one another."""
    data = planned.context.data
    split = split_data(data, pool_of(data, torch.device("cpu")), planned.seeds[0], 1)
    for attack in dict.fromkeys(planned.protects_against.values()):
        split = attack.poison_data(split)
    for alike in planned.orders:
        try:
            Combined(alike[0]).prepare(split)
        except InputError as error:
            names = ", then ".join(map(stage_name, alike[0]))
            raise InputError(f"{names}: {error}") from error


def _kind(variant: Variant) -> type[Defense]:
    if variant.defense in defense_ids():
        for kind in defense_kinds(variant.defense):
            if kind.stage == variant.stage:
                return kind
    can = ", ".join(sorted(f"{kind.id}@{kind.stage}" for kind in defenses().values()))
    raise InputError(f"{variant.id} cannot be measured yet; measurable: {can}")


def _whose(
    kb: KnowledgeBase, names: Sequence[str], guarded: set[str], group: str, peer: str
) -> str:
    """Return which of the defenses, or of the risks that they guard against, is meant."""
    try:
        found = kb.variant(peer).id if group == "defense" else kb.risk(peer).id
    except InputError:
        found = peer
    known = list(names) if group == "defense" else sorted(guarded)
    if found in known:
        return found
    alone = [name for name in known if name.partition("@")[0] == found.partition("@")[0]]
    if "@" not in peer and len(alone) == 1:
        return alone[0]
    raise UnknownName(f"{group} of the combination", peer, known)


def _orders(members: Sequence[Defense]) -> tuple[tuple[tuple[Defense, ...], ...], ...]:
    stages = [list(each) for _, each in groupby(members, key=lambda member: member.stage)]
    count = prod(factorial(len(each)) for each in stages)
    if count > _MOST_LISTED:
        raise _too_many(f"{count} orders of these defenses", _MOST_LISTED)
    alike: dict[tuple[tuple[Defense, ...], ...], list[tuple[Defense, ...]]] = {}
    for parts in product(*(permutations(each) for each in stages)):
        order = tuple(each for part in parts for each in part)
        alike.setdefault(Combined(order).sequence, []).append(order)
    if len(alike) > MOST_ORDERS:
        raise _too_many(f"{len(alike)} orders of these defenses that differ", MOST_ORDERS)
    return tuple(map(tuple, alike.values()))


def _too_many(orders: str, most: int) -> InputError:
    return InputError(f"there are {orders}, and at most {most} are measured: leave some out")

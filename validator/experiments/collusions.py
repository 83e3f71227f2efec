"""Collusions: a second attack without and with a first one, set up; nothing is trained yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Unpack

from crosscurrent.knowledge.errors import InputError

from ..attacks import Attack
from ..plugins import attack_ids, attack_kind
from ..settings import configured
from ..trials.trial import Trial
from .assignments import grouped
from .experiment import SetupOptions, ground

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from ..trials.trial import TrialContext

__all__ = [
    "COLLUSION_GROUPS",
    "Collusion",
    "collusion",
    "measurable",
]

COLLUSION_GROUPS: Final = ("training", "data", "first", "second")
"""What settings are of."""


@dataclass(frozen=True, eq=False)
class Collusion:
    """A second attack without and with the first, on draws of a data set, under several seeds.

    Attributes
    ----------
    contexts : tuple of TrialContext
        Data, model, training and device; one for each draw.
    first, second : Attack
        What is mounted.
    names : tuple of str
        Ids of the two attacks, as in the knowledge base.
    seeds : tuple of int
        Each gives one trial of either arm.
    """

    contexts: tuple[TrialContext, ...]
    first: Attack
    second: Attack
    names: tuple[str, str]
    seeds: tuple[int, ...]

    @property
    def context(self) -> TrialContext:
        """That of the first draw."""
        return self.contexts[0]

    def trials(self) -> list[Trial]:
        """Return all trials on one draw: of a seed without the first, then with it."""
        return [
            Trial(None, (self.second,), seed, first)
            for seed in self.seeds
            for first in (None, self.first)
        ]

    def work(self, trials: Sequence[Trial]) -> int:
        """Return about how many models × updates trials take."""
        return self.context.work(trials)


def measurable(kb: KnowledgeBase) -> list[tuple[str, str]]:
    """Return the ids of the attacks of each collusion that can be measured, first and second."""
    known = attack_ids()
    named = []
    for name, each in kb.attacks.items():
        if each.risk in known:
            with suppress(InputError):  # a plug-in that cannot be used
                named.append((name, attack_kind(each.risk)))
    return [(one, other) for one, a in named for other, b in named if not _why_not(a, b)]


def collusion(
    kb: KnowledgeBase,
    first: str,
    second: str,
    *,
    settings: Sequence[str] = (),
    **on: Unpack[SetupOptions],
) -> Collusion:
    """Set a collusion up; nothing is trained yet.

    Parameters
    ----------
    kb : KnowledgeBase
        Knows the names and codes.
    first, second : str
        Attacks, by id, code or alias, or by the risk that they exploit.
    settings : sequence of str
        ``group.name=value`` with group training, data, first or second.
    **on
        On what, and with what: as `validator.experiments.experiment.ground` takes it.

    Raises
    ------
    InputError
        Anything that will not work, before any training starts.
    """
    given = grouped(settings, COLLUSION_GROUPS)
    one, other = kb.attack(first), kb.attack(second)
    for each in (one, other):
        if each.risk not in attack_ids():
            raise InputError(f"{each.id} cannot be measured yet; measurable: {_listed(kb)}")
    kinds = attack_kind(one.risk), attack_kind(other.risk)
    if said := _why_not(*kinds):
        raise InputError(f"{one.id}, then {other.id}: {said}; measurable: {_listed(kb)}")
    setup = ground(given, **on)
    needed: Mapping[str, str] = {}
    if knowledge := kinds[0].yields:
        needed = kinds[1]().second_settings(knowledge, setup.architecture)
    chosen = {**needed, **given["second"]}
    if needed and (own := chosen.get("own_records", "true")) != "true":
        raise InputError(
            f"--set second.own_records={own}: should be true after {one.id}; an adversary who has"
            " the victim's records needs none that another hands on"
        )
    with _about("first"):
        before = configured(kinds[0], given["first"], "first")
        for data in setup.draws:
            before.check(data)
        before = before.settled(setup.data)
    with _about("second"):
        after = configured(kinds[1], chosen, "second")
        for data in setup.draws:
            after.check(data)
        after = after.settled(setup.data)
    planned = Collusion(setup.contexts(), before, after, (one.id, other.id), setup.seeds)
    planned.context.require_memory(planned.trials()[:2])
    return planned


def _why_not(first: type[Attack], second: type[Attack]) -> str:
    """Return why a collusion cannot be measured; empty if it can be."""
    if first is second:
        return "both are the same, and collusion takes two different attacks"
    if _plants(second):
        return "the second attack would change what models are trained on, before the first comes"
    if _plants(first):
        return ""
    if first.yields is None:
        return f"{first.risk} hands nothing on here"
    if first.yields not in second.uses:
        return f"{second.risk}, as it is mounted here, has no use for {first.yields}"
    return ""


def _plants(kind: type[Attack]) -> bool:
    return kind.inject is not Attack.inject


def _listed(kb: KnowledgeBase) -> str:
    """Return what can be measured, in words."""
    seconds: dict[str, list[str]] = {}
    for one, other in measurable(kb):
        seconds.setdefault(one, []).append(other)
    return "; ".join(f"{one} → {', '.join(others)}" for one, others in seconds.items())


@contextmanager
def _about(side: str) -> Iterator[None]:
    """Call settings of an attack in messages what they are called here."""
    try:
        yield
    except InputError as error:
        said = re.sub(r"\battack\.", f"{side}.", str(error))
        if said == str(error):
            raise
        raise InputError(said) from error

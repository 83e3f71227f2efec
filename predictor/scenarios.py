"""Scenarios: factors held, raised or lowered, the adversary, and the conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from crosscurrent.knowledge.errors import InputError, UnknownName

if TYPE_CHECKING:
    from crosscurrent.knowledge import Characteristic, Condition, KnowledgeBase

    from .signs import Sign

__all__ = [
    "NOTHING_ASSUMED",
    "Scenario",
    "ScenarioError",
    "meets",
    "scale_of",
    "scenario",
    "together",
]


class ScenarioError(InputError, ValueError):
    """Assumptions that contradict each other or make no sense."""


class Scenario(NamedTuple):
    """Assumptions under which a prediction is made; ids throughout.

    Attributes
    ----------
    raised, lowered : frozenset of str
        Factors that the context pushes up or down, whatever the defense does.
    held : frozenset of str
        Factors kept constant by other means: paths through them do not count.
    adversary : mapping from str to str
        What the adversary is, by characteristic.
    given : mapping from str to str
        Under which conditions, by condition.
    """

    raised: frozenset[str] = frozenset()
    lowered: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    adversary: Mapping[str, str] = MappingProxyType({})
    given: Mapping[str, str] = MappingProxyType({})

    @property
    def touched(self) -> frozenset[str]:
        """Factors that the context moves or holds."""
        return self.raised | self.lowered | self.held

    @property
    def stated(self) -> Mapping[str, str]:
        """What is stated of adversary and conditions, as `meets` takes it."""
        return {**self.adversary, **self.given} if self.given else self.adversary

    def push(self, factor: str) -> Sign:
        """Return the way in which the context moves a factor."""
        if factor in self.raised:
            return "+"
        return "-" if factor in self.lowered else "0"


NOTHING_ASSUMED = Scenario()

_PAST = {"raise": "raised", "lower": "lowered", "hold": "held"}


def scenario(
    kb: KnowledgeBase,
    *,
    raise_: Iterable[str] = (),
    lower: Iterable[str] = (),
    hold: Iterable[str] = (),
    adversary: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> Scenario:
    """Check assumptions against a knowledge base.

    Parameters
    ----------
    kb : KnowledgeBase
        Where factors and characteristics are looked up.
    raise_, lower, hold : iterable of str
        Factors, by id, code or alias.
    adversary : mapping from str to str, optional
        Values by characteristic, such as ``{"role": "malicious_accuser"}``.
    given : mapping from str to str, optional
        Values by condition, such as ``{"privacy_budget": "strict"}``. A characteristic of the
        adversary may be given here as well.

    Raises
    ------
    UnknownName
        If a factor, a characteristic, a condition or a value is not known.
    ScenarioError
        If a factor is assumed to move two ways, or to move and to be held, or a characteristic has
        two values.
    """
    chosen: dict[str, str] = {}
    groups: dict[str, set[str]] = {"raise": set(), "lower": set(), "hold": set()}
    for verb, names in (("raise", raise_), ("lower", lower), ("hold", hold)):
        for name in names:
            factor = kb.factor(name).id
            before = chosen.setdefault(factor, verb)
            if before != verb:
                past = " and ".join(_PAST[each] for each in (before, verb))
                raise ScenarioError(f"{factor} can't be both {past}: leave one out")
            groups[verb].add(factor)
    described: dict[str, str] = {}
    for key, value in (adversary or {}).items():
        if key not in kb.adversary:
            if key in kb.conditions:
                raise ScenarioError(
                    f"{key} is a condition, not of the adversary: state it as given"
                )
            raise UnknownName("adversary characteristic", key, list(kb.adversary))
        described[key] = _valued(kb, key, value)
    conditions: dict[str, str] = {}
    for key, value in (given or {}).items():
        if key in kb.adversary:
            if described.setdefault(key, _valued(kb, key, value)) != value:
                raise ScenarioError(f"{key} can't be both {described[key]} and {value}")
        elif key in kb.conditions:
            conditions[key] = _valued(kb, key, value)
        else:
            raise UnknownName("condition", key, [*kb.conditions, *kb.adversary])
    return Scenario(
        frozenset(groups["raise"]),
        frozenset(groups["lower"]),
        frozenset(groups["hold"]),
        MappingProxyType(described),
        MappingProxyType(conditions),
    )


def _valued(kb: KnowledgeBase, key: str, value: str) -> str:
    """Return a value, if it is one of the scale of that id; raise `UnknownName` if not."""
    scale = scale_of(kb, key)
    if value not in scale.values:
        raise UnknownName(f"value of {key}", value, scale.values)
    return value


def meets(
    kb: KnowledgeBase, stated: Mapping[str, str], when: Mapping[str, str] | None
) -> bool | None:
    """Say whether what is stated of adversary and setting is what a record's ``when`` takes.

    On an ordered scale a stronger value meets a weaker one, but for the weakest: whoever has any
    value would meet that, so a record that names it means that value alone.

    Parameters
    ----------
    kb : KnowledgeBase
        Where the scales are.
    stated : mapping from str to str
        Values by characteristic and condition, such as `Scenario.stated`.
    when : mapping from str to str, or None
        What the record takes; None: its source does not say.

    Returns
    -------
    bool or None
        None where that is open: what the record takes is unknown, or something that is not stated,
        and nothing contradicts it.
    """
    if when is None:
        return None
    answer: bool | None = True
    for key, needed in when.items():
        value = stated.get(key)
        if value is None:
            answer = None
        elif value != needed:
            scale = scale_of(kb, key)
            least, order = scale.values.index(needed), scale.values
            if not (scale.ordered and least and order.index(value) > least):
                return False
    return answer


def together(
    kb: KnowledgeBase, one: Mapping[str, str], other: Mapping[str, str]
) -> Mapping[str, str] | None:
    """Return what it takes that two conditions hold at once; None where they never do.

    Of two values of an ordered scale the stronger one is needed, unless one is the weakest, which
    means that value alone.
    """
    joint = dict(one)
    for key, value in other.items():
        had = joint.setdefault(key, value)
        if had != value:
            scale = scale_of(kb, key)
            ranks = [scale.values.index(each) for each in (had, value)]
            if not scale.ordered or 0 in ranks:
                return None
            joint[key] = scale.values[max(ranks)]
    return joint


def scale_of(kb: KnowledgeBase, key: str) -> Characteristic | Condition:
    """Return the characteristic of adversaries, or the condition, of that id.

    Raises
    ------
    KeyError
        If there is none.
    """
    return kb.adversary[key] if key in kb.adversary else kb.conditions[key]

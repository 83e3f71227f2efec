"""Collusion: whether one attack amplifies another, through which factors, and how sure that is.

The rule is the guideline of the USENIX Security 2026 paper (section 3.3, steps G1 to G3, G1 as
refined in section 6): what the first attack moves or yields meets what the second one depends on;
aligned signs amplify, opposed ones hinder, and without a common factor nothing can be concluded.
What the second adversary has anyway is not counted. The paper has no case of common factors that
disagree: we answer ``inconclusive``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from crosscurrent.knowledge.errors import InputError, UnknownName

from .budget import spend
from .scenarios import meets
from .signs import Sign, add, multiply

if TYPE_CHECKING:
    from crosscurrent.knowledge import (
        Attack,
        Collusion,
        Factor,
        KnowledgeBase,
        Outcome,
        Prerequisite,
    )

__all__ = [
    "NO_ADVERSARIES",
    "Adversaries",
    "Colluded",
    "Link",
    "Shortfall",
    "Verdict",
    "adversaries",
    "collude",
    "collude_all",
    "idle",
]

Verdict = Literal["amplifies", "hinders", "inconclusive", "unnecessary"]

_VERDICT: Final[dict[Sign, Verdict]] = {
    "+": "amplifies",
    "-": "hinders",
    "?": "inconclusive",
    "0": "inconclusive",
}
_FIRST: Final = "first."


class Adversaries(NamedTuple):
    """What is assumed of the two adversaries, by characteristic."""

    first: Mapping[str, str]
    second: Mapping[str, str]


NO_ADVERSARIES: Final = Adversaries({}, {})


class Link(NamedTuple):
    """A factor that the first attack moves, or knowledge it yields, and the second depends on.

    Attributes
    ----------
    factor : Factor
        The factor.
    moved_by : Outcome
        The first attack's edge.
    depends : Prerequisite
        The second attack's edge.
    effect : str
        Product of both signs: ``+`` where it helps the second attack.
    satisfied : str
        ``no``, ``partly`` or ``met``: whether the second adversary has it anyway.
    """

    factor: Factor
    moved_by: Outcome
    depends: Prerequisite
    effect: Sign
    satisfied: Literal["no", "partly", "met"]

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the works behind both edges, each once."""
        return tuple(dict.fromkeys((*self.moved_by.sources, *self.depends.sources)))


class Shortfall(NamedTuple):
    """How an assumed adversary compares with the least that its attack takes.

    ``standing`` is ``below`` (the attack is out of its reach), or ``above`` where the more it has
    the better it attacks.
    """

    adversary: Literal["first", "second"]
    characteristic: str
    value: str
    least: str
    standing: Literal["below", "above"]


class Colluded(NamedTuple):
    """The answer for one attack that may help another.

    Attributes
    ----------
    first, second : Attack
        The attack whose outcome is used, and the one that uses it.
    kind : str or None
        ``train_test`` or ``test_time``; None where the framework has no such collusion.
    verdict : str
        ``amplifies``, ``hinders``, ``inconclusive`` (no common factor, or they disagree) or
        ``unnecessary`` (the second adversary has everything that the first could give).
    potential : str or None
        ``full``, or ``reduced`` where the second adversary has part of it anyway; None unless the
        verdict is ``amplifies``.
    factors : tuple of Link
        All common factors.
    shortfalls : tuple of Shortfall
        Where the assumed adversaries differ from the least that their attacks take.
    observations : tuple of Collusion
        What was published or measured for this very pair.
    knowledge : str
        Digest of the knowledge base.
    """

    first: Attack
    second: Attack
    kind: Literal["train_test", "test_time"] | None
    verdict: Verdict
    potential: Literal["full", "reduced"] | None
    factors: tuple[Link, ...]
    shortfalls: tuple[Shortfall, ...]
    observations: tuple[Collusion, ...]
    knowledge: str

    @property
    def unmet(self) -> tuple[Link, ...]:
        """The factors that count: those the second adversary does not fully have anyway."""
        return tuple(link for link in self.factors if link.satisfied != "met")

    @property
    def published(self) -> str:
        """What was published: ``amplifies``, ``hinders``, ``disputed`` or nothing."""
        return _agreed(each.effect for each in self.observations if not each.measured)

    @property
    def measured(self) -> str:
        """What was measured in your own models, likewise."""
        return _agreed(each.effect for each in self.observations if each.measured)

    @property
    def proven(self) -> bool:
        """Whether it was published or measured to amplify, and nothing else was."""
        return {self.published, self.measured} - {""} == {"amplifies"}

    @property
    def out_of_reach(self) -> bool:
        """Whether one of the attacks takes more than its adversary is assumed to have."""
        return any(each.standing == "below" for each in self.shortfalls)

    @property
    def holds(self) -> bool:
        """Whether the first attack amplifies the second, both within reach: a link of a chain."""
        return self.verdict == "amplifies" and not self.out_of_reach

    @property
    def contradicted(self) -> bool:
        """Whether a source's own table says otherwise than its rule, whatever is assumed here."""
        said = {e.predicted for e in self.observations if e.predicted and not e.measured}
        return bool(said) and _VERDICT[_sum(self.factors)] not in said


def adversaries(kb: KnowledgeBase, described: Mapping[str, str]) -> Adversaries:
    """Check a description of the adversaries.

    Parameters
    ----------
    kb : KnowledgeBase
        Where characteristics are looked up.
    described : mapping from str to str
        Values by characteristic, of the second adversary or, with the prefix ``first.``, of the
        first.

    Raises
    ------
    UnknownName
        If a characteristic or a value is not known.
    """
    sides: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for name, value in described.items():
        key = name.removeprefix(_FIRST)
        characteristic = kb.adversary.get(key)
        if characteristic is None:
            raise UnknownName("adversary characteristic", key, list(kb.adversary))
        if value not in characteristic.values:
            raise UnknownName(f"value of {key}", value, characteristic.values)
        sides[key == name][key] = value
    return Adversaries(*sides)


def collude(
    kb: KnowledgeBase, first: str, second: str, assumed: Adversaries = NO_ADVERSARIES
) -> Colluded:
    """Say whether an attack's outcome can amplify another attack.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    first, second : str
        Attacks, by id, code or alias, or by the risk that they exploit.
    assumed : Adversaries, optional
        See `adversaries`. What is not stated is taken to be the least that the attack needs.

    Raises
    ------
    UnknownName
        If there is no such attack.
    InputError
        If both are the same.

    Examples
    --------
    >>> from crosscurrent.knowledge import load
    >>> answer = collude(load(), "poisoning", "model_extraction")
    >>> answer.verdict, [(link.factor.id, link.effect) for link in answer.factors]
    ('hinders', [('tail_length', '-')])
    """
    spend()
    one, other = kb.attack(first), kb.attack(second)
    if one.id == other.id:
        raise InputError(f"{one.id} is given twice: collusion takes two different attacks")
    moved = kb.outcomes_of(one.id)
    links = tuple(
        Link(
            kb.factors[name],
            moved[name],
            depends,
            multiply(moved[name].sign, depends.sign),
            _satisfied(kb, kb.factors[name], assumed.second),
        )
        for name, depends in kb.prerequisites_of(other.id).items()
        if name in moved
    )
    verdict = _VERDICT[_sum(link for link in links if link.satisfied != "met")]
    if links and all(link.satisfied == "met" for link in links):
        verdict = "unnecessary"
    potential: Literal["full", "reduced"] | None = None
    if verdict == "amplifies":
        potential = "reduced" if any(link.satisfied != "no" for link in links) else "full"
    return Colluded(
        one,
        other,
        _kind(kb, one, other),
        verdict,
        potential,
        links,
        (
            *_compared(kb, "first", one, assumed.first),
            *_compared(kb, "second", other, assumed.second),
        ),
        kb.colluded(one.id, other.id),
        kb.digest,
    )


def collude_all(
    kb: KnowledgeBase, assumed: Adversaries = NO_ADVERSARIES
) -> tuple[tuple[Colluded | None, ...], ...]:
    """Judge every attack against every other: a row for each first one; None for itself."""
    return tuple(
        tuple(collude(kb, a, b, assumed) if a != b else None for b in kb.attacks)
        for a in kb.attacks
    )


def idle(kb: KnowledgeBase, assumed: Adversaries) -> tuple[str, ...]:
    """Return the stated characteristics that no attack and no factor looks at.

    As in `adversaries`, those of the first adversary have the prefix ``first.``.
    """
    compared = {
        need.characteristic
        for attack in kb.attacks.values()
        for need in attack.needs
        if kb.adversary[need.characteristic].ordered
    }
    had = {each.characteristic for factor in kb.factors.values() for each in factor.satisfied_by}
    first = [_FIRST + key for key in assumed.first if key not in compared]
    return (*first, *(key for key in assumed.second if key not in compared | had))


def _agreed(effects: Iterable[str]) -> str:
    """Return the one effect that was seen, ``disputed`` if there are several."""
    seen = set(effects) - {"unexplored"}
    return seen.pop() if len(seen) == 1 else "disputed" if seen else ""


def _sum(links: Iterable[Link]) -> Sign:
    effect: Sign = "0"
    for link in links:
        effect = add(effect, link.effect)
    return effect


def _kind(
    kb: KnowledgeBase, first: Attack, second: Attack
) -> Literal["train_test", "test_time"] | None:
    """Say how the attacks collude: at test time, one hands knowledge to the other."""
    if second.time == "train":
        return None
    if first.time == "train":
        return "train_test"
    knowledge = {factor.id for factor in kb.factors.values() if factor.role == "knowledge"}
    yields = knowledge.intersection(kb.outcomes_of(first.id))
    needs = knowledge.intersection(kb.prerequisites_of(second.id))
    return "test_time" if yields and needs else None


def _satisfied(
    kb: KnowledgeBase, factor: Factor, adversary: Mapping[str, str]
) -> Literal["no", "partly", "met"]:
    degrees = {
        each.degree
        for each in factor.satisfied_by
        if meets(kb, adversary, {each.characteristic: each.value})
    }
    return "met" if "met" in degrees else "partly" if degrees else "no"


def _compared(
    kb: KnowledgeBase,
    side: Literal["first", "second"],
    attack: Attack,
    adversary: Mapping[str, str],
) -> list[Shortfall]:
    found: list[Shortfall] = []
    for need in attack.needs:
        key, value = need.characteristic, adversary.get(need.characteristic)
        if value is None or value == need.value or not kb.adversary[key].ordered:
            continue
        scale = kb.adversary[key].values
        if scale.index(value) < scale.index(need.value):
            found.append(Shortfall(side, key, value, need.value, "below"))
        elif need.more_helps:
            found.append(Shortfall(side, key, value, need.value, "above"))
    return found

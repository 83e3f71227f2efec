"""Plans: sets of defenses that protect, do not conflict, and raise other risks least.

The three papers answer single questions; this puts the answers together. A set of defenses covers
a risk if one of them is meant for it. Of several that are, those count that are expected to lower
it, if there are such; and where none at all is meant for it, whatever is expected to lower it
does. Conflicts are those of the rule; a set that was measured to conflict all the same comes last.
A set is dominated if another one raises no risk that it does not raise, takes no more defenses,
was not measured to conflict unless it was too, and is better in one of these. The search is exact:
it tries every smallest way to cover everything, and gives up only at a stated limit, which the
answer tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from crosscurrent.knowledge.errors import InputError

from .conflicts import outcome_of, workable
from .expectations import Expected, expected

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase, Variant

__all__ = ["MAX_STEPS", "Blocked", "Plan", "Plans", "Wish", "plan", "wish"]

MAX_STEPS: Final = 200_000
"""As many partial sets as a search looks at before it gives up."""


class Wish(NamedTuple):
    """What is asked of a plan; ids throughout.

    Attributes
    ----------
    protect : tuple of str
        Risks to cover.
    avoid : tuple of str
        Risks that no chosen defense may raise.
    have : tuple of Variant
        Defenses that are there already, and stay.
    most : int or None
        How many defenses a set may hold, those already there included.
    """

    protect: tuple[str, ...]
    avoid: tuple[str, ...]
    have: tuple[Variant, ...]
    most: int | None


class _Cost(NamedTuple):
    """What a set costs: the risks it raises, its size, and whether it was seen to conflict.

    None of the three falls when a defense is added.
    """

    raised: frozenset[str]
    size: int
    contradicted: bool

    def below(self, other: _Cost) -> bool:
        """Say whether this is as little in every respect and less in one."""
        return (
            self != other
            and self.raised <= other.raised
            and self.size <= other.size
            and self.contradicted <= other.contradicted
        )


class Plan(NamedTuple):
    """A set of defenses.

    Attributes
    ----------
    order : tuple of Variant
        The defenses at their stages, in an order in which by the rule none spoils another.
    alternatives : tuple of tuple of Variant
        The same defenses at other stages, in such an order; those that were measured to conflict
        come last.
    observed : tuple of Combination
        What contradicts the rule: combinations within the order or an alternative that were
        measured, after tuning where there was any, to conflict.
    covers : tuple of Expected
        For each risk to protect, what covers it.
    raises, lowers, open : tuple of Expected
        Every other effect of a defense, expected to raise a risk, to lower it, or not known: all
        but that it lowers what it is meant for and is to be protected.
    """

    order: tuple[Variant, ...]
    alternatives: tuple[tuple[Variant, ...], ...]
    observed: tuple[Combination, ...]
    covers: tuple[Expected, ...]
    raises: tuple[Expected, ...]
    lowers: tuple[Expected, ...]
    open: tuple[Expected, ...]

    @property
    def raised(self) -> frozenset[str]:
        """Ids of the risks that some defense of the set raises."""
        return frozenset(each.risk for each in self.raises)

    @property
    def contradicted(self) -> bool:
        """Whether some of its defenses were measured to conflict, at whichever stages."""
        return bool(self.against(self.order))

    def against(self, order: Iterable[Variant]) -> tuple[Combination, ...]:
        """Return what contradicts one of its orders."""
        return _within(order, self.observed)

    def dominates(self, other: Plan) -> bool:
        """Say whether this set is as good in every respect and better in one."""
        return self._cost.below(other._cost)

    @property
    def _cost(self) -> _Cost:
        return _Cost(self.raised, len(self.order), self.contradicted)


class Blocked(NamedTuple):
    """A wish that stands in the way: without it there are plans.

    ``wish`` is ``protect``, ``avoid``, ``have`` or ``max``; ``value`` what was asked.
    """

    wish: str
    value: str
    plans: int


class Plans(NamedTuple):
    """The answer.

    Attributes
    ----------
    wish : Wish
        What was asked.
    plans : tuple of Plan
        All sets that none dominates: those that no measurement contradicts first, then those
        with the fewest raised risks, then with the fewest defenses.
    complete : bool
        Whether the search came to its end; otherwise better sets may exist.
    blocked : tuple of Blocked
        If there is no plan: the single wishes without which there would be.
    knowledge : str
        Digest of the knowledge base.
    """

    wish: Wish
    plans: tuple[Plan, ...]
    complete: bool
    blocked: tuple[Blocked, ...]
    knowledge: str


def wish(
    kb: KnowledgeBase,
    *,
    protect: Iterable[str],
    avoid: Iterable[str] = (),
    have: Iterable[str] = (),
    most: int | None = None,
) -> Wish:
    """Check what is asked of a plan.

    Raises
    ------
    UnknownName
        If there is no such risk or defense.
    InputError
        If nothing is to be protected, a risk is both to be protected and avoided, a defense is
        there twice, those there conflict already or are more than allowed.
    """
    wanted = tuple(dict.fromkeys(kb.risk(name).id for name in protect))
    unwanted = tuple(dict.fromkeys(kb.risk(name).id for name in avoid))
    there = [kb.variant(name) for name in have]
    if not wanted:
        raise InputError("nothing to protect: name at least one risk")
    for risk in wanted:
        if risk in unwanted:
            raise InputError(
                f"{risk} can't be both protected and avoided: protect it to have it lowered,"
                " avoid it to have it not raised"
            )
    for variant in there:
        if there.count(variant) > 1:
            raise InputError(f"{variant.id} is given twice: leave one out")
    if workable(there) is None:
        names = " ".join(variant.id for variant in there)
        raise InputError(f"these conflict already: see crosscurrent combine {names}")
    if most is not None and len(there) > most:
        raise InputError(f"{len(there)} defenses are there already, more than {most}")
    return Wish(wanted, unwanted, tuple(there), most)


def plan(kb: KnowledgeBase, asked: Wish) -> Plans:
    """Return the sets of defenses that none dominates.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    asked : Wish
        See `wish`.

    Examples
    --------
    >>> from crosscurrent.knowledge import load
    >>> kb = load()
    >>> answer = plan(kb, wish(kb, protect=["unauthorized_model_ownership"]))
    >>> [each.order[0].defense for each in answer.plans]
    ['fingerprinting']
    """
    found, complete = _Search(kb, asked).run()
    blocked = () if found else _blocked(kb, asked)
    return Plans(asked, found, complete, blocked, kb.digest)


class _Search:
    """A search for the smallest ways to cover everything, with what must hold on the way.

    Leaving a defense out of a set never adds a conflict or a raised risk, as every pair of a plan
    is in order, so only sets from which none can be left out need a look.
    """

    def __init__(self, kb: KnowledgeBase, asked: Wish) -> None:
        self.kb, self.asked = kb, asked
        self.able = [name for name in kb.defenses if kb.stages(name)]
        known = dict.fromkeys([*self.able, *(v.defense for v in asked.have)])
        self.effects = {name: [expected(kb, name, risk) for risk in kb.risks] for name in known}
        self.raised = {
            name: frozenset(each.risk for each in own if each.effect == "increase")
            for name, own in self.effects.items()
        }
        self.coverers = {risk: self._coverers(risk) for risk in asked.protect}
        self.conflicts = tuple(
            each
            for each in kb.combinations.values()
            if each.defenses and outcome_of(each) == "conflict"
        )
        self.there = frozenset(variant.defense for variant in asked.have)
        # a defense at two stages counts twice in what was asked, and once as a name here
        twice = len(asked.have) - len(self.there)
        self.most = None if asked.most is None else asked.most - twice
        self.best: dict[frozenset[str], _Cost] = {}
        self.seen: set[frozenset[str]] = set()
        self.steps = 0

    def run(self) -> tuple[tuple[Plan, ...], bool]:
        if not any(self.raised[name].intersection(self.asked.avoid) for name in self.there):
            self._extend(self.there)
        plans = [self._plan(names) for names in self.best]
        plans = [p for p in plans if not any(other.dominates(p) for other in plans)]
        risks = list(self.kb.risks)

        def rank(each: Plan) -> tuple[bool, int, int, int, list[str], list[int]]:
            undermined = len(each.raised.intersection(self.asked.protect))
            names = [v.id for v in each.order]
            harm = sorted(risks.index(risk) for risk in each.raised)
            raised = len(each.raised)
            return each.contradicted, raised, undermined, len(each.order), names, harm

        return tuple(sorted(plans, key=rank)), self.steps <= MAX_STEPS

    def _coverers(self, risk: str) -> tuple[str, ...]:
        place = list(self.kb.risks).index(risk)
        meant = {name: own[place] for name, own in self.effects.items() if own[place].intended}
        lowering = [
            name
            for name, own in self.effects.items()
            if own[place].effect == "decrease" and (name in meant or not meant)
        ]
        return tuple(lowering or meant)

    def _extend(self, names: frozenset[str]) -> None:
        """Add defenses until everything is covered; keep what no known set dominates.

        The defenses given can be put at stages so that they work.
        """
        if names in self.seen or self.steps > MAX_STEPS:
            return
        self.seen.add(names)
        self.steps += 1
        raised: frozenset[str] = frozenset().union(*(self.raised[name] for name in names))
        contradicted = all(_within(order, self.conflicts) for order in self._orders(names))
        cost = _Cost(raised, len(names), contradicted)
        if any(known.below(cost) for known in self.best.values()):
            return  # whatever is added, the known set stays better
        bare = [risk for risk in self.asked.protect if names.isdisjoint(self.coverers[risk])]
        if not bare:
            self.best[names] = cost
            return
        if self.most is not None and len(names) >= self.most:
            return
        for name in self.coverers[min(bare, key=lambda risk: len(self.coverers[risk]))]:
            if not self.raised[name].intersection(self.asked.avoid):
                longer = names | {name}
                if any(True for _ in self._orders(longer)):
                    self._extend(longer)

    def _orders(self, names: frozenset[str]) -> Iterator[tuple[Variant, ...]]:
        """Yield the ways to put defenses at stages so that they work, the usual ones first."""
        free = [name for name in self.kb.defenses if name in names - self.there]
        for choice in product(*map(self._usual_first, free)):
            order = workable([*self.asked.have, *choice])
            if order is not None:
                yield order

    def _usual_first(self, name: str) -> list[Variant]:
        usual = self.kb.defenses[name].usual_stage
        return sorted(self.kb.stages(name).values(), key=lambda v: v.stage != usual)

    def _plan(self, names: frozenset[str]) -> Plan:
        orders = sorted(self._orders(names), key=lambda order: len(_within(order, self.conflicts)))
        against = {each.id for order in orders for each in _within(order, self.conflicts)}
        members = [name for name in self.kb.defenses if name in names]
        effects = [
            each
            for name in members
            for each in self.effects[name]
            if not (each.intended and each.effect == "decrease" and each.risk in self.asked.protect)
        ]
        covers = [
            each
            for risk in self.asked.protect
            for name in members
            if name in self.coverers[risk]
            for each in self.effects[name]
            if each.risk == risk
        ]
        return Plan(
            orders[0],
            tuple(orders[1:]),
            tuple(each for each in self.conflicts if each.id in against),
            tuple(covers),
            tuple(each for each in effects if each.effect == "increase"),
            tuple(each for each in effects if each.effect == "decrease"),
            tuple(each for each in effects if each.effect == "open"),
        )


def _within(order: Iterable[Variant], records: Iterable[Combination]) -> tuple[Combination, ...]:
    """Return the records on some or all of these defenses at these stages."""
    ids = {variant.id for variant in order}
    return tuple(each for each in records if ids.issuperset(each.defenses))


def _blocked(kb: KnowledgeBase, asked: Wish) -> tuple[Blocked, ...]:
    """Return the single wishes without which there would be a plan."""

    def without(items: Sequence[str], gone: str) -> tuple[str, ...]:
        return tuple(item for item in items if item != gone)

    eased: list[tuple[str, str, Wish]] = []
    if len(asked.protect) > 1:
        eased += [
            ("protect", risk, asked._replace(protect=without(asked.protect, risk)))
            for risk in asked.protect
        ]
    eased += [
        ("avoid", risk, asked._replace(avoid=without(asked.avoid, risk))) for risk in asked.avoid
    ]
    for variant in asked.have:
        rest = tuple(each for each in asked.have if each.id != variant.id)
        eased.append(("have", variant.id, asked._replace(have=rest)))
    if asked.most is not None:
        eased.append(("max", str(asked.most), asked._replace(most=None)))
    found = [(kind, value, _Search(kb, each).run()[0]) for kind, value, each in eased]
    return tuple(Blocked(kind, value, len(plans)) for kind, value, plans in found if plans)

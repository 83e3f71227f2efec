"""Plans: sets of defenses that protect, do not conflict, and raise other risks least.

The three papers answer single questions; this puts the answers together. A set of defenses covers
a risk if one of them is meant for it. Of several that are, those count that are expected to lower
it, if there are such; and where none at all is meant for it, whatever is expected to lower it
does. Conflicts are those of the rule; a set that was measured to conflict all the same comes last.
No set is offered that cannot be trained together as it is. A set is dominated if another one raises
no risk that it does not raise, takes no more defenses, was not measured to conflict unless it was
too, and is better in one of these. The search is exact: it tries every smallest way to cover
everything, and gives up only at a stated limit, which the answer tells. Where no set does all that
is wished, the nearest ones are offered: those that miss the fewest wishes.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from .conflicts import feasible, observed_combinations
from .expectations import Expected, expected
from .joint_outcomes import GRADES, JointOutcome, judged, outcome_of
from .wishes import Kind, Miss, Wish, easings, wish

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase, Variant

__all__ = [
    "MAX_ALTERNATIVES",
    "MAX_STEPS",
    "Blocked",
    "Miss",
    "NearMiss",
    "Plan",
    "Plans",
    "Wish",
    "plan",
    "wish",
]

MAX_STEPS: Final = 200_000
"""As many partial sets as a search looks at before it gives up."""

MAX_NEAR_MISSES: Final = 12

MAX_ALTERNATIVES: Final = 1000
"""As many other ways to put a set at stages as a plan lists: there are up to 3^n of them."""


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
        The same defenses at other stages, in such an order, at most `MAX_ALTERNATIVES`; those that
        were measured to conflict come last.
    more_alternatives : bool
        Whether there are further ones.
    observed : tuple of Combination
        What contradicts the rule: combinations within the order or an alternative that were
        measured, after tuning where there was any, to conflict.
    covers : tuple of Expected
        For each risk to protect, what covers it.
    outcome : JointOutcome or None
        What is to be expected of the defenses together, in that order; None of one alone.
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
    outcome: JointOutcome | None
    more_alternatives: bool = False

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

    wish: Kind
    value: str
    plans: int


class NearMiss(NamedTuple):
    """A set of defenses that meets all wishes but some.

    Attributes
    ----------
    misses : tuple of Miss
        Those that it does not meet.
    plan : Plan
        The set.
    """

    misses: tuple[Miss, ...]
    plan: Plan


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
    near_misses : tuple of NearMiss
        If there is no plan: the sets that miss the fewest wishes, at most `MAX_NEAR_MISSES`, for
        each way to miss them the best one. Those come first that are nearest to what was wished
        (`Miss.weight`), and then those that would come first among plans.
    left_out : tuple of str
        Ids of the defenses that can be used in some settings only and are not there already: a
        plan for everybody does without them.
    knowledge : str
        Digest of the knowledge base.
    """

    wish: Wish
    plans: tuple[Plan, ...]
    complete: bool
    blocked: tuple[Blocked, ...]
    near_misses: tuple[NearMiss, ...]
    left_out: tuple[str, ...]
    knowledge: str


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
    known = _Known(kb, {variant.defense for variant in asked.have})
    search = _Search(known, asked, MAX_STEPS)
    found = search.run()
    blocked, near, left = ((), (), True) if found else _nearest(known, asked, MAX_STEPS)
    complete = search.steps <= MAX_STEPS and left
    return Plans(asked, found, complete, blocked, near, known.left_out, kb.digest)


class _Known:
    """What a search needs of a knowledge base, whatever is wished."""

    def __init__(self, kb: KnowledgeBase, there: Container[str]) -> None:
        self.kb = kb
        staged = [name for name in kb.defenses if kb.stages(name)]
        self.able = [name for name in staged if name in there or not kb.defenses[name].when]
        self.left_out = tuple(name for name in staged if name not in self.able)
        self.effects = {name: [expected(kb, name, risk) for risk in kb.risks] for name in self.able}
        self.raised = {
            name: frozenset(each.risk for each in own if each.effect == "increase")
            for name, own in self.effects.items()
        }
        self.coverers: Mapping[str, tuple[str, ...]] = {
            risk: self._coverers(place) for place, risk in enumerate(kb.risks)
        }
        self.conflicts = tuple(
            each
            for each in kb.combinations.values()
            if each.defenses and outcome_of(each) == "conflict"
        )

    def _coverers(self, place: int) -> tuple[str, ...]:
        """Return who covers a risk, by its place among risks."""
        meant = {name: own[place] for name, own in self.effects.items() if own[place].intended}
        lowering = [
            name
            for name, own in self.effects.items()
            if own[place].effect == "decrease" and (name in meant or not meant)
        ]
        return tuple(lowering or meant)

    def rank(self, each: Plan, protect: Iterable[str]) -> tuple[object, ...]:
        """Return what plans are ordered by, the best first."""
        risks = list(self.kb.risks)
        undermined = len(each.raised.intersection(protect))
        names = [v.id for v in each.order]
        harm = sorted(risks.index(risk) for risk in each.raised)
        grade = 0 if each.outcome is None else GRADES.index(each.outcome)
        size = len(each.order)
        return each.contradicted, len(each.raised), undermined, size, grade, names, harm


class _Search:
    """A search for the smallest ways to cover everything, with what must hold on the way.

    Leaving a defense out of a set never adds a conflict, an exclusion or a raised risk, as every
    pair of a plan is in order, so only sets from which none can be left out need a look.
    """

    def __init__(self, known: _Known, asked: Wish, limit: int) -> None:
        self.known, self.kb, self.asked, self.limit = known, known.kb, asked, limit
        self.effects, self.raised = known.effects, known.raised
        self.coverers, self.conflicts = known.coverers, known.conflicts
        self.there = frozenset(variant.defense for variant in asked.have)
        self.best: dict[frozenset[str], _Cost] = {}
        self.seen: set[frozenset[str]] = set()
        self.steps = 0

    def run(self) -> tuple[Plan, ...]:
        if not any(self.raised[name].intersection(self.asked.avoid) for name in self.there):
            self._extend(self.there)
        plans = [self._plan(names) for names in self.best]
        plans = [p for p in plans if not any(other.dominates(p) for other in plans)]
        return tuple(sorted(plans, key=lambda each: self.known.rank(each, self.asked.protect)))

    def _extend(self, names: frozenset[str]) -> None:
        """Add defenses until everything is covered; keep what no known set dominates.

        The defenses given can be put at stages so that they work.
        """
        if names in self.seen or self.steps > self.limit:
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
        if self.asked.most is not None and len(names) >= self.asked.most:
            return
        for name in self.coverers[min(bare, key=lambda risk: len(self.coverers[risk]))]:
            if not self.raised[name].intersection(self.asked.avoid):
                longer = names | {name}
                if any(True for _ in self._orders(longer)):
                    self._extend(longer)

    def _orders(self, names: frozenset[str]) -> Iterator[tuple[Variant, ...]]:
        """Yield the ways to put defenses at stages so that they work, the usual ones first."""
        free = [self._usual_first(name) for name in self.kb.defenses if name in names - self.there]

        def place(chosen: tuple[Variant, ...]) -> Iterator[tuple[Variant, ...]]:
            # what some defenses cannot do together they cannot do beside others either
            order = feasible(self.kb, [*self.asked.have, *chosen])
            if order is None:
                return
            if len(chosen) == len(free):
                yield order
                return
            for variant in free[len(chosen)]:
                yield from place((*chosen, variant))

        return place(())

    def _usual_first(self, name: str) -> list[Variant]:
        usual = self.kb.defenses[name].usual_stage
        return sorted(self.kb.stages(name).values(), key=lambda v: v.stage != usual)

    def _plan(self, names: frozenset[str]) -> Plan:
        orders, more = self._listed(names)
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
            _together(self.kb, orders[0]),
            more,
        )

    def _listed(self, names: frozenset[str]) -> tuple[list[tuple[Variant, ...]], bool]:
        """Return the ways that a plan lists, best first, and whether there are more."""

        def seen(order: tuple[Variant, ...]) -> int:
            return len(_within(order, self.conflicts))

        every = self._orders(names)
        listed = list(islice(every, MAX_ALTERNATIVES + 1))
        further = next(every, None)
        if further is not None and all(map(seen, listed)):
            # one that nothing contradicts is what the set is ranked by, however late it comes
            best = next((order for order in chain([further], every) if not seen(order)), None)
            listed[-1:] = [best or listed[-1]]
        return sorted(listed, key=seen), further is not None


def _within(order: Iterable[Variant], records: Iterable[Combination]) -> tuple[Combination, ...]:
    """Return the records on some or all of these defenses at these stages."""
    ids = {variant.id for variant in order}
    return tuple(each for each in records if ids.issuperset(each.defenses))


def _together(kb: KnowledgeBase, order: tuple[Variant, ...]) -> JointOutcome | None:
    """Return what is to be expected of defenses that do not conflict by the rule."""
    if len(order) < 2:
        return None
    return judged([v.id for v in order], (), observed_combinations(kb, order)).outcome


def _nearest(
    known: _Known, asked: Wish, steps: int
) -> tuple[tuple[Blocked, ...], tuple[NearMiss, ...], bool]:
    """Return the wishes that stand in the way, the sets that miss fewest, and if all was searched.

    One search more than `steps` allow is not begun.
    """
    blocked: list[Blocked] = []
    near: dict[frozenset[str], tuple[int, tuple[object, ...], NearMiss]] = {}
    wishes = len(asked.protect) + len(asked.avoid) + len(asked.have) + (asked.most is not None)
    for count in range(1, wishes):
        for misses, eased in easings(known.kb, asked, count):
            search = _Search(known, eased, steps)
            plans = search.run()
            steps -= search.steps
            if steps < 0:
                return tuple(blocked), _ranked(near.values()), False
            if not plans:
                continue
            if count == 1 and misses[0].instead is None:
                blocked.append(Blocked(misses[0].wish, misses[0].value, len(plans)))
            best = plans[0]
            told = tuple(
                each._replace(instead=str(len(best.order))) if each.wish == "max" else each
                for each in misses
            )
            weight = sum(each.weight for each in misses)
            found = (weight, known.rank(best, asked.protect), NearMiss(told, best))
            key = frozenset(v.id for v in best.order)
            if key not in near or found[:2] < near[key][:2]:
                near[key] = found
        if near:
            break
    return tuple(blocked), _ranked(near.values()), True


def _ranked(
    near: Iterable[tuple[int, tuple[object, ...], NearMiss]],
) -> tuple[NearMiss, ...]:
    ordered = sorted(near, key=lambda each: each[:2])
    return tuple(each for _, _, each in ordered[:MAX_NEAR_MISSES])

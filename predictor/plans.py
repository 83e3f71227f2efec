"""Which defenses to choose: the sets that protect, do not conflict, and raise other risks least.

The three papers answer single questions; this puts the answers together. A set of defenses covers
a risk if one of them is meant for it or, where no defense at all is meant for it, is expected to
lower it. A set is dominated if another one raises no risk that it does not raise, takes no more
defenses, and is better in one of these. The search is exact: it tries every smallest way to cover
everything, and gives up only at a stated limit, which the answer tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from knowledge.errors import InputError

from .conflicts import workable
from .expectations import Expected, expected

if TYPE_CHECKING:
    from knowledge import KnowledgeBase, Variant

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


class Plan(NamedTuple):
    """A set of defenses.

    Attributes
    ----------
    order : tuple of Variant
        The defenses at their stages, in an order in which none spoils another.
    alternatives : tuple of tuple of Variant
        The same defenses at other stages, in such an order.
    covers : tuple of Expected
        For each risk to protect, what covers it.
    raises, lowers, open : tuple of Expected
        Every effect on a risk that a defense is not meant for: expected to raise it, to lower it,
        or not known.
    """

    order: tuple[Variant, ...]
    alternatives: tuple[tuple[Variant, ...], ...]
    covers: tuple[Expected, ...]
    raises: tuple[Expected, ...]
    lowers: tuple[Expected, ...]
    open: tuple[Expected, ...]

    @property
    def raised(self) -> frozenset[str]:
        """Ids of the risks that some defense of the set raises."""
        return frozenset(each.risk for each in self.raises)

    def dominates(self, other: Plan) -> bool:
        """Say whether this set is as good in every respect and better in one."""
        mine = (self.raised, len(self.order))
        others = (other.raised, len(other.order))
        return mine != others and mine[0] <= others[0] and mine[1] <= others[1]


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
        All sets that none dominates: fewest raised risks first, then fewest defenses.
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
    >>> from knowledge import load
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
            name: frozenset(e.risk for e in own if e.effect == "increase" and not e.intended)
            for name, own in self.effects.items()
        }
        self.coverers = {risk: self._coverers(risk) for risk in asked.protect}
        self.best: dict[frozenset[str], tuple[frozenset[str], int]] = {}
        self.seen: set[frozenset[str]] = set()
        self.steps = 0

    def run(self) -> tuple[tuple[Plan, ...], bool]:
        start = frozenset(variant.defense for variant in self.asked.have)
        fitting = not any(self.raised[name].intersection(self.asked.avoid) for name in start)
        if fitting:
            self._extend(start)
        plans = [made for names in self.best if (made := self._plan(names)) is not None]
        plans = [p for p in plans if not any(other.dominates(p) for other in plans)]
        risks = list(self.kb.risks)

        def rank(each: Plan) -> tuple[int, int, int, list[str], list[int]]:
            undermined = len(each.raised.intersection(self.asked.protect))
            names = [v.id for v in each.order]
            harm = sorted(risks.index(risk) for risk in each.raised)
            return len(each.raised), undermined, len(each.order), names, harm

        return tuple(sorted(plans, key=rank)), self.steps <= MAX_STEPS

    def _coverers(self, risk: str) -> tuple[str, ...]:
        meant = [n for n, d in self.kb.defenses.items() if risk in d.protects_against]
        if not meant:
            place = list(self.kb.risks).index(risk)
            meant = [n for n in self.effects if self.effects[n][place].effect == "decrease"]
        return tuple(name for name in meant if name in self.effects)

    def _extend(self, names: frozenset[str]) -> None:
        """Add defenses until everything is covered; keep what no known set dominates."""
        if names in self.seen or self.steps > MAX_STEPS:
            return
        self.seen.add(names)
        self.steps += 1
        raised: frozenset[str] = frozenset().union(*(self.raised[name] for name in names))
        if any(r <= raised and n <= len(names) and (r, n) != (raised, len(names))
               for r, n in self.best.values()):  # fmt: skip
            return  # whatever is added, the known set stays better
        bare = [risk for risk in self.asked.protect if names.isdisjoint(self.coverers[risk])]
        if not bare:
            if names and self._assigned(names):
                self.best[names] = (raised, len(names))
            return
        if self.asked.most is not None and len(names) >= self.asked.most:
            return
        for name in self.coverers[min(bare, key=lambda risk: len(self.coverers[risk]))]:
            if not self.raised[name].intersection(self.asked.avoid):
                longer = names | {name}
                if self._assigned(longer, limit=1):
                    self._extend(longer)

    def _assigned(
        self, names: Iterable[str], limit: int | None = None
    ) -> list[tuple[tuple[str, ...], tuple[Variant, ...]]]:
        """Return the ways to put defenses at stages so that they work, the usual ones first."""
        there = {variant.defense for variant in self.asked.have}
        free = [name for name in self.kb.defenses if name in names and name not in there]
        choices = [self._usual_first(name) for name in free]
        found: list[tuple[tuple[str, ...], tuple[Variant, ...]]] = []
        for choice in product(*choices):
            order = workable([*self.asked.have, *choice])
            if order is not None:
                found.append((tuple(v.id for v in choice), order))
                if limit is not None and len(found) >= limit:
                    break
        return found

    def _usual_first(self, name: str) -> list[Variant]:
        usual = self.kb.defenses[name].usual_stage
        return sorted(self.kb.stages(name).values(), key=lambda v: v.stage != usual)

    def _plan(self, names: frozenset[str]) -> Plan | None:
        orders = [order for _, order in self._assigned(names)]
        if not orders:
            return None
        members = [name for name in self.kb.defenses if name in names]
        effects = [each for name in members for each in self.effects[name] if not each.intended]
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
            tuple(covers),
            tuple(each for each in effects if each.effect == "increase"),
            tuple(each for each in effects if each.effect == "decrease"),
            tuple(each for each in effects if each.effect == "open"),
        )


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

r"""Conflicts: whether defenses can be combined in one model, in which order, and if not, why not.

The rule is Def\Con (Duddu, Zhang and Asokan, TMLR 2025): of two defenses at different stages, the
later one must not mitigate a risk that the earlier one uses. Defenses of one stage are ordered by
their consecutive pairs, and every defense is checked against all of later stages.

What an answer says of a set of defenses is graded (`predictor.joint_outcomes`): the rule, what was
seen, and whether they can be trained together at all (`predictor.exclusions`) all count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from crosscurrent.knowledge.errors import InputError

from .budget import spend
from .exclusions import Exclusion, exclusions, trainable
from .joint_outcomes import Ground, JointOutcome, Judged, judged, outcome_of
from .orders import acyclic, orders, unspoiled

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase, Variant

__all__ = [
    "MAX_ORDERS",
    "Combined",
    "Conflict",
    "Repair",
    "combine",
    "combine_all",
    "feasible",
    "observed_combinations",
    "outcome_of",
    "spoiling",
    "workable",
]

MAX_ORDERS: Final = 12
"""As many orders as an answer lists."""

MAX_REPAIRS: Final = 12
_MAX_STATES: Final = 4000
_MAX_CHANGES: Final = 4
_STAGES: Final = ("pre", "in", "post")


class Conflict(NamedTuple):
    """Two defenses of which the later one takes away what the earlier one uses.

    Attributes
    ----------
    earlier, later : Variant
        The defenses.
    risk : str
        Id of the risk that the earlier one uses and the later one mitigates.
    inferred : bool
        Whether it rests on an entry that was inferred rather than read in a source.
    """

    earlier: Variant
    later: Variant
    risk: str
    inferred: bool


class Repair(NamedTuple):
    """The nearest set of defenses that can be combined.

    Attributes
    ----------
    changes : tuple of tuple
        What to change: ``stage`` (another variant of the same defense), ``swap`` (another defense
        meant for a same risk) or ``drop``; which variant; by which one, or None.
    defenses : tuple of Variant
        The outcome, in an order that works.
    uncovered : tuple of str
        Risks that some dropped or swapped defense was meant for and none is now.
    """

    changes: tuple[tuple[Literal["stage", "swap", "drop"], Variant, Variant | None], ...]
    defenses: tuple[Variant, ...]
    uncovered: tuple[str, ...]


class Combined(NamedTuple):
    """The answer for a set of defenses.

    Attributes
    ----------
    defenses : tuple of Variant
        By stage, and as given within one.
    effective : bool
        Whether by the rule some order has no conflict; it does not show that they work together.
    orders : tuple of tuple of Variant
        Orders without a conflict, at most `MAX_ORDERS`; empty if there is none.
    more_orders : bool
        Whether there are further ones.
    conflicts : tuple of Conflict
        What can't be avoided: each pair is a minimal set of defenses that conflict.
    avoid : tuple of Conflict
        What the orders avoid: within a stage, these must not come in this order.
    overlooked : tuple of Conflict
        Pairs that come in that order all the same, apart from each other: the published rule
        looks at neighbours only, so take these as doubtful. Those of the first order.
    repairs : tuple of Repair
        The nearest repairs, if there is a conflict by the rule or the defenses cannot be trained
        together; all take equally many changes.
    repairs_cut : bool
        Whether the search for repairs was given up before its end.
    observations : tuple of Combination
        What was published or measured for these defenses or some of them, the whole set first.
    knowledge : str
        Digest of the knowledge base.
    exclusions : tuple of Exclusion
        Why the defenses cannot be trained together as they are; empty if they can.
    judged : Judged
        The graded answer, and what it rests on.
    """

    defenses: tuple[Variant, ...]
    effective: bool
    orders: tuple[tuple[Variant, ...], ...]
    more_orders: bool
    conflicts: tuple[Conflict, ...]
    avoid: tuple[Conflict, ...]
    overlooked: tuple[Conflict, ...]
    repairs: tuple[Repair, ...]
    repairs_cut: bool
    observations: tuple[Combination, ...]
    knowledge: str
    exclusions: tuple[Exclusion, ...]
    judged: Judged

    @property
    def trainable(self) -> bool:
        """Whether the defenses can be trained together as they are."""
        return not self.exclusions

    @property
    def outcome(self) -> JointOutcome:
        """The graded answer in one word."""
        return self.judged.outcome

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """What the graded answer rests on."""
        return self.judged.grounds

    @property
    def published(self) -> tuple[Combination, ...]:
        """The published observations."""
        return tuple(each for each in self.observations if not each.measured)

    @property
    def measured(self) -> tuple[Combination, ...]:
        """The observations that were measured in your own models."""
        return tuple(each for each in self.observations if each.measured)

    @property
    def measured_otherwise(self) -> tuple[Combination, ...]:
        """Observations that contradict the verdict of the rule.

        A conflict among some of the defenses stays in the whole set, so it contradicts as well;
        that some of them go together says nothing about all.
        """
        whole = {variant.id for variant in self.defenses}
        verdict = "effective" if self.effective else "conflict"
        return tuple(
            each
            for each in self.observations
            if (seen := outcome_of(each)) != verdict
            and (seen == "conflict" or whole == set(each.defenses))
        )


def combine(kb: KnowledgeBase, names: Iterable[str], *, repairing: bool = True) -> Combined:
    """Say whether defenses can be combined.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    names : iterable of str
        Two or more defenses, by id, code or alias, each with an optional stage:
        ``watermarking@pre``. A bare one stands for its usual stage. Their order does not matter.
    repairing : bool
        Whether to search for repairs, which takes longer than all else.

    Raises
    ------
    UnknownName
        If there is no such defense.
    InputError
        If a defense has no variant at that stage, is given twice, or stands alone.

    Examples
    --------
    >>> from crosscurrent.knowledge import load
    >>> answer = combine(load(), ["watermarking@pre", "outlier_removal@in"])
    >>> answer.outcome, [(c.earlier.id, c.later.id, c.risk) for c in answer.conflicts]
    ('conflict', [('watermarking@pre', 'outlier_removal@in', 'poisoning')])
    """
    spend()
    chosen: dict[str, Variant] = {}
    for name in names:
        variant = kb.variant(name)
        if variant.id in chosen:
            raise InputError(f"{variant.id} is given twice: leave one out")
        chosen[variant.id] = variant
    if len(chosen) < 2:
        raise InputError("a combination takes at least two defenses")
    defenses = _staged(chosen.values())
    stages = _stages(defenses)
    found: list[tuple[tuple[Variant, ...], ...]] = []
    conflicts = list(_across(defenses))
    avoid: list[Conflict] = []
    loose = False
    for members in stages:
        listed, strict = orders(_masks(members), MAX_ORDERS + 1)
        loose |= bool(listed) and not strict
        if not listed:
            conflicts += _mutual(members)
        within = [c for a in members for b in members if a is not b for c in spoiling(a, b)]
        avoid += within
        found.append(tuple(tuple(members[i] for i in order) for order in listed))
    effective = not conflicts
    excluded = tuple(exclusions(kb, defenses))
    every = _joined(found) if effective else []
    first = every[0] if every else ()
    position = {variant.id: i for i, variant in enumerate(first)}
    overlooked = [c for c in avoid if loose and first and _precedes(c, position)]
    sound = (effective and not excluded) or not repairing
    repairs, cut = ([], False) if sound else _repairs(kb, defenses)
    seen = observed_combinations(kb, defenses)
    ruled_out = [(each.earlier.id, each.later.id) for each in (*conflicts, *overlooked)]
    return Combined(
        defenses,
        effective,
        tuple(every[:MAX_ORDERS]),
        len(every) > MAX_ORDERS,
        tuple(conflicts),
        tuple(avoid) if effective else (),
        tuple(overlooked),
        tuple(repairs),
        cut,
        seen,
        kb.digest,
        excluded,
        judged((v.id for v in defenses), ruled_out, seen, trainable=not excluded),
    )


def combine_all(kb: KnowledgeBase) -> tuple[Combined, ...]:
    """Combine every two variants of different defenses."""
    pairs = combinations(_staged(kb.variants.values()), 2)
    return tuple(combine(kb, (a.id, b.id)) for a, b in pairs if a.defense != b.defense)


def spoiling(earlier: Variant, later: Variant) -> Iterator[Conflict]:
    """Yield a conflict for every risk that one variant uses and a later one mitigates."""
    for used in earlier.uses:
        for taken in later.mitigates:
            if used.risk == taken.risk:
                inferred = "inferred" in (used.basis, taken.basis)
                yield Conflict(earlier, later, used.risk, inferred)


def observed_combinations(
    kb: KnowledgeBase, defenses: Sequence[Variant]
) -> tuple[Combination, ...]:
    """Return what was seen of these variants or some of them, larger sets first."""
    given = {variant.id for variant in defenses}
    seen = [
        each
        for each in kb.combinations.values()
        if each.outcome != "unreported" and each.defenses and given.issuperset(each.defenses)
    ]
    return tuple(sorted(seen, key=lambda each: -len(each.defenses)))


def workable(defenses: Sequence[Variant]) -> tuple[Variant, ...] | None:
    """Return the first order in which no defense is spoiled by any later one; None if none is."""
    staged = _staged(defenses)
    if any(True for _ in _across(staged)):
        return None
    order: list[Variant] = []
    for members in _stages(staged):
        found = unspoiled(_masks(members))
        if found is None:
            return None
        order += [members[i] for i in found]
    return tuple(order)


def feasible(kb: KnowledgeBase, defenses: Sequence[Variant]) -> tuple[Variant, ...] | None:
    """Return the order of `workable`; None as well if they cannot be trained together."""
    spend()
    return workable(defenses) if trainable(kb, defenses) else None


def _staged(defenses: Iterable[Variant]) -> tuple[Variant, ...]:
    return tuple(sorted(defenses, key=lambda variant: _STAGES.index(variant.stage)))


def _stages(staged: Sequence[Variant]) -> list[list[Variant]]:
    """Split defenses by stage, leaving out stages without any."""
    split = [[v for v in staged if v.stage == stage] for stage in _STAGES]
    return [members for members in split if members]


def _across(staged: Sequence[Variant]) -> Iterator[Conflict]:
    for earlier, later in combinations(staged, 2):
        if earlier.stage != later.stage:
            yield from spoiling(earlier, later)


def _masks(members: Sequence[Variant]) -> list[int]:
    taken = [{stake.risk for stake in member.mitigates} for member in members]
    return [
        sum(
            1 << j
            for j in range(len(members))
            if j != i and any(stake.risk in taken[j] for stake in member.uses)
        )
        for i, member in enumerate(members)
    ]


def _mutual(members: Sequence[Variant]) -> Iterator[Conflict]:
    """Yield the conflicts of pairs that conflict in both orders.

    If no order works there is such a pair: otherwise each two could stand side by side in some
    order, and a tournament always has a path through all (Redei, 1934).
    """
    for one, other in combinations(members, 2):
        there, back = tuple(spoiling(one, other)), tuple(spoiling(other, one))
        if there and back:
            yield from (*there, *back)


def _joined(found: Sequence[Sequence[tuple[Variant, ...]]]) -> list[tuple[Variant, ...]]:
    """Join the orders of the stages, stopping one beyond `MAX_ORDERS`."""
    joined: list[tuple[Variant, ...]] = []
    for parts in product(*found):
        joined.append(tuple(variant for part in parts for variant in part))
        if len(joined) > MAX_ORDERS:
            break
    return joined


def _precedes(conflict: Conflict, position: dict[str, int]) -> bool:
    return position[conflict.earlier.id] < position[conflict.later.id]


Change = tuple[Literal["stage", "swap", "drop"], "Variant", "Variant | None"]


def _repairs(kb: KnowledgeBase, given: tuple[Variant, ...]) -> tuple[list[Repair], bool]:
    """Change one defense of a conflicting pair at a time, as few as possible.

    A repair of two changes that only undoes part of the other is never listed: the search stops
    at the first number of changes with which there is any.
    """
    level: dict[frozenset[str], tuple[tuple[Variant, ...], tuple[Change, ...]]] = {
        frozenset(v.id for v in given): (given, ())
    }
    seen = set(level)
    for _ in range(_MAX_CHANGES):
        following: dict[frozenset[str], tuple[tuple[Variant, ...], tuple[Change, ...]]] = {}
        repairs: list[Repair] = []
        for defenses, changes in level.values():
            touched = {change[2].id for change in changes if change[2] is not None}
            for defense in dict.fromkeys(_blamed(kb, defenses)):
                if defense.id in touched:
                    continue
                for change in _changes(kb, defenses, defense):
                    left = [v for v in defenses if v is not defense]
                    after = _staged([*left, change[2]] if change[2] else left)
                    key = frozenset(v.id for v in after)
                    if key in seen:
                        continue
                    seen.add(key)
                    following[key] = (after, (*changes, change))
                    order = feasible(kb, after)
                    if order is not None and order:
                        repairs.append(_repair(kb, given, (*changes, change), order))
                    if len(seen) > _MAX_STATES:
                        return _ranked(repairs), True
        if repairs:
            return _ranked(repairs), False
        level = following
    return [], bool(level)


def _blamed(kb: KnowledgeBase, defenses: tuple[Variant, ...]) -> Iterator[Variant]:
    for conflict in _across(defenses):
        yield from (conflict.earlier, conflict.later)
    for members in _stages(defenses):
        if not acyclic(_masks(members)):
            within = (c for a, b in product(members, members) if a is not b for c in spoiling(a, b))
            for conflict in within:
                yield from (conflict.earlier, conflict.later)
    for excluded in exclusions(kb, defenses):
        yield from (excluded.one, excluded.other)


def _changes(
    kb: KnowledgeBase, defenses: tuple[Variant, ...], defense: Variant
) -> Iterator[Change]:
    """Yield what could be done about one defense: nearest first."""
    used = {v.id for v in defenses}
    named = {v.defense for v in defenses}
    for other in kb.stages(defense.defense).values():
        if other.id not in used:
            yield ("stage", defense, other)
    aims = set(kb.defenses[defense.defense].protects_against)
    for other in kb.variants.values():
        if other.defense not in named and aims.intersection(
            kb.defenses[other.defense].protects_against
        ):
            yield ("swap", defense, other)
    yield ("drop", defense, None)


def _repair(
    kb: KnowledgeBase,
    given: tuple[Variant, ...],
    changes: tuple[Change, ...],
    order: tuple[Variant, ...],
) -> Repair:
    before = [r for v in given for r in kb.defenses[v.defense].protects_against]
    after = {r for v in order for r in kb.defenses[v.defense].protects_against}
    uncovered = tuple(dict.fromkeys(risk for risk in before if risk not in after))
    return Repair(changes, order, uncovered)


_RANK: Final = {"stage": 0, "swap": 1, "drop": 2}


def _ranked(repairs: list[Repair]) -> list[Repair]:
    def rank(repair: Repair) -> tuple[int, int]:
        return len(repair.uncovered), sum(_RANK[change[0]] for change in repair.changes)

    return sorted(repairs, key=rank)[:MAX_REPAIRS]

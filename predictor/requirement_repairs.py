"""Repairs of a set of requirements: which defenses to move, exchange or leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .budget import spend
from .conflicts import workable
from .requirements import grade_of, joint, options

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Variant

    from .conflicts import Combined
    from .joint_outcomes import JointOutcome
    from .requirements import Asked, Chosen

__all__ = ["MAX_CHANGES", "Change", "RequirementRepair", "requirement_repairs"]

MAX_CHANGES: Final = 4
"""As many defenses as a repair changes."""

_MAX_STATES: Final = 2000
_MAX_LISTED: Final = 4

_State = tuple["Variant | None", ...]


class Change(NamedTuple):
    """What to do about one defense that is asked for.

    Attributes
    ----------
    kind : str
        ``stage``: the same defense at another stage; ``swap``: another one that will do or might;
        ``drop``: leave it out.
    asked : Asked
        What is asked, and by whom.
    old : Variant
        What was taken for it.
    new : Variant or None
        What is taken instead.
    """

    kind: Literal["stage", "swap", "drop"]
    asked: Asked
    old: Variant
    new: Variant | None

    @property
    def doubtful(self) -> bool:
        """Whether the new defense is not one that the requirement's usual reading names."""
        names = self.asked.wanted.any_of
        return self.new is not None and not {self.new.id, self.new.defense}.intersection(names)


class RequirementRepair(NamedTuple):
    """Changes after which a better outcome is to be expected.

    Attributes
    ----------
    changes : tuple of Change
        What to do; as few as possible for that outcome.
    defenses : tuple of Variant
        What is left, in an order without a conflict by the rule if there is one.
    outcome : str or None
        What is to be expected of it together; None of fewer than two defenses.
    unmet : tuple of str
        Ids of the requirements whose defense is left out.
    uncovered : tuple of str
        Risks that those want low, and that no defense that is left is meant for.
    """

    changes: tuple[Change, ...]
    defenses: tuple[Variant, ...]
    outcome: JointOutcome | None
    unmet: tuple[str, ...]
    uncovered: tuple[str, ...]


def requirement_repairs(
    kb: KnowledgeBase, chosen: Sequence[Chosen], others: Sequence[Variant]
) -> tuple[tuple[RequirementRepair, ...], bool]:
    """Return the repairs with the fewest changes for each better outcome.

    With each further change only what is better than with fewer is listed, until no conflict is
    known. In each step a defense is changed that takes part in what the outcome rests on: whatever
    else is changed, that would stay.

    Parameters
    ----------
    kb : KnowledgeBase
        What is known.
    chosen : sequence of Chosen
        What is taken for what is asked.
    others : sequence of Variant
        Defenses that are there and asked for by nobody; they stay.

    Returns
    -------
    repairs : tuple of RequirementRepair
        Those with the fewest changes first; empty if no conflict is known as it is, or none is
        found.
    cut : bool
        Whether the search was given up before it reached a set without a known conflict.
    """
    start: _State = tuple(each.variant for each in chosen)
    known: dict[frozenset[str], Combined | None] = {}

    def together(state: _State) -> Combined | None:
        variants = [variant for variant in (*others, *state) if variant is not None]
        key = frozenset(variant.id for variant in variants)
        if key not in known:
            spend()
            known[key] = joint(kb, variants)
        return known[key]

    best = _grade(together(start))
    target = grade_of("no_known_conflict")
    level, seen = {start}, {start}
    repairs: list[RequirementRepair] = []
    for _ in range(MAX_CHANGES):
        if best <= target:
            return tuple(repairs), False
        following = {}
        for state in sorted(level, key=_ids):
            for after in _after(kb, chosen, state, start, together(state)):
                if after not in seen:
                    seen.add(after)
                    following[after] = _grade(together(after))
                if len(known) > _MAX_STATES:
                    return tuple(repairs), True
        least = min(following.values(), default=best)
        if least < best:
            best = least
            found = [
                _repair(kb, chosen, state, others, together(state))
                for state, grade in following.items()
                if grade == least
            ]
            repairs += sorted(found, key=_rank)[:_MAX_LISTED]
        level = set(following)
    return tuple(repairs), best > target


def _after(
    kb: KnowledgeBase,
    chosen: Sequence[Chosen],
    state: _State,
    start: _State,
    combined: Combined | None,
) -> Iterator[_State]:
    """Yield what comes of one more change, of a defense in what the outcome rests on."""
    blamed = _blamed(combined)
    for place, variant in enumerate(state):
        if variant is None or variant is not start[place] or variant.id not in blamed:
            continue
        what = chosen[place].asked.wanted
        for new in (*options(kb, (*what.any_of, *what.instead)), None):
            if new is not variant:
                yield (*state[:place], new, *state[place + 1 :])


def _blamed(combined: Combined | None) -> set[str]:
    if combined is None:
        return set()
    ids = {name for record in combined.judged.records for name in record.defenses}
    for each in (*combined.conflicts, *combined.overlooked):
        ids |= {each.earlier.id, each.later.id}
    for excluded in combined.exclusions:
        ids |= {excluded.one.id, excluded.other.id}
    return ids


def _repair(
    kb: KnowledgeBase,
    chosen: Sequence[Chosen],
    state: _State,
    others: Sequence[Variant],
    combined: Combined | None,
) -> RequirementRepair:
    changes = tuple(
        Change(_kind(each.variant, new), each.asked, each.variant, new)
        for each, new in zip(chosen, state, strict=True)
        if new is not each.variant
    )
    left = {variant.id: variant for variant in (*others, *state) if variant is not None}
    staged = combined.defenses if combined else tuple(left.values())
    unmet = [r for change in changes if change.new is None for r in change.asked.requirements]
    covered = {r for v in left.values() for r in kb.defenses[v.defense].protects_against}
    lost = (risk for each in unmet for risk in each.risks if risk not in covered)
    return RequirementRepair(
        changes,
        workable(staged) or staged,
        combined.outcome if combined else None,
        tuple(dict.fromkeys(each.id for each in unmet)),
        tuple(dict.fromkeys(lost)),
    )


def _kind(old: Variant, new: Variant | None) -> Literal["stage", "swap", "drop"]:
    if new is None:
        return "drop"
    return "stage" if new.defense == old.defense else "swap"


def _rank(repair: RequirementRepair) -> tuple[int, int, int, tuple[str, ...]]:
    doubtful = sum(change.doubtful for change in repair.changes)
    names = tuple(variant.id for variant in repair.defenses)
    return len(repair.unmet), len(repair.uncovered), doubtful, names


def _grade(combined: Combined | None) -> int:
    return grade_of(combined and combined.outcome)


def _ids(state: _State) -> tuple[str, ...]:
    return tuple(variant.id if variant else "" for variant in state)

"""Names of combinations and of their orders, and what is said of them, which several clients write.

What is known of a set comes as the parts of its document, so that pages can ask as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from .wording import OUTCOMES, TOGETHER

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, Variant
    from crosscurrent.predictor.conflicts import Repair

__all__ = [
    "STAY",
    "after_tuning",
    "at_what_cost",
    "chain_of",
    "changes_of",
    "codes",
    "grounds_of",
    "missed",
    "outcome_seen",
    "outcome_words",
    "seen_together",
    "still_together",
    "why_not",
]

_GROUNDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "procedures": "by what they do in training",
        "rule": "by the rule",
        "published": "as published",
        "measured": "as measured in your own models",
    }
)

STAY: Final = "does not settle these two: they were seen to conflict, at least without tuning"


def chain_of(variants: Iterable[Variant]) -> str:
    """Write an order of defenses."""
    return " → ".join(variant.id for variant in variants)


def codes(records: Iterable[Combination]) -> str:
    """Name records by their codes, or ids, only one for the same defenses."""
    names: dict[frozenset[str], str] = {}
    for record in records:
        names.setdefault(frozenset(record.defenses), record.code or record.id)
    return ", ".join(names.values())


def outcome_words(outcome: str, grounds: Sequence[str]) -> str:
    """Say what is to be expected of defenses together; `grounds` as in the document."""
    if outcome == "conflict":
        by_rule = "rule" in grounds
        seen = "no order keeps every defense effective" if by_rule else "seen among these defenses"
        return f"conflict: {seen}"
    return OUTCOMES[outcome]


def grounds_of(grounds: Sequence[str]) -> str:
    """Say what that rests on; empty where it rests on nothing."""
    return ", ".join(_GROUNDS[each] for each in grounds)


def why_not(reason: str | None) -> str:
    """Say why two defenses cannot be trained together; None: they are one at two stages."""
    return reason or "one defense at two stages: which of the two works, nobody could tell"


def after_tuning(outcome: str, tuned: str | None) -> str:
    """Say what was seen of a combination, and what after tuning, if that differs."""
    return f"{outcome}, {tuned} after tuning" if tuned and tuned != outcome else outcome


def outcome_seen(outcome: str, tuned: str | None) -> str:
    """Return the outcome of a combination that was seen, after tuning if it was tuned."""
    return tuned or outcome


def seen_together(outcome: str, tuned: str | None) -> str:
    """Say what was seen of two defenses together, and that it takes tuning, if it does."""
    return TOGETHER[outcome_seen(outcome, tuned)] + (
        " after tuning" if tuned and tuned != outcome else ""
    )


def still_together(
    repairs: Sequence[Collection[str]], seen: Iterable[tuple[Sequence[str], str]]
) -> list[Sequence[str]]:
    """Return what was seen to conflict, at least before tuning, and stays together in a repair.

    Parameters
    ----------
    repairs : sequence of collection of str
        The defenses of each repair.
    seen : iterable of (sequence of str, str)
        The defenses of each combination that was seen, and what came of it before tuning.
    """
    found = dict.fromkeys(tuple(each) for each, outcome in seen if outcome == "conflict")
    return [each for each in found if any(set(each) <= set(repair) for repair in repairs)]


def at_what_cost(observation: Mapping[str, Any]) -> str:
    """Say what it takes that defenses work together, and what that costs; empty if nothing."""
    tuned = observation["tuned_outcome"] == "effective" != observation["outcome"]
    takes = observation["works_if"] or ("tuned" if tuned else "")
    cost = observation["cost"]
    if not takes:
        works = outcome_seen(observation["outcome"], observation["tuned_outcome"]) == "effective"
        return f"{'works at' * works or 'at'} the cost of {cost}" if cost else ""
    return f"works only if {takes}" + (f", at the cost of {cost}" if cost else "")


def missed(wish: str, named: str, instead: str | None) -> str:
    """Say which wish a set of defenses misses, and what it has instead.

    Parameters
    ----------
    wish : str
        ``protect``, ``avoid``, ``have`` or ``max``.
    named : str
        What was asked, by its name.
    instead : str or None
        What there is in its place, by its name.
    """
    if wish == "max":
        return f"takes {instead} defenses, more than {named}"
    if wish == "have":
        return f"{instead} in place of {named}" if instead else f"{named} has to go"
    return f"{named} is {'not covered' if wish == 'protect' else 'raised'}"


def changes_of(repair: Repair) -> str:
    """Say what a repair changes."""
    words = []
    for kind, old, new in repair.changes:
        if new is None:
            words.append(f"drop {old.id}")
        elif kind == "stage":
            words.append(f"{old.id} at stage {new.stage}")
        else:
            words.append(f"{new.id} for {old.id}")
    return ", ".join(words)

"""The graded answer for a set of defenses, from the rule and from what was seen of them.

That no conflict is known is not the same as being shown to work: only a publication or a
measurement of the whole set shows that. What was seen to conflict, or to work only at a cost,
among some of the defenses stays so in the whole set; that some of them work together says nothing
of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination

__all__ = ["GRADES", "Ground", "JointOutcome", "Judged", "judged", "outcome_of", "seen_at_a_cost"]

JointOutcome = Literal[
    "shown_effective", "no_known_conflict", "at_a_cost", "disputed", "conflict", "not_trainable"
]
"""What is to be expected of defenses together, from the best to the worst.

``shown_effective``: all of them were seen to work together. ``no_known_conflict``: nothing speaks
against it, and nothing shows it. ``at_a_cost``: they work if something is tuned or designed for
it, or at a cost. ``disputed``: they were seen to work, and a conflict was seen or follows from the
rule. ``conflict``: one was seen or follows from the rule. ``not_trainable``: they cannot be trained
together as they are.
"""

GRADES: Final[tuple[JointOutcome, ...]] = get_args(JointOutcome)

Ground = Literal["procedures", "rule", "published", "measured"]
"""What an outcome rests on."""


class Judged(NamedTuple):
    """A graded answer.

    Attributes
    ----------
    outcome : JointOutcome
        The answer.
    grounds : tuple of Ground
        What it rests on; empty where no conflict is known.
    records : tuple of Combination
        The observations that it rests on, both sides where it is disputed.
    """

    outcome: JointOutcome
    grounds: tuple[Ground, ...]
    records: tuple[Combination, ...]


def outcome_of(record: Combination) -> Literal["effective", "conflict", "unreported"]:
    """Return what came of a combination, after tuning where there was any."""
    return record.tuned_outcome or record.outcome


def seen_at_a_cost(record: Combination) -> bool:
    """Say whether a combination was seen to work only if tuned or designed for it, or at a cost."""
    after_all = record.outcome == "conflict" or record.works_if or record.cost
    return outcome_of(record) == "effective" and bool(after_all)


_OwnWord = Literal["conflict", "disputed", "at_a_cost", "effective"]


class _Evidence:
    """What is known of one set of defenses itself."""

    def __init__(self) -> None:
        self.ruled_out = False
        self.records: list[Combination] = []

    @property
    def word(self) -> _OwnWord:
        if any(map(seen_at_a_cost, self.records)):
            return "at_a_cost"  # which says as well that they conflict as they are
        works = any(outcome_of(each) == "effective" for each in self.records)
        fails = self.ruled_out or any(outcome_of(each) == "conflict" for each in self.records)
        if works:
            return "disputed" if fails else "effective"
        return "conflict"


def judged(
    defenses: Iterable[str],
    conflicting: Iterable[tuple[str, str]],
    observations: Sequence[Combination],
    *,
    trainable: bool = True,
) -> Judged:
    """Return the graded answer for a set of defenses.

    Parameters
    ----------
    defenses : iterable of str
        Ids of variants.
    conflicting : iterable of pair of str
        Those among them that conflict by the rule.
    observations : sequence of Combination
        What was seen of the set or of a part of it.
    trainable : bool
        Whether they can be trained together as they are.
    """
    whole = frozenset(defenses)
    known: dict[frozenset[str], _Evidence] = {}
    for pair in conflicting:
        known.setdefault(frozenset(pair), _Evidence()).ruled_out = True
    for each in observations:
        if outcome_of(each) != "unreported":
            known.setdefault(frozenset(each.defenses), _Evidence()).records.append(each)
    if not trainable:
        return Judged("not_trainable", ("procedures",), ())
    own = known.pop(whole, None)
    parts = {word: [each for each in known.values() if each.word == word] for word in _WORSE}
    worst = next((word for word in _WORSE if parts[word]), None)
    if own is None:
        return _resting(worst, parts[worst]) if worst else Judged("no_known_conflict", (), ())
    if own.word != "effective":
        return _resting(own.word, [own])
    if worst is None:
        return _resting("shown_effective", [own])
    # seen to work as a whole, though a part of it was not
    outcome: JointOutcome = "at_a_cost" if worst == "at_a_cost" else "disputed"
    return _resting(outcome, [own, *parts[worst]])


_WORSE: tuple[Literal["conflict", "disputed", "at_a_cost"], ...] = (
    "conflict",
    "disputed",
    "at_a_cost",
)
"""What a part of a set makes of the whole, the worst first."""


def _resting(outcome: JointOutcome, on: Sequence[_Evidence]) -> Judged:
    records = tuple(
        record
        for each in on
        for record in each.records
        if outcome != "at_a_cost" or seen_at_a_cost(record)
    )
    grounds: list[Ground] = ["rule"] if any(each.ruled_out for each in on) else []
    if outcome == "at_a_cost":
        grounds = []
    for provenance in ("published", "measured"):
        if any(each.provenance == provenance for each in records):
            grounds.append(provenance)
    return Judged(outcome, tuple(grounds), records)

r"""Backtest of the verdicts on combinations, against every one that was published.

The paper's own figures can be recomputed from this: its "accuracy" is the balanced one. Tensions
are judged leave-one-out: for each pair the mechanism is chosen that does best on all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .conflicts import combine
from .tensions import MECHANISMS, tensions

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase

__all__ = ["SETS", "ConflictBacktest", "ConflictCell", "ConflictScore", "conflict_backtest"]

Verdict = Literal["effective", "conflict"]
SetName = Literal["before_tuning", "after_tuning", "prior_as_published", "prior_identified"]

SETS: Final[tuple[SetName, ...]] = (
    "before_tuning",
    "after_tuning",
    "prior_as_published",
    "prior_identified",
)
"""The pairs that the source explored, as first measured and after tuning; the vector of earlier
results as published, in which not all pairs are named; and those earlier pairs that are."""


class ConflictCell(NamedTuple):
    """One combination: what was measured, and what each method says.

    ``answers`` holds, where they are defined: ``rule`` (our verdict), ``different_stages`` (a naive
    baseline: effective if no two are at one stage), ``published_rule`` and ``published_baseline``
    (the source's own columns), ``always_effective``, and each mechanism of tension as
    ``rule_and_MECHANISM``.
    """

    record: Combination
    measured: Verdict
    tuned: Verdict
    answers: dict[str, Verdict]


class ConflictScore(NamedTuple):
    """How one method does on one set: counts, and shares from 0 to 1 (None: not defined)."""

    method: str
    cells: int
    right: int
    effective_right: int
    effective: int
    conflict_right: int
    conflict: int
    accuracy: float
    balanced_accuracy: float | None


class ConflictBacktest(NamedTuple):
    """The whole account.

    Attributes
    ----------
    cells : tuple of ConflictCell
        Every measured combination.
    scores : dict
        By set, a score for each method.
    agreement : tuple of int
        For how many of the source's predictions our rule says the same, and how many there are.
    """

    cells: tuple[ConflictCell, ...]
    scores: dict[SetName, tuple[ConflictScore, ...]]
    agreement: tuple[int, int]


def conflict_backtest(kb: KnowledgeBase) -> ConflictBacktest:
    """Compare every verdict with what was published for that combination."""
    kb = kb.without_measured()
    found = (_cell(kb, record) for record in kb.combinations.values())
    cells = [cell for cell in found if cell is not None]
    explored = [cell for cell in cells if cell.record.status == "explored"]
    prior = [cell for cell in cells if cell.record.status == "prior"]
    listed = [cell for cell in prior if cell.record.code is not None]
    named = [cell for cell in prior if cell.record.code is None]
    inside = {
        "before_tuning": _scores(explored, lambda cell: cell.measured),
        "after_tuning": _scores(explored, lambda cell: cell.tuned),
        "prior_as_published": _scores(listed, lambda cell: cell.measured),
        "prior_identified": _scores(named, lambda cell: cell.measured),
    }
    both = [c.answers for c in explored if {"rule", "published_rule"} <= c.answers.keys()]
    same = sum(answers["rule"] == answers["published_rule"] for answers in both)
    scores: dict[SetName, tuple[ConflictScore, ...]] = {name: inside[name] for name in SETS}
    return ConflictBacktest(tuple(cells), scores, (same, len(both)))


def _cell(kb: KnowledgeBase, record: Combination) -> ConflictCell | None:
    if record.outcome == "unreported":
        return None
    answers: dict[str, Verdict] = {}
    if record.defenses:
        combined = combine(kb, record.defenses)
        stages = [variant.stage for variant in combined.defenses]
        answers["rule"] = _verdict(combined.effective)
        answers["different_stages"] = _verdict(len(set(stages)) == len(stages))
        pulling = {each.mechanism for each in tensions(kb, combined.defenses)}
        if "opposed_active_factor" in pulling:
            pulling.add("opposed_factor")
        for mechanism in MECHANISMS:
            free = combined.effective and mechanism not in pulling
            answers[f"rule_and_{mechanism}"] = _verdict(free)
    if record.predicted is not None:
        answers["published_rule"] = record.predicted
    if record.baseline is not None:
        answers["published_baseline"] = record.baseline
    answers["always_effective"] = "effective"
    return ConflictCell(record, record.outcome, record.tuned_outcome or record.outcome, answers)


def _verdict(effective: bool) -> Verdict:
    return "effective" if effective else "conflict"


Truth = Callable[[ConflictCell], Verdict]


def _scores(cells: Sequence[ConflictCell], truth: Truth) -> tuple[ConflictScore, ...]:
    """Score the methods that answer every cell, and the choice of a mechanism leave-one-out."""
    methods = [m for m in (cells[0].answers if cells else ()) if all(m in c.answers for c in cells)]
    known = [truth(cell) for cell in cells]
    scores = [_score(m, [c.answers[m] for c in cells], known) for m in methods]
    choices = [m for m in methods if m.startswith("rule")]
    if len(choices) > 1 and len(cells) > 1:
        chosen: list[Verdict] = []
        for i, cell in enumerate(cells):
            others = [c for j, c in enumerate(cells) if j != i]
            rest = [truth(c) for c in others]
            # on a tie the plain rule, which comes first, stays
            best = max(
                choices, key=lambda m: _worth(_score(m, [c.answers[m] for c in others], rest))
            )
            chosen.append(cell.answers[best])
        scores.append(_score("rule_and_best_mechanism_held_out", chosen, known))
    return tuple(scores)


def _worth(score: ConflictScore) -> float:
    return score.accuracy if score.balanced_accuracy is None else score.balanced_accuracy


def _score(method: str, answers: Iterable[Verdict], known: Sequence[Verdict]) -> ConflictScore:
    pairs = list(zip(answers, known, strict=True))
    right = sum(said == was for said, was in pairs)
    effective = [said == was for said, was in pairs if was == "effective"]
    conflict = [said == was for said, was in pairs if was == "conflict"]
    balanced = None
    if effective and conflict:
        shares = sum(effective) / len(effective) + sum(conflict) / len(conflict)
        balanced = round(shares / 2, 4)
    return ConflictScore(
        method,
        len(pairs),
        right,
        sum(effective),
        len(effective),
        sum(conflict),
        len(conflict),
        round(right / len(pairs), 4),
        balanced,
    )

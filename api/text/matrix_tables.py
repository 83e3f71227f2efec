"""Matrices as CSV, which the command line prints and the page offers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from crosscurrent.predictor.assessment import assess
from crosscurrent.predictor.conflicts import outcome_of

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.collusion import Colluded
    from crosscurrent.predictor.conflicts import Combined
    from crosscurrent.predictor.interactions import Prediction

__all__ = ["collusions_csv", "combinations_csv", "predictions_csv"]

_OF_PREDICTIONS = (
    "defense", "risk", "intended", "conjecture", "basis", "probability_increase", "published",
    "conditional", "decisive_factors", "knowledge", "measured", "expect", "likelihood", "grade",
    "measured_reference",
)  # fmt: skip
_OF_COMBINATIONS = (
    "one", "other", "effective", "order", "risk", "published", "knowledge", "measured", "outcome",
)  # fmt: skip
_OF_COLLUSIONS = (
    "first", "second", "verdict", "potential", "factors", "published", "knowledge", "measured",
)  # fmt: skip


def predictions_csv(kb: KnowledgeBase, answers: Iterable[Prediction]) -> str:
    """Return one line for each defense and risk."""
    return _csv(_OF_PREDICTIONS, (_row(kb, each) for each in answers))


def combinations_csv(answers: Iterable[Combined]) -> str:
    """Return one line for every two defenses, each at a stage."""
    return _csv(_OF_COMBINATIONS, (_combination_row(each) for each in answers))


def collusions_csv(answers: Iterable[Colluded]) -> str:
    """Return one line for every two attacks in their order."""
    return _csv(_OF_COLLUSIONS, (_collusion_row(each) for each in answers))


def _row(kb: KnowledgeBase, prediction: Prediction) -> Sequence[object]:
    answer = assess(kb, prediction)
    return (
        prediction.defense,
        prediction.risk,
        str(prediction.intended).lower(),
        prediction.conjecture,
        prediction.basis,
        prediction.probability_increase,
        " ".join(prediction.published),
        str(prediction.conditional).lower(),
        " ".join(path.factor.id for path in prediction.decisive),
        prediction.knowledge,
        " ".join(prediction.measured),
        answer.expect,
        answer.likelihood,
        answer.grade,
        " ".join(prediction.measured_reference),
    )


def _combination_row(answer: Combined) -> Sequence[str]:
    one, other = (variant.id for variant in answer.defenses)
    risks = dict.fromkeys(each.risk for each in (*answer.conflicts, *answer.avoid))
    published, own = (
        " ".join(dict.fromkeys(outcome_of(record) for record in records))
        for records in (answer.published, answer.measured)
    )
    order = " ".join(variant.id for variant in answer.orders[0]) if answer.orders else ""
    effective = str(answer.effective).lower()
    judged = (" ".join(risks), published, answer.knowledge, own, answer.outcome)
    return (one, other, effective, order, *judged)


def _collusion_row(answer: Colluded) -> Sequence[str]:
    factors = " ".join(link.factor.id for link in answer.factors)
    ends = (answer.first.id, answer.second.id)
    judged = (answer.verdict, answer.potential or "", factors)
    return (*ends, *judged, answer.published, answer.knowledge, answer.measured)


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return stream.getvalue()

"""``predict``: what a defense does to every risk, or to one, and why."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.predictor.document_types import Prediction, Predictions

from ...answers import predictions
from ...text import assessments
from ..tool import Arguments, RiskName, StagedDefense, Tool

__all__ = ["TOOL", "PredictArguments"]


class PredictArguments(Arguments):
    """What `crosscurrent predict` takes."""

    defense: StagedDefense
    risk: RiskName | None = Field(None, description="by default every risk: a long answer")


def _answer(kb: KnowledgeBase, asked: PredictArguments) -> Prediction | Predictions:
    if asked.risk is None:
        return predictions.predictions(kb, asked.defense)
    return predictions.prediction(kb, asked.defense, asked.risk)


def _told(kb: KnowledgeBase, document: Any) -> str:
    """Return each answer in a line; one that was asked for by itself with its reason and advice."""
    if document["kind"] == "predictions":
        return "\n".join(assessments.spoken(kb, each) for each in document["predictions"])
    told = [assessments.spoken(kb, document), assessments.reason(kb, document)]
    told += assessments.advised(kb, document)
    return "\n".join(filter(None, told))


TOOL = Tool(
    "predict",
    "What a defense does to risks",
    "What one ML defense, if effective, is expected to do to one other risk (evasion, membership"
    " inference, unfairness, ...) or to all of them, before anything is trained: the direction, how"
    " likely it is, how well that is established, on what it depends, every path over a common"
    " factor, and everything published or measured for the pair. Signs are correlations from the"
    " literature, not proofs.",
    PredictArguments,
    Prediction | Predictions,
    _answer,
    _told,
    "name one risk",
)

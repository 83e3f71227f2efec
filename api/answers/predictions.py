"""Predictions: a defense's effect on risks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosscurrent.predictor import documents
from crosscurrent.predictor import interactions as engine
from crosscurrent.predictor.assessment import assess

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import document_types as shapes

    from .document_types import Overview, OverviewCell

__all__ = ["matrix", "overview", "prediction", "predictions"]


def prediction(kb: KnowledgeBase, defense: str, risk: str) -> shapes.Prediction:
    """Answer for one defense and one risk."""
    return documents.prediction_document(kb, engine.predict(kb, defense, risk))


def predictions(kb: KnowledgeBase, defense: str) -> shapes.Predictions:
    """Answer for one defense and every risk."""
    found = engine.predict_all(kb, defense)
    return documents.predictions_document(kb, engine.settled(kb, defense)[0], found)


def matrix(kb: KnowledgeBase) -> shapes.Matrix:
    """Answer for every defense and every risk."""
    return documents.matrix_document(kb, engine.matrix(kb))


def overview(kb: KnowledgeBase) -> Overview:
    """Answer for every defense and every risk with what is expected alone, without the reasons."""
    found = ((each, assess(kb, each)) for row in engine.matrix(kb) for each in row)
    cells: list[OverviewCell] = [
        {
            "defense": prediction.defense,
            "risk": prediction.risk,
            "intended": prediction.intended,
            "expect": assessment.expect,
            "likelihood": assessment.likelihood,
            "grade": assessment.grade,
        }
        for prediction, assessment in found
    ]
    return {"kind": "overview", "cells": cells, "knowledge": kb.digest}

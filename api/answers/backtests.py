"""Backtests of the conjectures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from crosscurrent.predictor import assessment_backtest as assessments
from crosscurrent.predictor import backtest as interactions
from crosscurrent.predictor import collusion_backtest as collusions
from crosscurrent.predictor import conflict_backtest as conflicts
from crosscurrent.predictor import documents, joint_documents
from crosscurrent.predictor import measured_backtest as measurements

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor import backtest_document_types as shapes

__all__ = ["RESAMPLES", "Backtests", "backtest", "document", "measure"]

RESAMPLES = 2000
"""Bootstrap resamples unless another number is asked for."""


class Backtests(NamedTuple):
    """The backtests of conjectures, of assessments, and of both other kinds of verdict.

    Those of assessments are against publications and against measurements.
    """

    interactions: interactions.Backtest
    assessments: assessments.AssessmentBacktest
    measured: measurements.MeasuredBacktest
    conflicts: conflicts.ConflictBacktest
    collusion: collusions.CollusionBacktest


def measure(kb: KnowledgeBase, *, seed: int = 0, resamples: int = RESAMPLES) -> Backtests:
    """Compare every conjecture with what was seen."""
    return Backtests(
        interactions.backtest(kb, seed=seed, resamples=resamples),
        assessments.assessment_backtest(kb),
        measurements.measured_backtest(kb),
        conflicts.conflict_backtest(kb),
        collusions.collusion_backtest(kb),
    )


def backtest(kb: KnowledgeBase, *, seed: int = 0, resamples: int = RESAMPLES) -> shapes.Backtest:
    """Answer how good the conjectures are."""
    return document(measure(kb, seed=seed, resamples=resamples))


def document(found: Backtests) -> shapes.Backtest:
    """Return the document of all backtests."""
    return {
        "kind": "backtest",
        "interactions": documents.interaction_backtest_document(found.interactions),
        "assessments": documents.assessment_backtest_document(found.assessments),
        "measured": documents.measured_backtest_document(found.measured),
        "seed": found.interactions.seed,
        "resamples": found.interactions.resamples,
        "knowledge": found.interactions.knowledge,
        "conflicts": joint_documents.conflict_backtest_document(found.conflicts),
        "collusion": joint_documents.collusion_backtest_document(found.collusion),
    }

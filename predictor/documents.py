"""The answers as JSON documents: the one form that command line, REST and Python share.

Field names are a contract; see docs/stability.md. Every function returns plain dicts, lists,
strings, numbers, booleans and None, in the shapes of `predictor.document_types`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .signs import EFFECT

if TYPE_CHECKING:
    from crosscurrent.knowledge import Size

    from . import backtest_document_types as backtests
    from . import document_types as shapes
    from .backtest import Backtest, Direction, Estimate, Score
    from .changes import Change
    from .differences import Differences, PredictionChange
    from .guideline import Path
    from .interactions import ExceptionSeen, Modifier, ObservationSeen, Prediction
    from .scenarios import Scenario

__all__ = [
    "differences_document",
    "interaction_backtest_document",
    "matrix_document",
    "prediction_document",
    "predictions_document",
    "scenario_document",
    "what_if_document",
]


def prediction_document(prediction: Prediction) -> shapes.Prediction:
    """Return the document for one defense and one risk."""
    return {
        "kind": "prediction",
        "defense": prediction.defense,
        "risk": prediction.risk,
        "intended": prediction.intended,
        "conjecture": prediction.conjecture,
        "basis": prediction.basis,
        "probability_increase": prediction.probability_increase,
        "opposed": prediction.opposed,
        "paths": [_path(path, prediction) for path in prediction.paths],
        "modifiers": [_modifier(modifier) for modifier in prediction.modifiers],
        "observations": [_observation(seen) for seen in prediction.observations],
        "exceptions": [_exception(seen) for seen in prediction.exceptions],
        "knowledge": prediction.knowledge,
        "stage": prediction.stage,
    }


def predictions_document(defense: str, predictions: Iterable[Prediction]) -> shapes.Predictions:
    """Return the document for one defense, by its id, and every risk."""
    documents = [prediction_document(p) for p in predictions]
    return {"kind": "predictions", "defense": defense, "predictions": documents}


def matrix_document(rows: Iterable[Iterable[Prediction]], knowledge: str) -> shapes.Matrix:
    """Return the document for every defense and every risk."""
    predictions = [prediction_document(p) for row in rows for p in row]
    return {"kind": "matrix", "predictions": predictions, "knowledge": knowledge}


def scenario_document(assumed: Scenario) -> shapes.Scenario:
    """Return what is assumed, in order."""
    return {
        "raise": sorted(assumed.raised),
        "lower": sorted(assumed.lowered),
        "hold": sorted(assumed.held),
        "adversary": dict(sorted(assumed.adversary.items())),
        "given": dict(sorted(assumed.given.items())),
    }


def what_if_document(defense: str, assumed: Scenario, changes: Iterable[Change]) -> shapes.WhatIf:
    """Return the document for one defense under assumptions."""
    return {
        "kind": "what_if",
        "defense": defense,
        "scenario": scenario_document(assumed),
        "predictions": [
            {
                "risk": change.before.risk,
                "before": prediction_document(change.before),
                "after": prediction_document(change.after),
                "changed": change.changed,
                "because": [
                    {
                        "assumption": reason.assumption,
                        "subject": reason.subject,
                        "effect": reason.effect,
                        "text": reason.text,
                    }
                    for reason in change.because
                ],
            }
            for change in changes
        ],
    }


def interaction_backtest_document(result: Backtest) -> backtests.InteractionBacktest:
    """Return how good the conjectures about a defense and a risk are."""
    return {
        "scores": {
            scope: [_score(score) for score in scores] for scope, scores in result.scores.items()
        },
        "reliability": {
            scope: [
                {
                    "low": row.low,
                    "high": row.high,
                    "cells": row.cells,
                    "mean_probability": row.mean_probability,
                    "share_increased": row.share_increased,
                }
                for row in rows
            ]
            for scope, rows in result.reliability.items()
        },
        "cells": [
            {
                "defense": cell.prediction.defense,
                "risk": cell.prediction.risk,
                "intended": cell.prediction.intended,
                "observed": cell.observed,
                "conjecture": cell.prediction.conjecture,
                "basis": cell.prediction.basis,
                "probability_increase": cell.prediction.probability_increase,
                "independent": cell.independent,
                "answers": dict(cell.answers),
                "probabilities": dict(cell.probabilities),
            }
            for cell in result.cells
        ],
        "disputed": [{"defense": p.defense, "risk": p.risk} for p in result.disputed],
    }


def differences_document(result: Differences) -> shapes.Differences:
    """Return the document of what one knowledge base says differently from another."""
    return {
        "kind": "differences",
        "before": result.before,
        "after": result.after,
        "records": {
            "added": {section: list(names) for section, names in result.added.items()},
            "revised": {
                section: {
                    name: {
                        field: {"before": old, "after": new} for field, (old, new) in each.items()
                    }
                    for name, each in records.items()
                }
                for section, records in result.revised.items()
            },
            "retracted": {section: list(names) for section, names in result.retracted.items()},
        },
        "predictions": [_both(change) for change in result.predictions],
        "shifted": [
            {
                "defense": change.after.defense,
                "risk": change.after.risk,
                "before": change.before.probability_increase,
                "after": change.after.probability_increase,
            }
            for change in result.shifted
            if change.before is not None and change.after is not None
        ],
    }


def _both(change: PredictionChange) -> shapes.PredictionChange:
    known = change.after or change.before
    return {
        "defense": known.defense if known else None,
        "risk": known.risk if known else None,
        "before": prediction_document(change.before) if change.before else None,
        "after": prediction_document(change.after) if change.after else None,
    }


def _path(path: Path, prediction: Prediction) -> shapes.Path:
    context = path.moved_by is None
    return {
        "factor": path.factor.id,
        "code": path.factor.code,
        "role": path.factor.role,
        "origin": "context" if context else "defense",
        "defense_sign": None if context else path.push,
        "context_sign": path.push if context else None,
        "risk_sign": path.depends.sign,
        "effect": EFFECT[path.effect],
        "dominant": path.dominant,
        "decisive": path.decides(prediction.conjecture, prediction.basis),
        "sources": list(path.sources),
        "notes": [edge.note for edge in (path.moved_by, path.depends) if edge and edge.note],
        "when": None if path.when is None else dict(path.when),
        "conditional": path.conditional,
    }


def _modifier(modifier: Modifier) -> shapes.Modifier:
    name, sign = modifier.factor.name, modifier.depends.sign
    trend = {"+": "rises", "-": "falls", "0": "does not move", "?": "may move either way"}[sign]
    return {
        "factor": modifier.factor.id,
        "code": modifier.factor.code,
        "role": modifier.factor.role,
        "risk_sign": sign,
        "sources": list(modifier.depends.sources),
        "note": modifier.depends.note or f"the risk {trend} as this rises: {name}",
    }


def _observation(seen: ObservationSeen) -> shapes.Observation:
    record = seen.record
    return {
        "id": record.id,
        "effect": record.effect,
        "kind": record.kind,
        "when": None if record.when is None else dict(record.when),
        "applies": seen.applies,
        "sources": list(record.sources),
        "evidence": [
            {"factor": mark.factor, "kinds": list(mark.kinds), "note": mark.note}
            for mark in record.evidence
        ],
        "note": record.note,
        "provenance": record.provenance,
        "stage": record.stage,
        "basis": record.basis,
        "setting": record.setting,
        "data": list(record.data),
        "size": None if record.size is None else _size(record.size),
    }


def _size(size: Size) -> shapes.Size:
    return {"metric": size.metric, "before": size.before, "after": size.after}


def _exception(seen: ExceptionSeen) -> shapes.ExceptionSeen:
    record = seen.record
    return {
        "effect": record.effect,
        "when": None if record.when is None else dict(record.when),
        "applies": seen.applies,
        "sources": list(record.sources),
        "note": record.note,
        "provenance": seen.provenance,
    }


def _score(score: Score) -> backtests.Score:
    return {
        "method": score.method,
        "cells": score.cells,
        "right": score.right,
        "wrong": score.wrong,
        "contested": score.contested,
        "unknown": score.unknown,
        "increases": _direction(score.increases),
        "decreases": _direction(score.decreases),
        "coverage": score.coverage,
        "accuracy": _estimate(score.accuracy),
        "balanced_accuracy": _estimate(score.balanced_accuracy),
        "accuracy_of_all": _estimate(score.accuracy_of_all),
        "balanced_accuracy_of_all": _estimate(score.balanced_accuracy_of_all),
        "brier": _estimate(score.brier),
    }


def _direction(direction: Direction) -> backtests.Direction:
    return {
        "right": direction.right,
        "decided": direction.decided,
        "cells": direction.cells,
        "accuracy": _estimate(direction.accuracy),
        "brier": _estimate(direction.brier),
    }


def _estimate(estimate: Estimate) -> backtests.Estimate:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}

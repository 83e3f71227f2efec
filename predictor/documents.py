"""The answers as JSON documents: the one form that command line, REST and Python share.

Field names are a contract; see docs/stability.md. Every function returns plain dicts, lists,
strings, numbers, booleans and None, in the shapes of `predictor.document_types`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .advice import advise
from .assessment import assess
from .budget import spend
from .signs import EFFECT

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase, Size, TableCell

    from . import backtest_document_types as backtests
    from . import document_types as shapes
    from .assessment import Assessment, Setting
    from .assessment_backtest import AssessmentBacktest, Case, Promise, VoiceScore
    from .backtest import Backtest, Direction, Estimate, Score
    from .cases import CasesBacktest
    from .changes import Change
    from .differences import Differences, PredictionChange
    from .guideline import Path
    from .interactions import ExceptionSeen, Modifier, ObservationSeen, Prediction
    from .measured_backtest import MeasuredBacktest
    from .scenarios import Scenario

__all__ = [
    "assessment_backtest_document",
    "assessment_document",
    "cases_backtest_document",
    "differences_document",
    "interaction_backtest_document",
    "matrix_document",
    "measured_backtest_document",
    "prediction_document",
    "predictions_document",
    "scenario_document",
    "setting_document",
    "what_if_document",
]


def prediction_document(
    kb: KnowledgeBase, prediction: Prediction, *, advice: bool = True
) -> shapes.Prediction:
    """Return the document for one defense and one risk.

    Parameters
    ----------
    kb : KnowledgeBase
        The one that the prediction was made with.
    prediction : Prediction
        See `predictor.interactions.predict`.
    advice : bool, optional
        Whether to work out what to do, which looks at other defenses as well; if not, none is told.
    """
    spend()
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
        "assessment": assessment_document(kb, assess(kb, prediction), advice=advice),
        "knowledge": prediction.knowledge,
        "stage": prediction.stage,
    }


def assessment_document(
    kb: KnowledgeBase, answer: Assessment, *, advice: bool = True
) -> shapes.Assessment:
    """Return the part of a prediction's document that is the one answer."""
    return {
        "expect": answer.expect,
        "likelihood": answer.likelihood,
        "likelihood_increase": answer.likelihood_increase,
        "grade": answer.grade,
        "depends_on": [
            {"when": dict(each.when), "effect": each.effect, "works": list(each.works)}
            for each in answer.depends_on
        ],
        "dissent": dict(answer.dissent),
        "mechanism": {
            "toward": [_moved(path) for path in answer.mechanism.toward],
            "against": [_moved(path) for path in answer.mechanism.against],
        },
        "setting": setting_document(answer.setting),
        "advice": [
            {
                "kind": each.kind,
                "subject": each.subject,
                "when": dict(each.when),
                "effect": each.effect,
                "works": list(each.works),
                "grade": each.grade,
            }
            for each in (advise(kb, answer) if advice else ())
        ],
        "voices": [
            {
                "voice": each.name,
                "says": each.says,
                "likelihood_increase": each.likelihood,
                "works": {effect: list(works) for effect, works in each.works.items()},
                "disagrees": each.disagrees,
            }
            for each in answer.voices
        ],
    }


def setting_document(setting: Setting | None) -> shapes.Setting | None:
    """Return what a setting does by itself; None where it moves nothing."""
    if setting is None:
        return None
    return {"effect": setting.effect, "factors": [_moved(path) for path in setting.paths]}


def predictions_document(
    kb: KnowledgeBase, defense: str, predictions: Iterable[Prediction]
) -> shapes.Predictions:
    """Return the document for one defense, by its id, and every risk."""
    documents = [prediction_document(kb, p) for p in predictions]
    return {"kind": "predictions", "defense": defense, "predictions": documents}


def matrix_document(kb: KnowledgeBase, rows: Iterable[Iterable[Prediction]]) -> shapes.Matrix:
    """Return the document for every defense and every risk."""
    predictions = [prediction_document(kb, p) for row in rows for p in row]
    return {"kind": "matrix", "predictions": predictions, "knowledge": kb.digest}


def scenario_document(assumed: Scenario) -> shapes.Scenario:
    """Return what is assumed, in order."""
    return {
        "raise": sorted(assumed.raised),
        "lower": sorted(assumed.lowered),
        "hold": sorted(assumed.held),
        "adversary": dict(sorted(assumed.adversary.items())),
        "given": dict(sorted(assumed.given.items())),
    }


def what_if_document(
    kb: KnowledgeBase, defense: str, assumed: Scenario, changes: Iterable[Change]
) -> shapes.WhatIf:
    """Return the document for one defense under assumptions."""
    return {
        "kind": "what_if",
        "defense": defense,
        "scenario": scenario_document(assumed),
        "predictions": [
            {
                "risk": change.before.risk,
                "before": prediction_document(kb, change.before),
                "after": prediction_document(kb, change.after),
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


def assessment_backtest_document(result: AssessmentBacktest) -> backtests.AssessmentBacktest:
    """Return how good the assessments are."""
    return {
        "scores": {
            held: [_voice_score(each) for each in scores] for held, scores in result.scores.items()
        },
        "reliability": {
            held: [_promise(row) for row in rows] for held, rows in result.reliability.items()
        },
        "priors": [
            {"prior_works": each.prior_works, "brier": each.brier} for each in result.priors
        ],
        "cases": {held: [_case(case) for case in cases] for held, cases in result.cases.items()},
    }


def measured_backtest_document(result: MeasuredBacktest) -> backtests.MeasuredBacktest:
    """Return how good each voice is on what was measured."""
    return {
        "scores": [_voice_score(each) for each in result.scores],
        "groups": [
            {
                "data": group.data,
                "scores": [_voice_score(each) for each in group.scores],
                "cases": [_case(case) for case in group.cases],
            }
            for group in result.groups
        ],
    }


def cases_backtest_document(
    kb: KnowledgeBase, result: CasesBacktest, ignored: Iterable[str]
) -> backtests.CasesBacktest:
    """Return how good the answers are on cases of one's own."""
    return {
        "kind": "cases",
        "scores": [_voice_score(each) for each in result.scores],
        "reliability": [_promise(row) for row in result.reliability],
        "cases": [{**_case(case), "line": line} for line, case in result.cases],
        "unasked": [
            {"line": e.line, "defense": e.defense, "risk": e.risk, "reason": e.reason}
            for e in result.unasked
        ],
        "ignored": list(ignored),
        "knowledge": kb.digest,
    }


def _voice_score(score: VoiceScore) -> backtests.VoiceScore:
    return {
        "voice": score.voice,
        "directed": score.directed,
        "decided": score.decided,
        "right": score.right,
        "decreases": score.decreases,
        "decreases_found": score.decreases_found,
        "open": score.open,
        "open_found": score.open_found,
        "brier": score.brier,
    }


def _promise(row: Promise) -> backtests.Promise:
    return {
        "low": row.low,
        "high": row.high,
        "cases": row.cases,
        "promised": row.promised,
        "came_true": row.came_true,
    }


def _case(case: Case) -> backtests.Case:
    return {
        "work": case.work,
        "defense": case.defense,
        "stage": case.stage,
        "risk": case.risk,
        "observed": case.observed,
        "says": dict(case.says),
        "likelihood_increase": {voice: round(rise, 4) for voice, rise in case.rise.items()},
    }


def differences_document(
    before: KnowledgeBase, after: KnowledgeBase, result: Differences
) -> shapes.Differences:
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
        "predictions": [_both(before, after, change) for change in result.predictions],
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


def _both(
    before: KnowledgeBase, after: KnowledgeBase, change: PredictionChange
) -> shapes.PredictionChange:
    known = change.after or change.before
    return {
        "defense": known.defense if known else None,
        "risk": known.risk if known else None,
        "before": prediction_document(before, change.before) if change.before else None,
        "after": prediction_document(after, change.after) if change.after else None,
    }


def _moved(path: Path) -> shapes.Moved:
    return {
        "factor": path.factor.id,
        "defense_sign": path.push,
        "risk_sign": path.depends.sign,
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
        "conditional": seen.conditional,
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
        "table": None if record.table is None else _cell(record.table),
    }


def _size(size: Size) -> shapes.Size:
    return {"metric": size.metric, "before": size.before, "after": size.after}


def _cell(table: TableCell) -> shapes.TableCell:
    return {
        "dataset": table.dataset,
        "draws": table.draws,
        "seeds": table.seeds,
        "result": table.result,
    }


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

"""A variation as a document: each value's verdict, the trend over them, and what was predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypedDict

from ..measures import measures
from ..statistics.intervals import LEVEL
from ..statistics.trends import Trend, trend
from ..trials.trial import Result
from .variations import Variation
from .verdicts import Verdict

if TYPE_CHECKING:
    from . import document_types as shapes

__all__ = ["Predicted", "variation_document"]

_RISES = {
    "increase": "it rises as the factor does",
    "decrease": "it falls as the factor rises",
    "no_change": "it does not change meaningfully",
}
_CHANGES = {
    "increase": "the risk is higher",
    "decrease": "the risk is lower",
    "no_change": "the risk does not change meaningfully",
}
_PREDICTED = {"increase": "rise", "decrease": "fall", "no_change": "stay"}
_UNMOVED = "the factor itself, as it was measured, is not seen to rise"


class Predicted(TypedDict):
    """What is known of a variation beforehand, besides what is known of the pair; for JSON.

    Attributes
    ----------
    risk, effect : str or None
        Which way the susceptibility to the risk, and the defense's effect on it, go as the factor
        rises: ``increase``, ``decrease`` or ``no_change``; None where nothing is predicted.
    scenario : dict or None
        The predictions with the factor raised and lowered, as ``what-if --json`` gives them; None
        for a placebo.
    knowledge : str
        Digest of the knowledge base that says so.
    """

    risk: str | None
    effect: str | None
    scenario: dict[str, Any] | None
    knowledge: str


def variation_document(
    planned: Variation,
    outcomes: Sequence[Verdict | str],
    told: Sequence[Mapping[str, Any]],
    predicted: Predicted,
) -> shapes.Variation:
    """Return what a variation shows, ready for JSON.

    Parameters
    ----------
    planned : Variation
        What was run.
    outcomes : sequence of Verdict or str
        One for each value, or the reason why there is none.
    told : sequence of mapping
        What was known of each beforehand: its conjecture, what was published, its command.
    predicted : Predicted
        What was known of the trend.

    Returns
    -------
    dict
        A cell is the whole document of its verdict, or has a ``reason``. The verdict of the trend
        is about the risk under the defense: that it rises or falls with the factor is what is
        known. By how much the defense's effect changes is measured, and nothing is predicted of
        it: the factor moves the risk of both arms. ``raise`` and ``lower`` are the scenarios as
        they are meant, with both pushes at once: under the defense with the factor at one end,
        against no defense with the factor at the other.
    """
    first = planned.experiments[0]
    defense, risk = first.defense.name(), first.attack.risk
    cells: list[shapes.Verdict | shapes.NotMeasured] = [
        outcome.document()
        if isinstance(outcome, Verdict)
        else {
            "defense": defense,
            "risk": risk,
            "conjecture": known["conjecture"],
            "published": list(known.get("published", ())),
            "reason": outcome,
            "command": known["command"],
        }
        for outcome, known in zip(outcomes, told, strict=True)
    ]
    return {
        "kind": "variation",
        "defense": defense,
        "risk": risk,
        "vary": {
            "factor": planned.factor,
            "code": planned.code,
            "name": planned.name,
            "setting": planned.setting,
            "values": planned.values,
        },
        "cells": cells,
        "trend": _trend(planned, outcomes, predicted),
        "scenario": predicted["scenario"],
        "knowledge": predicted["knowledge"],
    }


def _trend(
    planned: Variation, outcomes: Sequence[Verdict | str], predicted: Predicted
) -> shapes.Trend:
    """Return how effect, susceptibility and the factor itself change over the values."""
    found = [each for each in outcomes if isinstance(each, Verdict)]
    if len(found) < len(outcomes):
        return {
            "verdict": "inconclusive",
            "reason": "not every value could be measured",
            "baseline": None,
            "defended": None,
            "effect": None,
            "raise": None,
            "lower": None,
            "factor": None,
        }
    factor = _factor(planned.factor, found)
    doubts = [] if factor["outcome"] in (None, "increase") else [_UNMOVED]
    idle = [
        f"{value}"
        for value, verdict in zip(planned.values, found, strict=True)
        if verdict.effectiveness is not None and not verdict.effectiveness.met
    ]
    of_defense = [*doubts]
    void = [
        f"{value}" for value, verdict in zip(planned.values, found, strict=True) if verdict.void
    ]
    if void:
        of_defense.append(f"the outcome is evidence of nothing at {', '.join(void)}")
    if idle:
        of_defense.append(f"the defense was not effective at {', '.join(idle)}")
    without = [_levels(verdict, verdict.baseline) for verdict in found]
    under = [_levels(verdict, verdict.defended) for verdict in found]
    effects = [verdict.effect.differences for verdict in found]
    scenario = predicted["scenario"] or {}
    drawn = len(found[0].experiment.contexts)
    unsettled = f"inconclusive with these {'seeds' if drawn == 1 else 'draws'}"
    defended = _row(_moved(found, under), predicted["risk"], of_defense, unsettled)
    raised, lowered = (
        _row(_moved(found, ends), _after(scenario.get(verb)), of_defense, unsettled, _CHANGES)
        for verb, ends in (
            ("raise", (without[0], under[-1])),
            ("lower", (without[-1], under[0])),
        )
    )
    return {
        "verdict": defended["verdict"],
        "reason": defended["reason"],
        "baseline": _row(_moved(found, without), predicted["risk"], doubts, unsettled),
        "defended": defended,
        "effect": _row(_moved(found, effects), predicted["effect"], of_defense, unsettled),
        "raise": raised,
        "lower": lowered,
        "factor": factor,
    }


def _after(found: Mapping[str, Any] | None) -> str | None:
    """Return what a scenario predicts of the pair, if its factor has a part in that."""
    if found is None or not found["because"]:
        return None
    conjecture: str = found["after"]["conjecture"]
    return conjecture if conjecture in _CHANGES else None


def _moved(found: Sequence[Verdict], numbers: Sequence[Sequence[float]]) -> Trend:
    """Return the trend of numbers in the unit of the metric, towards more susceptible."""
    metric, risk = found[0].metric, found[0].experiment.attack.risk
    results = [each for verdict in found for each in (*verdict.baseline, *verdict.defended)]
    counted = min(each.counted[risk][metric.id] for each in results)
    return trend(numbers, metric.smallest_effect, 1 / max(1, counted))


def _levels(verdict: Verdict, arm: Sequence[Result]) -> list[float]:
    """Return how susceptible an arm is, by seed: higher is worse."""
    risk = verdict.experiment.attack.risk
    return [verdict.metric.worsening(0.0, each.metrics[risk][verdict.metric.id]) for each in arm]


def _row(
    found: Trend,
    expected: str | None,
    doubts: Sequence[str],
    unsettled: str,
    said: Mapping[str, str] = MappingProxyType(_RISES),
) -> shapes.TrendRow:
    """Return a trend with what was expected of it, and what that makes of it.

    If the interval does not settle it, that is said in the words that are given.
    """
    verdict: shapes.Judgement = "inconclusive"
    shown = said.get(found.outcome, unsettled)
    if doubts:
        reason = f"{shown}; but {' and '.join(doubts)}"
    elif expected is None:
        reason = f"{shown}; nothing was predicted"
    elif found.outcome == "inconclusive":
        reason = shown
    else:
        verdict = "confirmed" if found.outcome == expected else "refuted"
        reason = f"{shown}; it was predicted to {_PREDICTED[expected]}"
    return {
        "expected": expected,
        "outcome": found.outcome,
        "verdict": verdict,
        "reason": reason,
        **_interval(found),
    }


def _interval(found: Trend) -> shapes.TrendInterval:
    return {
        "estimate": found.change.estimate,
        "low": found.change.low,
        "high": found.change.high,
        "level": LEVEL,
        "differences": list(found.change.differences),
        "smallest_change": found.smallest,
    }


def _factor(factor: str, found: Sequence[Verdict]) -> shapes.FactorTrend:
    """Return what was measured of the factor at each value, and whether it rose without a defense.

    A factor that cannot be measured here is not held against anyone.
    """
    measure = measures()[factor]()
    for each in (each for v in found for arm in (v.baseline, v.defended) for each in arm):
        if factor not in each.factors:
            return {
                "measure": measure.name,
                "outcome": None,
                "reason": each.unmeasured.get(factor, "was measured before factors were"),
                "baseline": [],
                "defended": [],
            }
    baseline = [[each.factors[factor] for each in v.baseline] for v in found]
    moved = trend(baseline, measure.matters(fmean(baseline[0])))
    return {
        "measure": measure.name,
        "outcome": moved.outcome,
        "reason": None,
        "baseline": baseline,
        "defended": [[each.factors[factor] for each in v.defended] for v in found],
        **_interval(moved),
    }

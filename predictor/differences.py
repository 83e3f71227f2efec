"""Differences between two knowledge bases: records and predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .interactions import Prediction, predict

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["Differences", "PredictionChange", "differences"]


FieldChanges = dict[str, tuple[Any, Any]]


class PredictionChange(NamedTuple):
    """A pair's prediction in both bases; None where a base does not know the pair."""

    before: Prediction | None
    after: Prediction | None


class Differences(NamedTuple):
    """What changes from one knowledge base to another.

    Attributes
    ----------
    before, after : str
        Digests.
    added, retracted : dict
        Ids of records by section.
    revised : dict
        By section and id, the fields that differ: value before and after, None where absent.
    predictions : tuple of PredictionChange
        Pairs whose conjecture, paths, modifiers, observations or exceptions differ.
    shifted : tuple of PredictionChange
        Pairs of which only the probability differs, largest shift first: every observation
        takes part in every other pair's calibration.
    """

    before: str
    after: str
    added: dict[str, tuple[str, ...]]
    revised: dict[str, dict[str, FieldChanges]]
    retracted: dict[str, tuple[str, ...]]
    predictions: tuple[PredictionChange, ...]
    shifted: tuple[PredictionChange, ...]


def differences(before: KnowledgeBase, after: KnowledgeBase) -> Differences:
    """Compare two knowledge bases."""
    added: dict[str, tuple[str, ...]] = {}
    revised: dict[str, dict[str, FieldChanges]] = {}
    retracted: dict[str, tuple[str, ...]] = {}
    old_rows, new_rows = before.rows, after.rows
    for section, new in new_rows.items():
        old = old_rows[section]
        added[section] = tuple(name for name in new if name not in old)
        retracted[section] = tuple(name for name in old if name not in new)
        revised[section] = {
            name: _changed(old[name], row)
            for name, row in new.items()
            if name in old and row != old[name]
        }
    predictions: list[PredictionChange] = []
    shifted: list[PredictionChange] = []
    pairs = dict.fromkeys((d, r) for kb in (before, after) for d in kb.defenses for r in kb.risks)
    for pair in pairs:
        change = PredictionChange(_predict(before, *pair), _predict(after, *pair))
        if (
            change.before is None
            or change.after is None
            or _said(change.before) != _said(change.after)
        ):
            predictions.append(change)
        elif _shift(change):
            shifted.append(change)
    shifted.sort(key=_shift, reverse=True)
    return Differences(
        before.digest,
        after.digest,
        {section: names for section, names in added.items() if names},
        {section: records for section, records in revised.items() if records},
        {section: names for section, names in retracted.items() if names},
        tuple(predictions),
        tuple(shifted),
    )


def _changed(old: dict[str, Any], new: dict[str, Any]) -> FieldChanges:
    return {
        name: (old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    }


def _predict(kb: KnowledgeBase, defense: str, risk: str) -> Prediction | None:
    known = defense in kb.defenses and risk in kb.risks
    return predict(kb, defense, risk) if known else None


def _said(prediction: Prediction) -> tuple[object, ...]:
    """Return what a prediction says, without the words in which its records say it."""
    return (
        prediction.intended,
        prediction.conjecture,
        prediction.basis,
        [(p.factor.id, p.push, p.effect, p.dominant, p.sources) for p in prediction.paths],
        [(m.factor.id, m.depends.sign) for m in prediction.modifiers],
        [
            (o.record.effect, o.record.when, o.record.sources, o.record.provenance)
            for o in prediction.observations
        ],
        [(e.record.effect, e.record.when, e.record.sources) for e in prediction.exceptions],
    )


def _shift(change: PredictionChange) -> float:
    if change.before is None or change.after is None:
        return 1.0
    return abs(change.after.probability_increase - change.before.probability_increase)

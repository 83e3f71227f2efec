"""``crosscurrent predict``: one defense, every risk or one."""

from __future__ import annotations

import re
from argparse import Namespace
from typing import TYPE_CHECKING

from predictor.calibration import calibration
from predictor.interactions import Prediction, predict, predict_all

from ._common import as_json, knowledge, style
from ._text import Style, cite, columns, condition, paragraph, percent

if TYPE_CHECKING:
    from knowledge import KnowledgeBase
    from predictor.guideline import Path

__all__ = ["describe", "overview", "published", "run"]

_MOVE = {"+": "raises it", "-": "lowers it", "0": "leaves it", "?": "may move it"}
_FOLLOW = {"+": "rises with it", "-": "falls with it", "0": "ignores it", "?": "may follow it"}
_SPEAKS = {"+": "increase", "-": "decrease", "0": "unknown", "?": "contested"}
_DOUBT = re.compile(r"[0-9]\?")
_MARK = " !"
_DISAGREE = "the model leans against the conjecture: take it as open"
_BASIS = {
    "unanimous": "all common factors agree",
    "dominant": "the factors disagree, and the dominant ones decide",
    "contested": "the factors disagree, and no dominant one settles it",
    "none": "no evidence: defense and risk share no factor",
}


def run(arguments: Namespace) -> str:
    """Answer the question."""
    kb = knowledge(arguments)
    if arguments.risk is None:
        predictions = predict_all(kb, arguments.defense)
        if arguments.json:
            from predictor.documents import predictions_document

            return as_json(predictions_document(predictions))
        return overview(kb, predictions, style(arguments))
    prediction = predict(kb, arguments.defense, arguments.risk)
    if arguments.json:
        from predictor.documents import prediction_document

        return as_json(prediction_document(prediction))
    return describe(kb, prediction, style(arguments))


def overview(kb: KnowledgeBase, predictions: tuple[Prediction, ...], look: Style) -> str:
    """Describe what one defense does to every risk."""
    defense = kb.defenses[predictions[0].defense]
    head = ["", "risk", "conjecture", "P(increase)", "published", "decided by"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for prediction in predictions:
        risk = kb.risks[prediction.risk]
        decisive = _decisive(prediction)
        rows.append(
            [
                risk.code or "",
                risk.name + (" (its purpose)" if prediction.intended else ""),
                look.effect(prediction.conjecture),
                f"{percent(prediction.probability_increase):>5}{_MARK * disagrees(prediction)}",
                published(prediction, look),
                ", ".join(path.factor.name.lower() for path in decisive)
                or {"contested": "factors disagree"}.get(prediction.basis, "no common factor"),
            ]
        )
    title = f"{defense.name} ({defense.code or defense.id}), when effective:"
    chosen = max(predictions, key=lambda p: (len(p.paths), not p.intended))
    notes = [
        "P(increase): how likely the risk rises, by a model that never saw the pair's own result"
    ]
    if any(map(disagrees, predictions)):
        notes.append(f"{_MARK.strip():11}: {_DISAGREE}")
    notes.append(f"why        : crosscurrent predict {defense.id} {chosen.risk}")
    return look.finish("\n".join([look.paint(title, "bold"), "", columns(rows), "", *notes]))


def disagrees(prediction: Prediction) -> bool:
    """Say whether the calibrated model leans against the guideline's conjecture."""
    leans = "increase" if prediction.probability_increase >= 0.5 else "decrease"
    return prediction.conjecture in ("increase", "decrease") and prediction.conjecture != leans


def describe(kb: KnowledgeBase, prediction: Prediction, look: Style) -> str:
    """Describe what one defense does to one risk, with all that speaks for and against it."""
    defense, risk = kb.defenses[prediction.defense], kb.risks[prediction.risk]
    title = f"{defense.name} ({defense.code}) → {risk.name} ({risk.code})"
    if prediction.intended:
        title += ": what it is meant for"
    observed = calibration(kb).pairs - bool(prediction.observations)
    lines = [
        look.paint(title, "bold"),
        "",
        f"  {look.effect(prediction.conjecture)}: {_BASIS[prediction.basis]}",
        f"  {percent(prediction.probability_increase)} likely to increase"
        f" (calibrated on the {observed} other explored pairs)",
    ]
    if disagrees(prediction):
        lines.append(f"  {_MARK.strip()} {_DISAGREE}")
    if prediction.paths:
        lines += ["", "Paths" + ("" if prediction.basis == "contested" else " (* decides)")]
        table = columns(_path_row(path, prediction, look) for path in prediction.paths)
        for line, path in zip(table.split("\n"), prediction.paths, strict=True):
            works = paragraph(cite(kb, path.sources), look.width, " " * 7)
            lines += [line, look.paint(works, "dim")]
    if prediction.modifiers:
        rows = [
            (
                modifier.factor.name,
                modifier.factor.code or "",
                f"risk {_FOLLOW[modifier.depends.sign]}",
            )
            for modifier in prediction.modifiers
        ]
        lines += ["", "Also matters (the defense is not known to move it)", columns(rows)]
    lines += ["", "Published", *_observed(kb, prediction, look)]
    if any(_DOUBT.search(line) for line in lines):
        lines += [
            "",
            look.paint("year?: the paper's citation is not certain to be this work", "dim"),
        ]
    return look.finish("\n".join(lines))


def published(prediction: Prediction, look: Style) -> str:
    """Say in a word or two what was observed, for the adversary at hand."""
    effects = [seen.record.effect for seen in prediction.observations if seen.applies]
    effects += [seen.record.effect for seen in prediction.exceptions if seen.applies]
    return " ".join(look.effect(e) for e in dict.fromkeys(effects)) or look.effect("unexplored")


def _decisive(prediction: Prediction) -> list[Path]:
    return [p for p in prediction.paths if p.decides(prediction.conjecture, prediction.basis)]


def _path_row(path: Path, prediction: Prediction, look: Style) -> tuple[str, ...]:
    decisive = path.decides(prediction.conjecture, prediction.basis)
    mover = "context" if path.moved_by is None else "defense"
    effect = _SPEAKS[path.effect]
    return (
        f"{'*' if decisive else ' '} {look.paint(look.glyph(effect), effect)}",
        look.paint(path.factor.name, "bold") if decisive else path.factor.name,
        path.factor.code or "",
        path.factor.role,
        f"{mover} {_MOVE[path.push]}, risk {_FOLLOW[path.depends.sign]}",
    )


def _observed(kb: KnowledgeBase, prediction: Prediction, look: Style) -> list[str]:
    lines: list[str] = []
    for seen in prediction.observations:
        record = seen.record
        doubt = "" if seen.applies else " (for another adversary)"
        kind = f" ({record.kind})" if record.kind != "unspecified" else ""
        lines.append(f"  {look.effect(record.effect)}{kind}{doubt}: {cite(kb, record.sources)}")
        if record.when:
            lines.append(f"    {condition(record.when)}")
        if record.note:
            lines.append(paragraph(record.note, look.width, "    "))
    for exception in prediction.exceptions:
        noted = exception.record
        lines.append(
            f"  {look.effect(noted.effect)} as an exception ({condition(noted.when)}):"
            f" {cite(kb, noted.sources)}"
        )
        if noted.note:
            lines.append(paragraph(noted.note, look.width, "    "))
    tested = kb.experiments_on(prediction.defense, prediction.risk)
    lines += [f"  numbers: crosscurrent kb show {experiment.id}" for experiment in tested]
    return lines or [f"  {look.effect('unexplored')}: nothing known for this pair"]

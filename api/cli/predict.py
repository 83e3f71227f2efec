"""``crosscurrent predict``: one defense, every risk or one."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from crosscurrent.predictor.documents import prediction_document
from crosscurrent.predictor.interactions import Prediction, predict, predict_all, settled
from crosscurrent.predictor.signs import EFFECT

from ..text import assessments
from ..text.names import at_stage, cite, condition, only, title
from ..text.terminal import Style, columns, laid_out, paragraph
from ..text.wording import ARROW, FOLLOW, INTENDED, MOVE, STAGES, basis, seen_in
from ._arguments import add_knowledge_option, add_output_options, add_pair_arguments
from ._common import again, as_json, knowledge, style, with_knowledge_line

if TYPE_CHECKING:
    from crosscurrent.knowledge import ExceptionRecord, KnowledgeBase, Observation
    from crosscurrent.predictor import document_types as shapes
    from crosscurrent.predictor.guideline import Path

__all__ = ["add_arguments", "describe", "expects", "measured", "published", "run"]

_DOUBT = re.compile(r"[0-9]\?")


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Predict the effect of a defense, if effective, on each risk, and explain it."
    )
    parser.epilog = "example: crosscurrent predict adversarial_training membership_inference"
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_output_options(parser)
    add_pair_arguments(parser)


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    kb = knowledge(arguments)
    if arguments.json:
        from ..answers import predictions as answers

        if arguments.risk is None:
            return as_json(answers.predictions(kb, arguments.defense))
        return as_json(answers.prediction(kb, arguments.defense, arguments.risk))
    look = style(arguments)
    if arguments.risk is None:
        defense, stage = settled(kb, arguments.defense)
        asked = f"{defense}@{stage}" if stage else defense
        return _overview(kb, asked, predict_all(kb, asked), look, again(arguments))
    prediction = predict(kb, arguments.defense, arguments.risk)
    return with_knowledge_line(describe(kb, prediction, look, again(arguments)), kb.digest, look)


def _overview(
    kb: KnowledgeBase, defense: str, predictions: tuple[Prediction, ...], look: Style, more: str
) -> str:
    """Describe what one defense does to every risk; `more` are the options to ask again with."""
    documents = [prediction_document(kb, each, advice=False) for each in predictions]
    head = ["", "risk", "expect", "likely", "grade", "guideline"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    for prediction, document in zip(predictions, documents, strict=True):
        risk, answer = kb.risks[prediction.risk], document["assessment"]
        rows.append(
            [
                risk.code or "",
                risk.name + " *" * prediction.intended,
                expects(document, look),
                f"{assessments.expected(document):>4}",
                assessments.GRADES[answer["grade"]],
                look.effect(prediction.conjecture) + " !" * answer["voices"][0]["disagrees"],
            ]
        )
    legend = [
        ["likely", "how likely what is expected is; where it depends or is unknown, an increase"],
        ["guideline", "what follows from the factors alone, by the rule of the papers"],
    ]
    if any(prediction.intended for prediction in predictions):
        legend.append(["*", INTENDED])
    if any(document["assessment"]["voices"][0]["disagrees"] for document in documents):
        legend.append(["!", "the guideline says otherwise than what is expected"])
    if any(document["assessment"]["depends_on"] for document in documents):
        legend.append(["†", "seen otherwise under some conditions"])
    if predictions:
        chosen = max(predictions, key=lambda p: (len(p.paths), not p.intended))
        legend.append(["why", f"crosscurrent predict {defense} {chosen.risk}{more}"])
    bare, _, stage = defense.partition("@")
    heading = f"{title(kb.defenses[bare])}{at_stage(stage)}, when effective:"
    heading = look.paint(paragraph(heading, look.width), "bold")
    table, notes = columns(rows, look.width), columns(legend, look.width, indent="")
    return with_knowledge_line("\n\n".join([heading, table, notes]), kb.digest, look)


def expects(document: shapes.Prediction, look: Style) -> str:
    """Return what is expected, with a mark where it is otherwise under some conditions."""
    answer = document["assessment"]
    return look.effect(answer["expect"]) + " †" * bool(answer["depends_on"])


def describe(kb: KnowledgeBase, prediction: Prediction, look: Style, more: str = "") -> str:
    """Describe what one defense does to one risk, with all that speaks for and against it.

    `more` are the options with which a further command uses the same knowledge.
    """
    defense, risk = kb.defenses[prediction.defense], kb.risks[prediction.risk]
    document = prediction_document(kb, prediction)
    heading = f"{title(defense)}{at_stage(prediction.stage)} → {title(risk)}"
    if prediction.intended:
        heading += ": what it is meant for"
    lines = [look.paint(paragraph(heading, look.width), "bold"), ""]
    lines += _answer(kb, document, look)
    lines += ["", "Voices", *_voices(prediction, document, look)]
    noted = [record for record in (defense, risk) if record.note]
    if noted:
        lines.append("")
    lines += [paragraph(f"{each.name}: {each.note}", look.width, "  ") for each in noted]
    if prediction.paths:
        lines += ["", "Paths" + " (* decides by the guideline)" * bool(prediction.decisive)]
        lines += _paths(kb, prediction, look)
    if prediction.modifiers:
        rows = [
            (each.factor.name, each.factor.code or "", f"risk {FOLLOW[each.depends.sign]}")
            for each in prediction.modifiers
        ]
        lines += ["", "Also matters (the defense is not known to move it)"]
        lines.append(columns(rows, look.width))
    lines += ["", "Published or measured", *_observed(kb, prediction, look, more)]
    if any(_DOUBT.search(line) for line in lines):
        lines += [
            "",
            look.paint("year?: the paper's citation is not certain to be this work", "dim"),
        ]
    return "\n".join(lines)


def _answer(kb: KnowledgeBase, document: shapes.Prediction, look: Style) -> list[str]:
    """Return the sentence that answers, how well established it is, why, and what to do."""
    expect = document["assessment"]["expect"]
    sign = look.paint(look.glyph(expect), expect)
    lines = [paragraph(f"{sign} {assessments.headline(kb, document)}", look.width, "  ")]
    told = [assessments.established(kb, document), assessments.setting_told(kb, document)]
    told.append(assessments.reason(kb, document))
    told += assessments.advised(kb, document)
    return [*lines, *(paragraph(text, look.width, "    ") for text in told if text)]


def _voices(prediction: Prediction, document: shapes.Prediction, look: Style) -> list[str]:
    rows = []
    for name, says, disagrees in assessments.voiced(document["assessment"]):
        told = f"{says}: {_basis(prediction)}" if name == "guideline" else says
        rows.append([look.paint(name, "dim"), "!" if disagrees else " ", told])
    lines = laid_out(rows, look.width)
    if any(each["disagrees"] for each in document["assessment"]["voices"]):
        lines.append(look.paint("  !: says otherwise than what is expected", "dim"))
    return lines


def published(prediction: Prediction, look: Style) -> str:
    """Say in a word or two what was published, for the adversary at hand."""
    if not prediction.published:
        return look.effect("unexplored") if not prediction.explored else "- for others only"
    effects = " ".join(look.effect(effect) for effect in prediction.published)
    return effects + " †" * prediction.conditional


def measured(prediction: Prediction, look: Style) -> str:
    """Say what was measured for the adversary at hand, in the user's own models and in tables."""
    own = " ".join(look.effect(effect) for effect in prediction.measured)
    tables = "".join(look.glyph(effect) for effect in prediction.measured_reference)
    told = [f"measured {own}"] * bool(own) + [f"tables {tables}"] * bool(tables)
    return "; ".join(told)


def _basis(prediction: Prediction) -> str:
    """Say what a conjecture rests on."""
    return basis(
        prediction.basis,
        [EFFECT[path.effect] for path in prediction.paths if not path.conditional],
        conditional=any(path.conditional for path in prediction.paths),
    )


def _paths(kb: KnowledgeBase, prediction: Prediction, look: Style) -> list[str]:
    decisive = {id(path) for path in prediction.decisive}
    lines: list[str] = []
    rows = [_path_row(path, look, decides=id(path) in decisive) for path in prediction.paths]
    for line, path in zip(laid_out(rows, look.width), prediction.paths, strict=True):
        notes = [edge.note for edge in (path.moved_by, path.depends) if edge and edge.note]
        below = [paragraph(text, look.width, " " * 7) for text in (cite(kb, path.sources), *notes)]
        lines += [line, *(look.paint(text, "dim") for text in below)]
    return lines


def _path_row(path: Path, look: Style, *, decides: bool) -> tuple[str, ...]:
    mover = " by the context" if path.moved_by is None else ""
    effect = ARROW[path.effect]
    name = path.factor.name
    usual = path.dominant == (path.factor.role == "active")
    dominance = "" if usual else ", dominant" if path.dominant else ", not dominant"
    return (
        f"{'*' if decides else ' '} {look.paint(look.glyph(effect), effect)}",
        look.paint(name, "bold") if decides else name,
        path.factor.code or "",
        path.factor.role + dominance,
        f"{MOVE[path.push]}{mover}; risk {FOLLOW[path.depends.sign]}{only(path)}",
    )


def _observed(kb: KnowledgeBase, prediction: Prediction, look: Style, more: str) -> list[str]:
    lines: list[str] = []
    for seen in prediction.observations:
        record = seen.record
        kinds = [seen_in(record.table.dataset if record.table else None)] * record.measured
        kinds += [record.kind] if record.kind not in (None, "unspecified") else []
        kind = f" ({', '.join(kinds)})" if kinds else ""
        whom = f", {STAGES[record.stage]}" if record.stage else ""
        whom += f", {condition(record.when)}" if record.when else ""
        other = "" if seen.applies else ", not this one"
        works = cite(kb, record.sources)
        lines += _entry(f"{look.effect(record.effect)}{kind}{whom}{other}: {works}", record, look)
    for exception in prediction.exceptions:
        noted = exception.record
        works = cite(kb, noted.sources)
        how = "a measured" if exception.provenance == "measured" else "an"
        text = f"{look.effect(noted.effect)} as {how} exception, {condition(noted.when)}: {works}"
        lines += _entry(text, noted, look)
    tested = kb.experiments_on(prediction.defense, prediction.risk)
    lines += [f"  numbers: crosscurrent kb show {experiment.id}{more}" for experiment in tested]
    return lines or [f"  {look.effect('unexplored')}: nothing known for this pair"]


def _entry(text: str, record: Observation | ExceptionRecord, look: Style) -> list[str]:
    told = (getattr(record, "setting", None), record.note)
    below = [paragraph(each, look.width, "    ") for each in told if each]
    return [paragraph(text, look.width, "  "), *below]

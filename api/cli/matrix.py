"""``crosscurrent matrix``: every defense against every risk, or every pair of either."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from crosscurrent.api.text.matrix_picture import matrix_svg
from crosscurrent.api.text.matrix_tables import (
    collusions_csv,
    combinations_csv,
    predictions_csv,
)
from crosscurrent.api.text.wording import (
    INTENDED,
    OTHERWISE,
    OUTCOME_LETTERS,
    OUTCOMES,
    models,
)
from crosscurrent.knowledge.errors import InputError, clip
from crosscurrent.predictor.collusion import collude_all
from crosscurrent.predictor.conflicts import Combined, combine_all, outcome_of
from crosscurrent.predictor.documents import prediction_document
from crosscurrent.predictor.interactions import Prediction, matrix

from ..text import assessments
from ..text.terminal import Style, columns, padded, paragraph
from ._arguments import add_knowledge_option, add_output_options
from ._common import (
    as_json,
    as_markup,
    knowledge,
    output_format,
    own_knowledge,
    style,
    with_knowledge_line,
)

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, Defense, KnowledgeBase, Risk

__all__ = ["add_arguments", "run"]

_CELL = 9
_TIGHT_CELL = 7
_LEAST_NAME = 12
# backgrounds from weak to strong, with a text colour that stays readable on them
_HEAT = {
    "increase": ((223, 16), (215, 16), (208, 16)),
    "decrease": ((153, 16), (75, 16), (32, 231)),
    "depends": ((252, 16),) * 3,
    "no_change": ((254, 16),) * 3,
    "unknown": ((254, 16),) * 3,
}


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command and add its arguments."""
    parser.description = (
        "Print the effects of all defenses on all risks as one table; or which defenses can be"
        " combined, or which attacks amplify which."
    )
    parser.epilog = (
        "examples:\n  crosscurrent matrix --format svg > matrix.svg\n"
        "  crosscurrent matrix combinations"
    )
    parser.set_defaults(run=run)
    add_knowledge_option(parser)
    add_output_options(parser)
    parser.add_argument(
        "what",
        metavar="WHAT",
        nargs="?",
        default="interactions",
        choices=["interactions", "combinations", "collusions"],
        help="interactions (default), combinations or collusions",
    )
    parser.add_argument(
        "--format",
        choices=["table", "csv", "json", "svg"],
        help="table: a heat map for the terminal (default); svg: a self-contained picture, of"
        " interactions only",
    )


def run(arguments: Namespace) -> str:
    """Return the answer as text."""
    form = output_format(arguments) or "table"
    kb = knowledge(arguments)
    if arguments.what != "interactions":
        return _pairs(kb, arguments.what, form, style(arguments))
    if form == "json":
        from crosscurrent.api.answers.predictions import matrix as answer

        return as_json(answer(kb))
    rows = matrix(kb)
    if form == "csv":
        return predictions_csv(kb, (each for row in rows for each in row))
    if form == "svg":
        return as_markup(matrix_svg(kb, rows, own=own_knowledge(arguments)))
    return _heat_map(kb, rows, style(arguments))


def _heat_map(kb: KnowledgeBase, rows: tuple[tuple[Prediction, ...], ...], look: Style) -> str:
    explained: list[Defense | Risk] = list(kb.risks.values())
    defenses = [kb.defenses[row[0].defense] for row in rows if row]
    names = [f"{d.code or ''} {d.name}".strip() for d in defenses]
    own = any(prediction.measured for row in rows for prediction in row)
    tables = any(prediction.measured_reference for row in rows for prediction in row)
    seen = own or tables
    wide = _CELL + seen
    room = look.width - 1 - wide * len(kb.risks)
    tight = False
    if max(map(len, names), default=0) > room:
        full = [d.code or d.name for d in defenses]
        tight = max(map(len, full)) > room
        if tight:
            wide = _TIGHT_CELL + seen
            room = max(_LEAST_NAME, look.width - 1 - wide * len(kb.risks))
        names = [clip(name, room) for name in full]
        cut = zip(defenses, names, strict=True)
        explained = [*(d for d, name in cut if name != d.name), *explained]
    side = max(map(len, names), default=0) + 1
    head = "".join(f"{(r.code or r.id)[: wide - 1]:^{wide}}" for r in kb.risks.values())
    lines = [look.paint(" " * side + head.rstrip(), "bold")]
    for name, row in zip(names, rows, strict=True):
        cells = "".join(_cell(kb, each, look, measured=seen, tight=tight) for each in row)
        lines.append(padded(name, side) + cells.rstrip())
    up, down = look.glyph("increase"), look.glyph("decrease")
    open_, none = look.glyph("depends"), look.glyph("unknown")
    same = look.glyph("no_change")
    legend = [
        [f"{up} 94 {up}", "what to expect, how likely that is in %, published effect"],
        *[[f"{up} 94 {up}{down}", f"last: the effect measured in {models(own, tables)}"]] * seen,
        ["", f"{up} increases, {down} decreases, {open_} depends, {same} no change,"
         f" {none} unknown, {look.glyph('unexplored')} unexplored"],
        [f"{look.hollow('increase')} {look.hollow('decrease')}",
         "published, but depends on adversary or setting, or has exceptions"],
        ["94!", OTHERWISE],
        ["[ ]", INTENDED],
    ]  # fmt: skip
    silent = [d.name.lower() for d in kb.defenses.values() if d not in defenses]
    codes = "; ".join(f"{each.code or each.id} {each.name.lower()}" for each in explained)
    lines += ["", paragraph(codes, look.width, "  "), "", columns(legend, look.width)]
    if silent:
        text = f"no known effects: {', '.join(silent)}"
        lines += ["", paragraph(text, look.width, "  ")]
    return with_knowledge_line("\n".join(lines), kb.digest, look)


def _cell(
    kb: KnowledgeBase, prediction: Prediction, look: Style, *, measured: bool, tight: bool
) -> str:
    document = prediction_document(kb, prediction, advice=False)
    answer = document["assessment"]
    observed = look.glyph(_single(prediction.published) or "unexplored")
    if prediction.conditional and len(prediction.published) == 1:
        observed = look.hollow(prediction.published[0])
    if measured:
        effect = _single(prediction.measured or prediction.measured_reference)
        observed += look.glyph(effect) if effect else " "
    number = assessments.expected(document).removesuffix(" %")
    mark = "!" if answer["voices"][0]["disagrees"] else " "
    gap = "" if tight else " "
    body = f"{look.glyph(answer['expect'])}{gap}{number:>2}{mark}{observed}"
    text = f"[{body}]" if prediction.intended else f" {body} "
    if look.colour:
        shade, ink = _HEAT[answer["expect"]][assessments.evidence(document)]
        text = f"\x1b[48;5;{shade};38;5;{ink}m{text}\x1b[0m"
    return text + gap


def _single(effects: Sequence[str]) -> str:
    """Return the effect that was seen, ``contested`` if there are several, nothing if none."""
    return "contested" if len(effects) > 1 else "".join(effects)


def _pairs(kb: KnowledgeBase, what: str, form: str, look: Style) -> str:
    """Return the matrix of pairs of defenses or of attacks."""
    if form == "svg":
        raise InputError(f"there is no picture of {what} yet: use table, csv or json")
    return (_combinations if what == "combinations" else _collusions)(kb, form, look)


def _combinations(kb: KnowledgeBase, form: str, look: Style) -> str:
    """Return every two variants of different defenses, as a table, CSV or JSON."""
    if form == "json":
        from crosscurrent.api.answers.combinations import combinations as answer_all

        return as_json(answer_all(kb))
    answers = combine_all(kb)
    if form == "csv":
        return combinations_csv(answers)
    cells: dict[tuple[str, str], str] = {}
    for answer in answers:
        one, other = (variant.id for variant in answer.defenses)
        seen = _seen(answer)
        ordered = answer.effective and answer.trainable and answer.avoid
        first = answer.orders[0][0].id if ordered else ""
        for row, column in ((one, other), (other, one)):
            before = " " if not first else "<" if row == first else ">"
            cells[row, column] = f"{OUTCOME_LETTERS[answer.outcome]}{before}{seen}"
    paired = {name for pair in cells for name in pair}
    names = [name for name in kb.variants if name in paired]
    legend = [
        *[[OUTCOME_LETTERS[outcome], words] for outcome, words in OUTCOMES.items()],
        ["<", "the row's defense comes first"],
        [">", "the column's defense comes first"],
        [
            "second",
            "as published, after any tuning: o effective, X conflict, ~ disputed, . unexplored",
        ],
    ]
    if any(answer.measured for answer in answers):
        legend.append(["third", "the same as measured in your own models"])
    return _grid(kb, names, cells, legend, look)


def _collusions(kb: KnowledgeBase, form: str, look: Style) -> str:
    """Return every attack against every other, as a table, CSV or JSON."""
    if form == "json":
        from crosscurrent.api.answers.collusions import collusions as answer_all

        return as_json(answer_all(kb))
    answers = [answer for row in collude_all(kb) for answer in row if answer is not None]
    if form == "csv":
        return collusions_csv(answers)
    glyphs = {
        name: look.glyph(kind)
        for name, kind in (
            ("amplifies", "increase"),
            ("hinders", "decrease"),
            ("inconclusive", "unknown"),
            ("unnecessary", "contested"),
            ("disputed", "contested"),
            ("", "unexplored"),
        )
    }
    cells = {
        (answer.first.id, answer.second.id): f"{glyphs[answer.verdict]} {glyphs[answer.published]}"
        + (glyphs[answer.measured] if answer.measured else "")
        for answer in answers
    }
    legend = [
        [f"{glyphs['amplifies']} {glyphs['']}", "verdict of the rule, and what was published"],
        [
            "",
            f"{glyphs['amplifies']} amplifies, {glyphs['hinders']} hinders,"
            f" {glyphs['inconclusive']} inconclusive, {glyphs['']} unexplored",
        ],
        *[["", "third: what was measured in your own models"]] * any(a.measured for a in answers),
        ["", "rows: the attack whose outcome is used; columns: the attack that uses it"],
    ]
    return _grid(kb, list(kb.attacks), cells, legend, look)


def _seen(answer: Combined) -> str:
    third = _outcome(answer.measured) if answer.measured else ""
    return f"{_outcome(answer.published)}{third}"


def _outcome(records: Iterable[Combination]) -> str:
    seen = {outcome_of(record) for record in records}
    if not seen:
        return "."
    return "X" if seen == {"conflict"} else "o" if seen == {"effective"} else "~"


def _grid(
    kb: KnowledgeBase,
    names: Sequence[str],
    cells: Mapping[tuple[str, str], str],
    legend: Sequence[Sequence[str]],
    look: Style,
) -> str:
    """Lay pairs out in a square with numbered columns, in parts where those would not fit."""
    side = max(map(len, names), default=0) + 4
    wide = 2 + max(map(len, cells.values()), default=1)
    room = max(1, (look.width - side) // wide)
    parts = []
    for start in range(0, len(names), room):
        shown = list(enumerate(names, 1))[start : start + room]
        head = "".join(f"{number:^{wide}}" for number, _ in shown)
        lines = [look.paint(" " * side + head.rstrip(), "bold")]
        for number, row in enumerate(names, 1):
            body = "".join(f"{cells.get((row, column), ''):^{wide}}" for _, column in shown)
            lines.append((padded(f"{number:>2} {clip(row, 60)}", side) + body).rstrip())
        parts.append("\n".join(lines))
    about = paragraph("columns are numbered as the rows are", look.width, "  ")
    text = "\n\n".join([*parts, f"{about}\n{columns(legend, look.width)}"])
    return with_knowledge_line(text, kb.digest, look)

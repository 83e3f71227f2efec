"""``crosscurrent matrix``: every defense against every risk."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosscurrent.api.text.matrix_picture import matrix_svg
from crosscurrent.api.text.wording import strength
from crosscurrent.knowledge.errors import InputError, clip
from crosscurrent.predictor.interactions import Prediction, matrix

from ..text.names import knowledge_line, percent
from ..text.terminal import Style, columns, padded, paragraph
from ._common import as_json, as_markup, knowledge, overlays, style

if TYPE_CHECKING:
    from crosscurrent.knowledge import Defense, KnowledgeBase, Risk

__all__ = ["run"]

_CELL = 9
# backgrounds from weak to strong, with a text colour that stays readable on them
_HEAT = {
    "increase": ((223, 16), (215, 16), (208, 16)),
    "decrease": ((153, 16), (75, 16), (32, 231)),
    "contested": ((252, 16),) * 3,
    "unknown": ((254, 16),) * 3,
}
_FIELDS = (
    "defense", "risk", "intended", "conjecture", "basis", "probability_increase", "published",
    "conditional", "decisive_factors", "knowledge", "measured",
)  # fmt: skip


def run(arguments: Namespace) -> str:
    """Answer the question."""
    if arguments.json and arguments.format not in (None, "json"):
        raise InputError(f"give --json or --format {arguments.format}, not both")
    kb = knowledge(arguments)
    if arguments.what != "interactions":
        return _pairs(kb, arguments)
    if arguments.json or arguments.format == "json":
        from crosscurrent.api.answers.predictions import matrix as answer

        return as_json(answer(kb))
    rows = matrix(kb)
    if arguments.format == "csv":
        return _csv(rows)
    if arguments.format == "svg":
        return as_markup(matrix_svg(kb, rows, own=bool(overlays(arguments))))
    return _heat_map(kb, rows, style(arguments))


def _pairs(kb: KnowledgeBase, arguments: Namespace) -> str:
    """Answer for pairs of defenses or of attacks."""
    if arguments.format == "svg":
        raise InputError(f"there is no picture of {arguments.what} yet: use table, csv or json")
    from . import _pair_matrix

    form = "json" if arguments.json else arguments.format or "table"
    if arguments.what == "combinations":
        return _pair_matrix.combinations(kb, form, style(arguments))
    return _pair_matrix.collusions(kb, form, style(arguments))


def _csv(rows: tuple[tuple[Prediction, ...], ...]) -> str:
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_FIELDS)
    for row in rows:
        for prediction in row:
            writer.writerow(
                (
                    prediction.defense,
                    prediction.risk,
                    str(prediction.intended).lower(),
                    prediction.conjecture,
                    prediction.basis,
                    prediction.probability_increase,
                    " ".join(prediction.published),
                    str(prediction.conditional).lower(),
                    " ".join(path.factor.id for path in prediction.decisive),
                    prediction.knowledge,
                    " ".join(prediction.measured),
                )
            )
    return stream.getvalue()


def _heat_map(kb: KnowledgeBase, rows: tuple[tuple[Prediction, ...], ...], look: Style) -> str:
    explained: list[Defense | Risk] = list(kb.risks.values())
    defenses = [kb.defenses[row[0].defense] for row in rows if row]
    names = [f"{d.code or ''} {d.name}".strip() for d in defenses]
    own = any(prediction.measured for row in rows for prediction in row)
    wide = _CELL + own
    if max(map(len, names), default=0) + 1 + wide * len(kb.risks) > look.width:
        names = [clip(d.code or d.id, 20) for d in defenses]
        explained = [*defenses, *explained]
    side = max(map(len, names), default=0) + 1
    head = "".join(f"{(r.code or r.id)[: wide - 1]:^{wide}}" for r in kb.risks.values())
    lines = [look.paint(" " * side + head.rstrip(), "bold")]
    for name, row in zip(names, rows, strict=True):
        cells = "".join(_cell(each, look, own=own) for each in row)
        lines.append(padded(name, side) + cells.rstrip())
    up, down = look.glyph("increase"), look.glyph("decrease")
    open_, none = look.glyph("contested"), look.glyph("unknown")
    legend = [
        [f"{up} 94 {up}", "conjecture, probability of an increase in %, published effect"],
        *[[f"{up} 94 {up}{down}", "last: the effect measured in your own models"]] * own,
        ["", f"{up} increases, {down} decreases, {open_} contested, {none} unknown,"
         f" {look.glyph('unexplored')} unexplored"],
        [f"{look.hollow('increase')} {look.hollow('decrease')}",
         "published, but depends on the adversary or has exceptions"],
        ["94!", "the model leans against the conjecture"],
        ["[ ]", "what the defense is meant for"],
    ]  # fmt: skip
    silent = [d.name.lower() for d in kb.defenses.values() if d not in defenses]
    codes = "; ".join(f"{each.code or each.id} {each.name.lower()}" for each in explained)
    lines += ["", paragraph(codes, look.width, "  "), "", columns(legend, look.width)]
    if silent:
        text = f"no effect is known of: {', '.join(silent)}"
        lines += ["", paragraph(text, look.width, "  ")]
    return look.finish("\n".join([*lines, "", knowledge_line(kb.digest)]))


def _cell(prediction: Prediction, look: Style, *, own: bool) -> str:
    observed = look.glyph(_single(prediction.published) or "unexplored")
    if prediction.conditional and len(prediction.published) == 1:
        observed = look.hollow(prediction.published[0])
    if own:
        measured = _single(prediction.measured)
        observed += look.glyph(measured) if measured else " "
    number = percent(prediction.probability_increase).removesuffix(" %")
    mark = "!" if prediction.opposed else " "
    body = f"{look.glyph(prediction.conjecture)} {number:>2}{mark}{observed}"
    text = f"[{body}]" if prediction.intended else f" {body} "
    if look.colour:
        shade, ink = _HEAT[prediction.conjecture][strength(prediction.backing)]
        text = f"\x1b[48;5;{shade};38;5;{ink}m{text}\x1b[0m"
    return text + " "


def _single(effects: Sequence[str]) -> str:
    """Return the effect that was seen, ``contested`` if there are several, nothing if none."""
    return "contested" if len(effects) > 1 else "".join(effects)

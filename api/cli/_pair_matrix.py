"""Tables of pairs: which defenses can be combined, and which attacks amplify which."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from crosscurrent.knowledge.errors import clip
from crosscurrent.predictor.collusion import Colluded, collude_all
from crosscurrent.predictor.conflicts import Combined, combine_all, measured

from ..text.names import knowledge_line
from ..text.terminal import Style, columns, padded, paragraph
from ._common import as_json

if TYPE_CHECKING:
    from crosscurrent.knowledge import Combination, KnowledgeBase

__all__ = ["collusions", "combinations"]

_CELL = 6


def combinations(kb: KnowledgeBase, form: str, look: Style) -> str:
    """Return every two variants of different defenses, as a table, CSV or JSON."""
    if form == "json":
        from crosscurrent.api.answers.combinations import combinations as answer_all

        return as_json(answer_all(kb))
    answers = combine_all(kb)
    if form == "csv":
        head = ("one", "other", "effective", "order", "risk", "published", "knowledge", "measured")
        return _csv(head, (_combination_row(answer) for answer in answers))
    cells: dict[tuple[str, str], str] = {}
    for answer in answers:
        one, other = (variant.id for variant in answer.defenses)
        cells[one, other] = cells[other, one] = _combination_cell(answer)
    paired = {name for pair in cells for name in pair}
    names = [name for name in kb.variants if name in paired]
    legend = [
        ["o", "can be combined"],
        ["<", "can be combined with the row's defense first"],
        [">", "can be combined with the column's defense first"],
        ["X", "conflict"],
        [
            "second",
            "as published, after any tuning: o effective, X conflict, ~ disputed, . unexplored",
        ],
    ]
    if any(answer.measured for answer in answers):
        legend.append(["third", "the same as measured in your own models"])
    for answer in answers:
        if answer.effective and answer.avoid:
            first, second = answer.orders[0][0].id, answer.orders[0][1].id
            cells[first, second] = cells[first, second].replace("o", "<", 1)
            cells[second, first] = cells[second, first].replace("o", ">", 1)
    return look.finish(_grid(kb, names, cells, legend, look))


def collusions(kb: KnowledgeBase, form: str, look: Style) -> str:
    """Return every attack against every other, as a table, CSV or JSON."""
    if form == "json":
        from crosscurrent.api.answers.collusions import collusions as answer_all

        return as_json(answer_all(kb))
    answers = [answer for row in collude_all(kb) for answer in row if answer is not None]
    if form == "csv":
        head = (
            "first",
            "second",
            "verdict",
            "potential",
            "factors",
            "published",
            "knowledge",
            "measured",
        )
        return _csv(head, (_collusion_row(answer) for answer in answers))
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
    return look.finish(_grid(kb, list(kb.attacks), cells, legend, look))


def _combination_cell(answer: Combined) -> str:
    third = _outcome(answer.measured) if answer.measured else ""
    return f"{'o' if answer.effective else 'X'} {_outcome(answer.published)}{third}"


def _outcome(records: Iterable[Combination]) -> str:
    seen = {measured(record) for record in records}
    if not seen:
        return "."
    return "X" if seen == {"conflict"} else "o" if seen == {"effective"} else "~"


def _combination_row(answer: Combined) -> Sequence[str]:
    one, other = (variant.id for variant in answer.defenses)
    risks = dict.fromkeys(each.risk for each in (*answer.conflicts, *answer.avoid))
    published, own = (
        " ".join(dict.fromkeys(measured(record) for record in records))
        for records in (answer.published, answer.measured)
    )
    order = " ".join(variant.id for variant in answer.orders[0]) if answer.orders else ""
    effective = str(answer.effective).lower()
    return (one, other, effective, order, " ".join(risks), published, answer.knowledge, own)


def _collusion_row(answer: Colluded) -> Sequence[str]:
    factors = " ".join(link.factor.id for link in answer.factors)
    ends = (answer.first.id, answer.second.id)
    judged = (answer.verdict, answer.potential or "", factors)
    return (*ends, *judged, answer.published, answer.knowledge, answer.measured)


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return stream.getvalue()


def _grid(
    kb: KnowledgeBase,
    names: Sequence[str],
    cells: Mapping[tuple[str, str], str],
    legend: Sequence[Sequence[str]],
    look: Style,
) -> str:
    """Lay pairs out in a square; columns are numbered where names would not fit."""
    side = max(map(len, names), default=0) + 4
    head = "".join(f"{number:^{_CELL}}" for number in range(1, len(names) + 1))
    lines = [look.paint(" " * side + head.rstrip(), "bold")]
    for number, row in enumerate(names, 1):
        texts = [cells.get((row, column), "") for column in names]
        body = "".join(f"{text:^{_CELL}}" for text in texts)
        lines.append((padded(f"{number:>2} {clip(row, 60)}", side) + body).rstrip())
    about = paragraph("columns are numbered as the rows are", look.width, "  ")
    return "\n".join(
        [*lines, "", about, columns(legend, look.width), "", knowledge_line(kb.digest)]
    )

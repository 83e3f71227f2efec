"""Tables of answers: laid out as plain text, or as HTML that stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from ..text.matrix_picture import SHADES
from ..text.terminal import Style, columns, paragraph
from ..text.wording import GLYPHS

__all__ = ["PLAIN", "Cell", "Marked", "Table", "as_html", "as_text", "marked"]

PLAIN = Style(colour=False, unicode=True)
"""How an answer is written as a Python string."""

# inline, as notebooks remove style sheets from what they do not trust; colours only where ground
# and text are both set, so that all stays readable on a dark page
_SIDE = "text-align:left;vertical-align:top;padding:2px 12px 2px 0"
_BADGE = "color:#1b1f24;padding:0 5px;border-radius:3px;white-space:nowrap"


class Marked(NamedTuple):
    """A cell with the colour of an effect.

    Attributes
    ----------
    text : str
        What it says.
    effect : str
        ``increase``, ``decrease``, ``contested`` or ``unknown``.
    strength : int
        Of the colour, from 0 to 2.
    """

    text: str
    effect: str
    strength: int = 1


Cell = str | Marked


class Table(NamedTuple):
    """Rows under a head, with a caption; all rows are as long as the head."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def marked(effect: str, strength: int = 1) -> Marked:
    """Return the cell that shows an effect with its sign."""
    shade = effect if effect in SHADES else "unknown"
    return Marked(f"{GLYPHS.get(effect, '')} {effect.replace('_', ' ')}".strip(), shade, strength)


def as_text(heading: str, tables: Sequence[Table], notes: Sequence[str]) -> str:
    """Lay an answer out as plain text."""
    parts = [paragraph(heading, PLAIN.width)]
    for table in tables:
        rows = [table.head, *([_plain(cell) for cell in row] for row in table.rows)]
        body = columns(rows if any(table.head) else rows[1:], PLAIN.width)
        parts.append(f"{table.caption}\n{body}" if table.caption else body)
    parts.append("\n".join(paragraph(note, PLAIN.width) for note in notes))
    return "\n\n".join(part for part in parts if part)


def as_html(heading: str, tables: Sequence[Table], notes: Sequence[str]) -> str:
    """Lay an answer out as HTML that refers to nothing outside itself."""
    body = "".join(map(_table, tables))
    below = "".join(f'<p style="margin:2px 0;opacity:.75">{escape(note)}</p>' for note in notes)
    return f'<div><p style="margin:4px 0"><strong>{escape(heading)}</strong></p>{body}{below}</div>'


def _table(table: Table) -> str:
    parts = ['<table style="border-collapse:collapse;margin:6px 0">']
    if table.caption:
        parts.append(f'<caption style="{_SIDE}">{escape(table.caption)}</caption>')
    if any(table.head):
        cells = "".join(f'<th scope="col" style="{_SIDE}">{escape(c)}</th>' for c in table.head)
        parts.append(f"<thead><tr>{cells}</tr></thead>")
    parts.append("<tbody>")
    for row in table.rows:
        cells = "".join(f'<td style="{_SIDE}">{_shown(cell)}</td>' for cell in row)
        parts.append(f"<tr>{cells}</tr>")
    parts.append("</tbody></table>")
    return "".join(parts)


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.text


def _shown(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    ground = SHADES[cell.effect][cell.strength]
    return f'<span style="background-color:{ground};{_BADGE}">{escape(cell.text)}</span>'

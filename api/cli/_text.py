"""Text for people: colour where it is wanted, columns that line up, words instead of codes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from knowledge import KnowledgeBase

__all__ = ["Style", "cite", "columns", "condition", "paragraph", "percent"]

_CODES = {
    "bold": "1",
    "dim": "2",
    # an orange and a blue that stay apart for colour-blind eyes
    "increase": "38;5;208",
    "decrease": "38;5;39",
    "contested": "38;5;141",
    "unknown": "2",
    "unexplored": "2",
}
_GLYPHS = {"increase": "▲", "decrease": "▼", "contested": "±", "unknown": "?", "unexplored": "·"}
_ASCII = {"increase": "^", "decrease": "v", "contested": "~", "unknown": "?", "unexplored": "."}
_PLAIN = str.maketrans({"→": ">", "·": ".", "–": "-", "—": "-", "…": ".", "±": "~", "≥": ">"})


class Style:
    """How to write for one stream: with or without colour, with or without Unicode.

    Parameters
    ----------
    colour, unicode : bool
        What the stream can show.
    width : int
        Columns to fill at most.
    """

    def __init__(self, *, colour: bool, unicode: bool, width: int = 100) -> None:
        self.colour, self.unicode, self.width = colour, unicode, width

    @classmethod
    def of(cls, stream: TextIO, *, no_color: bool = False) -> Style:
        """Choose for a stream, as NO_COLOR, FORCE_COLOR, TERM and the stream itself ask."""
        encoding = (getattr(stream, "encoding", None) or "ascii").lower()
        if no_color or os.environ.get("NO_COLOR"):
            colour = False
        elif os.environ.get("FORCE_COLOR"):
            colour = True
        else:
            colour = stream.isatty() and os.environ.get("TERM") != "dumb"
        width = 100
        if stream.isatty():
            width = max(60, min(os.get_terminal_size(stream.fileno()).columns, 120))
        return cls(colour=colour, unicode=encoding.replace("-", "") == "utf8", width=width)

    def paint(self, text: str, name: str) -> str:
        """Return a text in a named colour."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.colour else text

    def glyph(self, effect: str) -> str:
        """Return the sign for an effect."""
        return (_GLYPHS if self.unicode else _ASCII)[effect]

    def effect(self, effect: str) -> str:
        """Return an effect with its sign, coloured."""
        name = effect if effect in _CODES else "unknown"
        return self.paint(f"{self.glyph(name)} {effect}", name)

    def finish(self, text: str) -> str:
        """Return a text that the stream can show."""
        return text if self.unicode else text.translate(_PLAIN)


def percent(probability: float) -> str:
    """Write a probability as people do, never as certain."""
    return f"{min(99, max(1, round(probability * 100)))} %"


def paragraph(text: str, width: int, indent: str = "") -> str:
    """Wrap a text into indented lines."""
    import textwrap

    return textwrap.fill(
        " ".join(text.split()), width, initial_indent=indent, subsequent_indent=indent
    )


def columns(rows: Iterable[Sequence[str]], *, indent: str = "  ", gap: str = "  ") -> str:
    """Lay rows of cells out in columns; colour codes take no width. The last column is free."""
    table = [list(row) for row in rows]
    if not table:
        return ""
    widths = [max(_width(row[i]) for row in table) for i in range(len(table[0]) - 1)]
    lines = []
    for row in table:
        cells = [cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=False)]
        lines.append((indent + gap.join([*cells, row[-1]])).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    if "\x1b" not in text:
        return len(text)
    import re

    return len(re.sub(r"\x1b\[[0-9;]*m", "", text))


def cite(kb: KnowledgeBase, sources: Iterable[str]) -> str:
    """Name works briefly; a question mark where it is not sure that this work is meant."""
    counts: dict[str, int] = {}
    for source in sources:
        text = _short(kb, source)
        counts[text] = counts.get(text, 0) + 1
    return "; ".join(f"{text} ({n} works)" if n > 1 else text for text, n in counts.items())


def _short(kb: KnowledgeBase, source: str) -> str:
    identity, _, place = source.partition("#")
    work = kb.references[identity]
    where = f", {place.replace('-', ' ')}" if place else ""
    if work.status == "unresolved":
        return f"[{work.number}] not identified{where}"
    names = (work.authors or work.title or identity).split(", ")
    who = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}"
    if len(names) > 2:
        who = f"{names[0]} et al."
    doubt = "?" if work.status == "deduced" and work.confidence != "high" else ""
    return f"{who} {work.year or 'n.d.'}{doubt}{where}"


def condition(when: Mapping[str, str] | None) -> str:
    """Say which adversary an effect takes."""
    if not when:
        return "condition not stated"
    return "adversary: " + ", ".join(f"{k}={v}" for k, v in when.items())

"""Terminal text: colour where it is wanted, and columns that line up."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TextIO

from .wording import GLYPHS, OUTCOME_LETTERS

__all__ = ["Style", "columns", "laid_out", "padded", "paragraph"]

_CODES = {
    "bold": "1",
    "dim": "2",
    # an orange and a blue that stay apart for colour-blind eyes
    "increase": "38;5;208",
    "decrease": "38;5;39",
    "contested": "38;5;141",
    "depends": "38;5;141",
    "mixed": "38;5;141",
    "unknown": "2",
    "no_change": "2",
    "unexplored": "2",
    "void": "2",
}
_HOLLOW = {"increase": "△", "decrease": "▽"}
_ASCII = {
    **GLYPHS,
    "increase": "^",
    "decrease": "v",
    "contested": "~",
    "depends": "~",
    "mixed": "~",
    "unexplored": ".",
    "inconclusive": "~",
    **dict.fromkeys(("void", "nothing_to_move", "no_longer_useful", "cannot_change"), "o"),
    "unclear": "~",
    "amplifies": "^",
    "hinders": "v",
    "effective": "Y",
    **OUTCOME_LETTERS,
}
_WIDTH = 100
_GAP = "  "
_NARROW = 24  # a last column narrower than this goes below
_BELOW = " " * 8
_PLAIN = str.maketrans(
    {"→": ">", "·": ".", "–": "-", "—": "-", "…": ".", "±": "~", "†": "+"}
    | {"−": "-", "×": "x", "ε": "epsilon", "δ": "delta", "∞": "inf", "∅": "o"}
    | {"τ": "tau", "²": "2"}
)


class Style:
    """How to write for one stream: with or without colour, with or without Unicode.

    Parameters
    ----------
    colour, unicode : bool
        What the stream can show.
    width : int
        Columns to fill at most.
    """

    def __init__(self, *, colour: bool, unicode: bool, width: int = _WIDTH) -> None:
        self.colour, self.unicode, self.width = colour, unicode, width

    @classmethod
    def of(cls, stream: TextIO, *, no_color: bool = False) -> Style:
        """Choose for a stream, as NO_COLOR, FORCE_COLOR, TERM and the stream itself ask."""
        encoding = (getattr(stream, "encoding", None) or "ascii").lower()
        if no_color or os.environ.get("NO_COLOR"):
            colour = False
        elif os.environ.get("FORCE_COLOR", "0") != "0":
            colour = True
        else:
            colour = stream.isatty() and os.environ.get("TERM") != "dumb"
        stated = os.environ.get("COLUMNS", "")
        width = int(stated) if stated.isdecimal() and len(stated) < 5 else 0
        if not width and stream.isatty():
            width = os.get_terminal_size(stream.fileno()).columns  # 0 if it does not know
        width = max(60, min(width or _WIDTH, 120))
        return cls(colour=colour, unicode=encoding.replace("-", "") == "utf8", width=width)

    def paint(self, text: str, name: str) -> str:
        """Return a text in a named colour."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.colour else text

    def glyph(self, effect: str) -> str:
        """Return the sign for an effect."""
        return (GLYPHS if self.unicode else _ASCII)[effect]

    def hollow(self, effect: str) -> str:
        """Return the sign for an effect that does not hold for every adversary."""
        return _HOLLOW.get(effect, self.glyph(effect)) if self.unicode else self.glyph(effect)

    def effect(self, effect: str) -> str:
        """Return an effect with its sign, coloured."""
        name = effect if effect in _CODES else "unknown"
        return self.paint(f"{self.glyph(name)} {effect.replace('_', ' ')}", name)

    def finish(self, text: str) -> str:
        """Return a text that the stream can show."""
        return text if self.unicode else text.translate(_PLAIN)


def paragraph(text: str, width: int, indent: str = "") -> str:
    """Wrap a text into indented lines."""
    line = " ".join(text.split())
    if line and len(indent) + len(line) <= width:
        return indent + line  # as most do, and textwrap takes a while to import
    import textwrap

    return textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent)


def columns(rows: Iterable[Sequence[str]], width: int, *, indent: str = "  ") -> str:
    """Lay rows of cells out in columns, as `laid_out` does, and return them as one text."""
    return "\n".join(laid_out(rows, width, indent=indent))


def laid_out(rows: Iterable[Sequence[str]], width: int, *, indent: str = "  ") -> list[str]:
    """Lay rows of cells out in columns, within a width; colour codes take none.

    The last column is wrapped, and goes below the others where too little is left for it, so a
    row may take several lines.
    """
    table = [list(row) for row in rows]
    if not table:
        return []
    widths = [max(_width(row[i]) for row in table) for i in range(len(table[0]) - 1)]
    used = len(indent) + sum(widths) + len(_GAP) * len(widths)
    longest = max(_width(row[-1]) for row in table)
    below = width - used < min(longest, _NARROW)
    lines: list[str] = []
    for row in table:
        cells = map(padded, row[:-1], widths)
        start = indent + "".join(cell + _GAP for cell in cells)
        if below:
            rest = _fold(row[-1], width, _BELOW)
            lines.append("\n".join([start.rstrip(), *rest]))
        else:
            first, *rest = _fold(row[-1], width, " " * used) or [""]
            lines.append("\n".join([(start + first.strip()).rstrip(), *rest]))
    return lines


def _fold(text: str, width: int, indent: str) -> list[str]:
    """Break a text between words into indented lines; colour codes take no width."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and len(indent) + _width(longer) > width:
            lines.append(indent + line)
            longer = word
        line = longer
    return [*lines, indent + line] if line.strip() else lines


def _width(text: str) -> int:
    if "\x1b" in text:
        import re

        text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def padded(text: str, width: int) -> str:
    """Return a text with blanks up to a width."""
    return text + " " * (width - _width(text))

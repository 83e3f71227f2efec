"""Figures as plain aligned tables, and programs that print them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from crosscurrent.knowledge.errors import InputError

__all__ = ["Aim", "Section", "ended", "table"]


class Section(NamedTuple):
    """A table of figures: rows are named tuples of one type, notes say what is timed."""

    key: str
    title: str
    notes: tuple[str, ...]
    rows: tuple[Any, ...]


class Aim(NamedTuple):
    """What was to be reached, what was, and whether that is enough."""

    aim: str
    measured: str
    met: bool


def ended(main: Callable[[], object]) -> int:
    """Run a program; return its exit status, which is 2 where something asked for will not work."""
    try:
        main()
    except InputError as error:
        print(f"{sys.argv[0]}: {error}", file=sys.stderr)
        return 2
    return 0


def table(section: Section) -> str:
    """Lay a section out: the first column and texts left, numbers right."""
    names = [name.replace("_", " ") for name in section.rows[0]._fields]
    lines = [names, *([_cell(value) for value in row] for row in section.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = [isinstance(value, str) for value in section.rows[0]]
    body = ("  ".join(_padded(line, widths, texts)).rstrip() for line in lines)
    notes = (f"  ({note})" for note in section.notes)
    return "\n".join([section.title, *notes, "", *(f"  {line}" for line in body), ""])


def _padded(line: Iterable[str], widths: Iterable[int], texts: Iterable[bool]) -> Iterable[str]:
    for cell, width, text in zip(line, widths, texts, strict=True):
        yield cell.ljust(width) if text else cell.rjust(width)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return (
            f"{value:.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
        )
    if isinstance(value, bool):
        return "met" if value else "not met"
    return str(value)

"""Shapes of drawings: boxes, lines, signs and labels."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Box", "Drawing", "Label", "Line", "Sign", "curve", "lines"]

_CHARACTER = 7.6
"""Pixels that a character of a box takes at most, nearly always."""


class Box(NamedTuple):
    """A box with lines of text, the first of which names it.

    Attributes
    ----------
    x, y, width, height : float
        Where it is.
    text : sequence of str
        The lines of its name.
    below : str
        A smaller line.
    kind : str
        Classes, by which it is styled.
    leads : str
        Where it leads to; empty: nowhere.
    """

    x: float
    y: float
    width: float
    height: float
    text: Sequence[str]
    below: str = ""
    kind: str = ""
    leads: str = ""


class Line(NamedTuple):
    """A line: the commands of an SVG path, and classes."""

    path: str
    kind: str


class Sign(NamedTuple):
    """A sign in a disc."""

    x: float
    y: float
    text: str
    kind: str


class Label(NamedTuple):
    """A text by itself; `anchor` is ``start``, ``middle`` or ``end``."""

    x: float
    y: float
    text: str
    kind: str = ""
    anchor: str = "start"


class Drawing(NamedTuple):
    """A picture.

    Attributes
    ----------
    width, height : float
        Its size in pixels.
    name : str
        What it shows, for who can't see it.
    boxes, lines, signs, labels : sequences
        Its parts; lines lie under all others.
    kind : str
        Classes.
    """

    width: float
    height: float
    name: str
    boxes: Sequence[Box]
    lines: Sequence[Line]
    signs: Sequence[Sign] = ()
    labels: Sequence[Label] = ()
    kind: str = ""


def lines(text: str, width: float, most: int = 2) -> list[str]:
    """Break a text into lines that fit into a width; what does not fit is cut off."""
    return textwrap.wrap(text, max(4, int(width / _CHARACTER)), max_lines=most, placeholder="…")


def curve(x: float, y: float, to_x: float, to_y: float) -> str:
    """Return a path that leaves and arrives level."""
    middle = (x + to_x) / 2
    return f"M{x:g} {y:g}C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"

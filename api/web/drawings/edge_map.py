"""Map of a record's edges: those that lead to it on one side, those from it on the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...text.wording import EDGE_SIGNS
from .shapes import Box, Drawing, Line, Sign, curve, lines

if TYPE_CHECKING:
    from ..records import EdgeRow

__all__ = ["edge_map"]

_KINDS = {"+": "increase", "-": "decrease", "0": "apart", "?": "unclear"}
_END, _TALL = 40, 48

Find = Callable[[str], str]


def edge_map(
    name: str,
    code: str,
    before: Sequence[EdgeRow],
    after: Sequence[EdgeRow],
    find: Find,
    *,
    narrow: bool = False,
) -> Drawing | None:
    """Draw a record between what leads to it and what it leads to; None if there is nothing.

    Parameters
    ----------
    name, code : str
        What it is called.
    before, after : sequence of EdgeRow
        Its edges.
    find : callable
        Gives the address of a page for a path.
    narrow : bool
        Whether it should fit a phone, from top to bottom, rather than go from left to right.
    """
    if not before and not after:
        return None
    said = f"Map of {len(before) + len(after)} edges of {name}; the tables below say the same"
    return (_narrow if narrow else _wide)(name, code, before, after, find, said)


def _end(row: EdgeRow, x: float, y: float, width: float, find: Find) -> Box:
    whole = f"{row.name} {row.code}".strip()
    fitting = lines(whole, width - 12, 1)
    text = fitting if fitting == [whole] else lines(row.name, width - 12, 1)
    return Box(x, y, width, _END, text, "", "tie", find(row.path))


def _wide(
    name: str, code: str, before: Sequence[EdgeRow], after: Sequence[EdgeRow], find: Find, said: str
) -> Drawing:
    end, middle, gap, top = 248, 200, 96, 4
    height = max(len(before), len(after), 2) * _TALL - (_TALL - _END) + 2 * top
    centre, level = 2.0, height / 2
    sides = []
    if before:
        sides.append((before, centre, True))
        centre += end + gap
    if after:
        sides.append((after, centre + middle + gap, False))
    boxes = [Box(centre, level - 32, middle, 64, lines(name, middle - 24), code, "start")]
    drawn: list[Line] = []
    signs: list[Sign] = []
    for each, x, leading in sides:
        first = level - (len(each) * _TALL - (_TALL - _END)) / 2
        for number, row in enumerate(each):
            y = first + number * _TALL
            at, kind = y + _END / 2, _KINDS[row.sign]
            boxes.append(_end(row, x, y, end, find))
            path = curve(x + end, at, centre, level)
            if not leading:
                path = curve(centre + middle, level, x, at)
            drawn.append(Line(path, f"edge {kind}"))
            signs.append(Sign(x + end if leading else x, at, EDGE_SIGNS[row.sign], kind))
    width = centre + middle + (gap + end if after else 0) + 2
    return Drawing(width, height, said, boxes, drawn, signs, (), "map wide")


def _narrow(
    name: str, code: str, before: Sequence[EdgeRow], after: Sequence[EdgeRow], find: Find, said: str
) -> Drawing:
    width, rail, gap, middle = 360, 6, 20, 58
    boxes: list[Box] = []
    drawn: list[Line] = []
    signs: list[Sign] = []
    centre = 2 + len(before) * _TALL + (gap - (_TALL - _END) if before else 0)
    boxes.append(Box(2, centre, width - 4, middle, lines(name, width - 30, 1), code, "start"))
    for number, row in enumerate(before):
        room, y, kind = 22 + rail * len(before), 2 + number * _TALL, _KINDS[row.sign]
        inner, at = width - 2 - room, y + _END / 2
        lane = width - 8 - rail * number
        boxes.append(_end(row, 2, y, inner, find))
        drawn.append(Line(f"M{2 + inner:g} {at:g}H{lane:g}V{centre:g}", f"edge {kind}"))
        signs.append(Sign(2 + inner, at, EDGE_SIGNS[row.sign], kind))
    start = centre + middle
    for number, row in enumerate(after):
        room, y, kind = 22 + rail * len(after), start + gap + number * _TALL, _KINDS[row.sign]
        at, lane = y + _END / 2, 8 + rail * (len(after) - 1 - number)
        boxes.append(_end(row, room, y, width - 2 - room, find))
        drawn.append(Line(f"M{lane:g} {start:g}V{at:g}H{room:g}", f"edge {kind}"))
        signs.append(Sign(room, at, EDGE_SIGNS[row.sign], kind))
    height = start + (gap + len(after) * _TALL - (_TALL - _END) if after else 0) + 2
    return Drawing(width, height, said, boxes, drawn, signs, (), "map narrow")

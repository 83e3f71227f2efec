"""Map of the training pipeline: defenses in their order, and which of them do not go together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...text.wording import GLYPHS, STAGES
from ..names import Words
from .shapes import Box, Drawing, Label, Line, Sign, curve, lines

__all__ = ["pipeline"]

_HEAD, _BOX, _GAP, _PAD = 40, 50, 16, 14


def pipeline(
    words: Words, document: Mapping[str, Any], link: Callable[[str], str], *, narrow: bool = False
) -> Drawing:
    """Draw a combination of defenses.

    Parameters
    ----------
    words : Words
        The names.
    document : mapping
        As `api.answers.combinations.combination` returns it. Where there are orders, and the
        defenses can be trained together, the first is drawn; otherwise defenses are in the order
        of their stages.
    link : callable
        Returns the address for a path.
    narrow : bool
        Whether stages are below each other, to fit a phone.
    """
    orders = document["orders"] if document["trainable"] else []
    order: Sequence[str] = orders[0] if orders else document["defenses"]
    apart = [(each["earlier"], each["later"]) for each in document["conflicts"]]
    apart += [(each["one"], each["other"]) for each in document["exclusions"]]
    stages = {stage: [each for each in order if each.endswith(f"@{stage}")] for stage in STAGES}
    hit = {name for pair in apart for name in pair}
    width = 360.0 if narrow else 292.0
    fullest = max(map(len, stages.values()))
    boxes: list[Box] = []
    drawn: list[Line] = []
    signs: list[Sign] = []
    labels: list[Label] = []
    places: dict[str, Box] = {}
    top = left = 2.0
    for index, (stage, inside) in enumerate(stages.items()):
        rows = max(1, len(inside) if narrow else fullest)
        height = _HEAD + rows * (_BOX + _GAP) - _GAP + _PAD
        frame = Box(left, top, width - 4, height, (), "", "stage")
        boxes.append(frame)
        labels.append(Label(left + (width - 4) / 2, top + 25, STAGES[stage], "stage", "middle"))
        for row, each in enumerate(inside):
            y = top + _HEAD + row * (_BOX + _GAP)
            named = lines(words.called(each.partition("@")[0]), width - 60, 1)
            kind = "defense conflict" if each in hit else "defense"
            leads = link(f"/learn/defenses/{each.partition('@')[0]}")
            box = Box(left + 14, y, width - 32, _BOX, named, each, kind, leads)
            places[each] = box
            boxes.append(box)
            if orders:
                signs.append(Sign(left + 14, y + _BOX / 2, str(order.index(each) + 1), "order"))
        if index < len(stages) - 1:
            drawn.append(_onward(left, top, width - 4, height, narrow=narrow))
        if narrow:
            top += height + 22
        else:
            left += width + 22
    for earlier, later in dict.fromkeys(apart):
        line, sign = _clash(places[earlier], places[later], narrow=narrow)
        drawn.append(line)
        signs.append(sign)
    across, down = (width, top - 20) if narrow else (left - 20, 4 + height)
    name = f"Pipeline with {len(order)} defenses; the text below says the same in words"
    kind = f"pipeline {'narrow' if narrow else 'wide'}"
    return Drawing(across, down, name, boxes, drawn, signs, labels, kind)


def _onward(left: float, top: float, width: float, height: float, *, narrow: bool) -> Line:
    if narrow:
        x, y = left + width / 2, top + height
        return Line(f"M{x:g} {y:g}v20m-6 -7l6 7l6 -7", "edge onward")
    x, y = left + width, top + 20
    return Line(f"M{x:g} {y:g}h24m-7 -6l7 6l-7 6", "edge onward")


def _clash(earlier: Box, later: Box, *, narrow: bool) -> tuple[Line, Sign]:
    """Return the line between two defenses in conflict, and the sign on it."""
    one, other = earlier.y + earlier.height / 2, later.y + later.height / 2
    if narrow or earlier.x == later.x:
        x = earlier.x + earlier.width
        bow = f"M{x:g} {one:g}C{x + 24:g} {one:g} {x + 24:g} {other:g} {x:g} {other:g}"
        return Line(bow, "edge conflict"), Sign(
            x + 4, (one + other) / 2, GLYPHS["conflict"], "conflict"
        )
    x, to = earlier.x + earlier.width, later.x
    sign = Sign((x + to) / 2, (one + other) / 2, GLYPHS["conflict"], "conflict")
    return Line(curve(x, one, to, other), "edge conflict"), sign

"""Map of a chain: attacks as stations, and between them the factors that link them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from crosscurrent.predictor.signs import EFFECT, multiply

from ...text.wording import EDGE_SIGNS, GLYPHS
from ..chains import AttackChain, ChainLink
from ..names import Words
from .shapes import Box, Drawing, Label, Line, Sign, curve, lines

__all__ = ["chain_map"]

_HAD = {"satisfied": "there anyway", "partly": "partly there"}
_SIZES: Mapping[int, tuple[float, float, float]] = {
    2: (190, 380, 62), 3: (152, 208, 32), 4: (122, 128, 33)
}  # fmt: skip
"""By how many stations: how wide one is, the gap between two, and the arms of a factor in it."""

Find = Callable[[str], str]
_Place = tuple[float, float, float, float]


class _Stop(NamedTuple):
    """A factor between two stations."""

    box: Box
    signs: tuple[str, str]
    kind: str


def chain_map(
    words: Words, chain: AttackChain, find: Find, *, narrow: bool = False
) -> Drawing | None:
    """Draw a chain; None if it has too many stations to go from left to right.

    Parameters
    ----------
    words : Words
        The names.
    chain : AttackChain
        The attacks, and what is between them.
    find : callable
        Gives the address of a page for a path.
    narrow : bool
        Whether it should fit a phone, from top to bottom, rather than go from left to right.
    """
    names = ", then ".join(words.inside(each, "attacks") for each in chain.attacks)
    name = f"Route: {names}; the text below says the same in words"
    if narrow:
        return _narrow(words, chain, find, name)
    return _wide(words, chain, find, name) if len(chain.attacks) in _SIZES else None


def _station(words: Words, chain: AttackChain, index: int, find: Find, place: _Place) -> Box:
    attack, last = chain.attacks[index], index == len(chain.attacks) - 1
    kind = "start" if index == 0 else "station"
    if last:
        pair = chain.links[-1].pair
        kind = f"end {'unknown' if chain.broken or not chain.holds else pair.look}"
    text = lines(words.called(attack, "attacks"), place[2] - (14 if place[2] < 140 else 40))
    return Box(*place, text, chain.codes[index], kind, find(f"/learn/attacks/{attack}"))


def _stop(
    words: Words, link: ChainLink, factor: Mapping[str, Any], find: Find, place: _Place
) -> _Stop:
    had = next((text for key, text in _HAD.items() if factor[key]), "")
    signs = factor["first_sign"], factor["second_sign"]
    kind: str = EFFECT[multiply(*signs)]
    if factor["satisfied"]:
        kind = "held"
    elif link.cut:
        kind = "losing"
    code, width = factor["code"] or "", place[2]
    short = width < 90 and code
    text = [code] if short else lines(words.called(factor["factor"]), width - 6)
    below = "" if short else " · ".join(filter(None, (code, had)))
    box = Box(*place, text, below, f"factor {kind}", find(f"/learn/factors/{factor['factor']}"))
    return _Stop(box, (EDGE_SIGNS[signs[0]], EDGE_SIGNS[signs[1]]), kind)


def _edge(link: ChainLink, kind: str) -> str:
    return f"edge {kind}{' unproven' if link.unproven else ''}"


def _below(words: Words, link: ChainLink, width: float) -> list[Label]:
    """Return what is said below a link, at no place yet."""
    found = [(f"{GLYPHS['conflict']} " + _who(words, each, width), "cut") for each in link.cut]
    weak = dict.fromkeys(
        each.defense for each in link.against if each.chosen and each.defense not in link.cut
    )
    found += [("not cut by " + _who(words, each, width - 70), "") for each in weak]
    if any(each.chosen and each.backfires for each in link.against):
        found.append((f"{GLYPHS['increase']} backfires", "backfires"))
    if link.pair.reduced:
        found.append(("reduced", ""))
    return [Label(0, 0, text, kind, "middle") for text, kind in found]


def _who(words: Words, defense: str, width: float) -> str:
    name = words.called(defense)
    return name if len(name) * 7 < width else words.code(defense) or name


def _nothing(x: float, y: float) -> Label:
    return Label(x, y, "no common factor", "", "middle")


def _wide(words: Words, chain: AttackChain, find: Find, name: str) -> Drawing:
    station, gap, arm = _SIZES[len(chain.attacks)]
    inner = gap - 2 * arm
    box, step, top, line = (58, 68, 4, 18) if inner > 90 else (42, 52, 4, 18)
    most = max(len(link.document["factors"]) for link in chain.links)
    tall = max(74, most * step - (step - box))
    middle = top + tall / 2
    boxes = [
        _station(words, chain, i, find, (2 + i * (station + gap), middle - 36, station, 72))
        for i in range(len(chain.attacks))
    ]
    drawn: list[Line] = []
    signs: list[Sign] = []
    labels: list[Label] = []
    deepest = 0.0
    for index, link in enumerate(chain.links):
        left = boxes[index].x + station
        right = left + gap
        factors = link.document["factors"]
        first = middle - (len(factors) * step - (step - box)) / 2
        for number, factor in enumerate(factors):
            y = first + number * step
            stop = _stop(words, link, factor, find, (left + arm, y, inner, box))
            kind, level = _edge(link, stop.kind), y + box / 2
            boxes.append(stop.box)
            drawn.append(Line(curve(left, middle, left + arm, level), kind))
            if link.cut:
                drawn.append(Line(f"M{right - arm:g} {level:g}h{max(12, arm * 0.4):g}", kind))
            else:
                drawn.append(Line(curve(right - arm, level, right, middle), kind))
            signs.append(Sign(left + arm, level, stop.signs[0], stop.kind))
            signs.append(Sign(right - arm, level, stop.signs[1], stop.kind))
        if not factors:
            drawn.append(Line(f"M{left:g} {middle:g}H{right:g}", "edge apart"))
            labels.append(_nothing(left + gap / 2, middle - 9))
        if link.cut:
            signs.append(Sign(right - 11, middle, GLYPHS["conflict"], "cut"))
        elif link.unproven:
            signs.append(Sign(right - 11, middle, GLYPHS["unknown"], "unproven"))
        end = middle + max(len(factors) * step - (step - box), 20) / 2
        for row, label in enumerate(_below(words, link, gap), 1):
            labels.append(label._replace(x=left + gap / 2, y=end + row * line))
            deepest = max(deepest, end + row * line)
    width = len(chain.attacks) * (station + gap) - gap + 4
    height = max(top + tall + 4, deepest + 8)
    return Drawing(width, height, name, boxes, drawn, signs, labels, "route wide")


def _narrow(words: Words, chain: AttackChain, find: Find, name: str) -> Drawing:
    width, station, box, step, gap, rail, line = 360, 50, 50, 58, 22, 6, 18
    boxes: list[Box] = []
    drawn: list[Line] = []
    signs: list[Sign] = []
    labels: list[Label] = []
    y = 2.0
    for index, link in enumerate(chain.links):
        boxes.append(_station(words, chain, index, find, (2, y, width - 4, station)))
        factors = link.document["factors"]
        begin = y + station
        first = begin + gap
        below = _below(words, link, width)
        bottom = first + max(len(factors) * step - (step - box), 16)
        y = bottom + len(below) * line + gap
        room = 22 + rail * len(factors)
        for number, factor in enumerate(factors):
            place = (room, first + number * step, width - 2 * room, box)
            stop = _stop(words, link, factor, find, place)
            kind, level = _edge(link, stop.kind), stop.box.y + box / 2
            out = room - 14 - rail * number
            into = width - room + 14 + rail * (len(factors) - 1 - number)
            end = f"V{y:g}" if not link.cut else f"v{max(8, bottom - level):g}"
            boxes.append(stop.box)
            drawn.append(Line(f"M{out:g} {begin:g}V{level:g}H{room:g}", kind))
            drawn.append(Line(f"M{width - room:g} {level:g}H{into:g}{end}", kind))
            signs.append(Sign(room, level, stop.signs[0], stop.kind))
            signs.append(Sign(width - room, level, stop.signs[1], stop.kind))
        if not factors:
            drawn.append(Line(f"M{width / 2:g} {begin:g}V{y:g}", "edge apart"))
            labels.append(_nothing(width / 2, first + 12))
        labels += [
            label._replace(x=width / 2, y=bottom + row * line) for row, label in enumerate(below, 1)
        ]
        place_of_doubt = width - room + 14 + rail * (len(factors) - 1) / 2
        if link.cut:
            signs.append(Sign(place_of_doubt, y - 2, GLYPHS["conflict"], "cut"))
        elif link.unproven and factors:
            signs.append(Sign(place_of_doubt, y - 2, GLYPHS["unknown"], "unproven"))
    last = len(chain.attacks) - 1
    boxes.append(_station(words, chain, last, find, (2, y, width - 4, station)))
    kind = "route narrow" if len(chain.attacks) in _SIZES else "route tall"
    return Drawing(width, y + station + 2, name, boxes, drawn, signs, labels, kind)

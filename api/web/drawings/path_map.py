"""Map of a prediction: from a defense through factors to a risk, decisive paths bold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...text.wording import EDGE_SIGNS, GLYPHS, VERBS
from ..names import Words
from .shapes import Box, Drawing, Line, Sign, curve, lines

__all__ = ["path_map"]

_ENDS = ("increase", "decrease")


class _Pass(NamedTuple):
    """One path through a factor: who moves it, both signs, and how it is drawn."""

    context: bool
    moved: str
    depends: str
    kind: str


class _Stop(NamedTuple):
    """A factor with all paths through it; `kind` says whether it is held, or nothing moves it."""

    factor: str
    role: str
    passes: Sequence[_Pass]
    depends: str
    kind: str


def path_map(
    words: Words,
    document: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
    *,
    narrow: bool = False,
) -> Drawing | None:
    """Draw a prediction; None if there is nothing between its defense and its risk.

    Parameters
    ----------
    words : Words
        The names.
    document : mapping
        The prediction.
    before : mapping, optional
        The same without assumptions: paths that are no longer there are drawn as held.
    narrow : bool
        Whether it should fit a phone, from top to bottom, rather than go from left to right.
    """
    stops = _stops(document, before)
    if not stops:
        return None
    assumed = any(each.context for stop in stops for each in stop.passes)
    name = (
        f"Map of {len(document['paths'])} paths from {words.inside(document['defense'])}"
        f" to {words.inside(document['risk'])}; the table below says the same in words"
    )
    draw = _narrow if narrow else _wide
    return draw(words, document, stops, assumed, name)


def _stops(document: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[_Stop]:
    decided = document["conjecture"] in _ENDS
    found: dict[str, list[Mapping[str, Any]]] = {}
    for path in document["paths"]:
        found.setdefault(path["factor"], []).append(path)
    stops = []
    for factor, paths in found.items():
        passes = [
            _Pass(
                path["origin"] == "context",
                path["context_sign"] or path["defense_sign"],
                path["risk_sign"],
                "held"
                if path["conditional"]
                else f"{path['effect']} {_weight(path, decided=decided)}",
            )
            for path in paths
        ]
        role = paths[0]["role"]
        kind = "conditional" if all(path["conditional"] for path in paths) else ""
        stops.append(_Stop(factor, role, passes, paths[0]["risk_sign"], kind))
    for path in before["paths"] if before else ():
        if path["factor"] not in found:
            held = _Pass(False, path["defense_sign"], path["risk_sign"], "held")
            kind = "ruled out" if path["conditional"] else "held"
            stops.append(_Stop(path["factor"], path["role"], [held], path["risk_sign"], kind))
    stops += [
        _Stop(each["factor"], each["role"], [], each["risk_sign"], "apart")
        for each in document["modifiers"]
    ]
    return stops


def _weight(path: Mapping[str, Any], *, decided: bool) -> str:
    if path["decisive"]:
        return "decisive"
    return "losing" if decided else "open"


def _factor(words: Words, stop: _Stop, x: float, y: float, width: float, height: float) -> Box:
    tells = {
        "held": "held: does not count",
        "ruled out": "ruled out: does not count",
        "conditional": "depends: does not count yet",
        "apart": "the defense does not move it",
    }
    kind = " ".join(dict.fromkeys(each.kind for each in stop.passes)) or stop.kind
    below = tells.get(stop.kind, stop.role)
    if len(stop.passes) == 1 and not stop.kind:
        effect = kind.split()[0]
        below += f" · speaks for {GLYPHS[effect]}" if effect in _ENDS else ""
    text = lines(words.called(stop.factor), width - 36, 1)
    return Box(x, y, width, height, text, below, f"factor {kind}", f"#path-{stop.factor}")


def _ends(
    words: Words, document: Mapping[str, Any], width: float
) -> tuple[Sequence[str], tuple[Sequence[str], str, str]]:
    defense, risk, conjecture = document["defense"], document["risk"], document["conjecture"]
    verdict = f"factors alone: {GLYPHS[conjecture]} {VERBS[conjecture]}"
    return (
        lines(words.called(defense), width - 24),
        (lines(words.called(risk), width - 24), verdict, f"end {conjecture}"),
    )


def _wide(
    words: Words, document: Mapping[str, Any], stops: Sequence[_Stop], assumed: bool, name: str
) -> Drawing:
    end, middle, box, step, top = 200, 268, 50, 64, 8
    left, centre, right = 4, 326, 716
    height = max(len(stops) * step + 2 * top - (step - box), 150)
    first = (height - (len(stops) * step - (step - box))) / 2
    own, (threatened, verdict, kind) = _ends(words, document, end)
    middles = {False: height / 2 if not assumed else height / 2 - 50, True: height / 2 + 56}
    boxes = [Box(left, middles[False] - 36, end, 72, own, "", "start")]
    if assumed:
        boxes.append(
            Box(left, middles[True] - 26, end, 52, ["What you assume"], "", "start context")
        )
    boxes.append(Box(right, height / 2 - 36, end, 72, threatened, verdict, kind))
    drawn: list[Line] = []
    signs: list[Sign] = []
    for index, stop in enumerate(stops):
        y = first + index * step
        boxes.append(_factor(words, stop, centre, y, middle, box))
        for number, each in enumerate(stop.passes):
            level = y + box / 2 + (number - (len(stop.passes) - 1) / 2) * 22
            drawn.append(
                Line(curve(left + end, middles[each.context], centre, level), f"edge {each.kind}")
            )
            drawn.append(
                Line(curve(centre + middle, level, right, height / 2), f"edge {each.kind}")
            )
            signs.append(Sign(centre, level, EDGE_SIGNS[each.moved], each.kind))
            signs.append(Sign(centre + middle, level, EDGE_SIGNS[each.depends], each.kind))
        if not stop.passes:
            level = y + box / 2
            drawn.append(Line(curve(centre + middle, level, right, height / 2), "edge apart"))
            signs.append(Sign(centre + middle, level, EDGE_SIGNS[stop.depends], "apart"))
    return Drawing(right + end + 4, height, name, boxes, drawn, signs, (), "map wide")


def _narrow(
    words: Words, document: Mapping[str, Any], stops: Sequence[_Stop], assumed: bool, name: str
) -> Drawing:
    width, box, step, end, gap = 360, 50, 62, 58, 26
    count = sum(max(1, len(stop.passes)) for stop in stops)
    rail = 6.0 if count < 7 else 4.0  # names need the room
    room = 20 + rail * count
    x, inner = room, width - 2 * room
    own, (threatened, verdict, kind) = _ends(words, document, inner)
    half = (width - 12) / 2
    shared = half if assumed else width - 4
    boxes = [Box(2, 2, shared, end, own[:2], "", "start")]
    if assumed:
        boxes.append(Box(width - 2 - half, 2, half, end, ["What you assume"], "", "start context"))
    first = 2 + end + gap
    bottom = first + len(stops) * step - (step - box) + gap
    boxes.append(Box(2, bottom, width - 4, end, threatened, verdict, kind))
    drawn: list[Line] = []
    signs: list[Sign] = []
    passed = 0
    for index, stop in enumerate(stops):
        y = first + index * step
        boxes.append(_factor(words, stop, x, y, inner, box))
        for number, each in enumerate(stop.passes or [None]):
            level = y + box / 2 + (number - (max(1, len(stop.passes)) - 1) / 2) * 22
            kind = each.kind if each else "apart"
            out, into = room - 14 - rail * passed, width - room + 14 + rail * (count - 1 - passed)
            if each:
                start = f"M{out:g} {2 + end:g}"
                if each.context:  # from the other box, along the gap below it
                    lane = 2 + end + 5 + passed % 4 * 4
                    start = f"M{width / 2 + 20 + passed * rail:g} {2 + end:g}V{lane:g}H{out:g}"
                drawn.append(Line(f"{start}V{level:g}H{x:g}", f"edge {kind}"))
                signs.append(Sign(x, level, EDGE_SIGNS[each.moved], kind))
            drawn.append(Line(f"M{x + inner:g} {level:g}H{into:g}V{bottom:g}", f"edge {kind}"))
            signs.append(
                Sign(x + inner, level, EDGE_SIGNS[each.depends if each else stop.depends], kind)
            )
            passed += 1
    return Drawing(width, bottom + end + 2, name, boxes, drawn, signs, (), "map narrow")

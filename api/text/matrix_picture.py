"""Pictures drawn from the answers: self-contained SVG, fit for a slide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from crosscurrent.predictor.documents import prediction_document

from . import assessments
from .wording import GLYPHS, INTENDED, OTHERWISE, SEEN, VERBS, models

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.interactions import Prediction

__all__ = ["SHADES", "matrix_svg"]

_CELL_WIDTH, _CELL_HEIGHT, _GAP = 118, 62, 4
_LEFT, _TOP, _BOTTOM, _MARGIN = 214, 148, 112, 28
_INK, _SOFT, _LINE, _GROUND = "#1b1f24", "#57606a", "#d0d7de", "#ffffff"
# orange and blue keep apart for every common kind of colour blindness; light to strong
SHADES = {
    "increase": ("#fdebd9", "#f9c795", "#ee9a4d"),
    "decrease": ("#e2effa", "#abd0f0", "#69aae0"),
    "contested": ("#eeeaf4", "#eeeaf4", "#eeeaf4"),
    "depends": ("#eeeaf4", "#eeeaf4", "#eeeaf4"),
    "no_change": ("#f3f4f6", "#f3f4f6", "#f3f4f6"),
    "unknown": ("#f3f4f6", "#f3f4f6", "#f3f4f6"),
}
"""Grounds from weak to strong, by effect, for dark text."""
_FONT = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def matrix_svg(
    kb: KnowledgeBase, rows: Sequence[Sequence[Prediction]], *, own: bool = False
) -> str:
    """Draw every defense against every risk.

    Parameters
    ----------
    kb : KnowledgeBase
        For the names.
    rows : sequence of sequences of Prediction
        As `predictor.interactions.matrix` returns them.
    own : bool
        Whether the knowledge is more than the built-in one, so that the picture says so.

    Returns
    -------
    str
        An SVG document that refers to nothing outside itself.
    """
    columns = len(kb.risks)
    width = _LEFT + columns * (_CELL_WIDTH + _GAP) + _MARGIN
    height = _TOP + len(rows) * (_CELL_HEIGHT + _GAP) + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" aria-labelledby="title desc" font-family="{_FONT}">',
        '<title id="title">What each defense does to each risk</title>',
        f'<desc id="desc">{len(rows)} defenses against {columns} risks: what to expect,'
        " how likely that is, and what was published.</desc>",
        f'<rect width="{width}" height="{height}" fill="{_GROUND}"/>',
        _text(_MARGIN, 46, "What an effective defense does to every other risk", 24, weight=700),
        _text(
            _MARGIN,
            72,
            "From published effects and shared factors, before anything is trained. In a cell: what"
            " to expect, how likely that is, and what was published.",
            14,
            fill=_SOFT,
        ),
    ]
    for column, risk in enumerate(kb.risks.values()):
        x = _LEFT + column * (_CELL_WIDTH + _GAP) + _CELL_WIDTH / 2
        lines = _two_lines(risk.name)
        for line, text in enumerate(lines):
            y = _TOP - 14 - 16 * (len(lines) - 1 - line)
            parts.append(_text(x, y, text, 13, weight=600, anchor="middle"))
    for index, row in enumerate(rows):
        top = _TOP + index * (_CELL_HEIGHT + _GAP)
        defense = kb.defenses[row[0].defense]
        parts.append(_text(_MARGIN, top + 28, _clipped(defense.name, 21), 15, weight=600))
        parts.append(
            _text(_MARGIN, top + 46, _clipped(defense.code or defense.id, 28), 12, fill=_SOFT)
        )
        for column, prediction in enumerate(row):
            left = _LEFT + column * (_CELL_WIDTH + _GAP)
            parts += _cell(kb, prediction, left, top)
    origin = "Duddu, Szyller and Asokan (IEEE S&P 2024)"
    origin += " and the literature since" * bool(kb.conditions) + ", with own additions" * own
    origin += f", {kb.digest[:19]}"
    every = [prediction for row in rows for prediction in row]
    own = any(prediction.measured for prediction in every)
    tables = any(prediction.measured_reference for prediction in every)
    if own or tables:
        origin += f" · square: measured in {models(own, tables)}"
    parts += _legend(_TOP + len(rows) * (_CELL_HEIGHT + _GAP) + 28, origin)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _cell(kb: KnowledgeBase, prediction: Prediction, left: float, top: float) -> list[str]:
    document = prediction_document(kb, prediction, advice=False)
    answer = document["assessment"]
    expect, likely = answer["expect"], assessments.expected(document)
    otherwise = answer["voices"][0]["disagrees"]
    published = " and ".join(SEEN[each] for each in prediction.published) or "unexplored"
    shown = prediction.measured or prediction.measured_reference
    measured = " and ".join(SEEN[each] for each in shown)
    where = "" if prediction.measured else " in reference models"
    spoken = (
        f"{kb.defenses[prediction.defense].name}, {kb.risks[prediction.risk].name}:"
        f" {VERBS[expect]}; {assessments.established(kb, document) or 'no evidence'}"
        + f"; {OTHERWISE}" * otherwise
        + f"; published: {published}"
        + ", depending on adversary or setting, or with exceptions" * prediction.conditional
        + (f"; measured{where}: {measured}" if measured else "")
        + f"; {INTENDED}" * prediction.intended
    )
    shade = SHADES[expect][assessments.evidence(document)]
    edge = f' stroke="{_INK}" stroke-width="2"' if prediction.intended else ""
    right, middle = left + _CELL_WIDTH, left + 12
    parts = [
        "<g>",
        f"<title>{escape(spoken)}</title>",
        f'<rect x="{left}" y="{top}" width="{_CELL_WIDTH}" height="{_CELL_HEIGHT}" rx="6"'
        f' fill="{shade}"{edge}/>',
        _text(
            middle,
            top + 26,
            f"{GLYPHS[expect]} {VERBS[expect]}",
            13,
            weight=600,
        ),
        _text(middle, top + 48, likely + " !" * otherwise, 13),
    ]
    parts += [
        _badge(right - 18 - 22 * place, top + 43, effect, dashed=prediction.conditional)
        for place, effect in enumerate(reversed(prediction.published))
    ]
    parts += [
        _badge(right - 18 - 22 * place, top + 19, effect, square=True)
        for place, effect in enumerate(reversed(shown))
    ]
    return [*parts, "</g>"]


def _badge(x: float, y: float, effect: str, *, dashed: bool = False, square: bool = False) -> str:
    """Draw an effect that was seen on white: an arrow, a bar (no change) or a diamond (mixed).

    A published one is on a disc, a measured one on a square.
    """
    dashes = ' stroke-dasharray="3 2.2"' * dashed
    up = effect == "increase"
    tip, base = (y - 5, y + 4) if up else (y + 5, y - 4)
    if effect == "no_change":
        tip, base = y - 2, y + 2
    shape = f"M{x - 5} {base}H{x + 5}L{x} {tip}Z"
    if effect == "mixed":
        shape = f"M{x - 5} {y}L{x} {y - 6}L{x + 5} {y}L{x} {y + 6}Z"
    outline = f'<circle cx="{x}" cy="{y}" r="10"'
    if square:
        outline = f'<rect x="{x - 9}" y="{y - 9}" width="18" height="18"'
    return (
        f'{outline} fill="{_GROUND}" stroke="{_INK}" stroke-width="1.2"{dashes}/>'
        f'<path d="{shape}" fill="{_INK}"/>'
    )


def _legend(y: float, origin: str) -> list[str]:
    parts: list[str] = []
    x = float(_MARGIN)
    for conjecture, words in (
        ("increase", "risk increases"),
        ("decrease", "risk decreases"),
        ("depends", "it depends, or works disagree"),
        ("unknown", "unknown"),
    ):
        for shade in dict.fromkeys(SHADES[conjecture]):
            parts.append(
                f'<rect x="{x}" y="{y - 12}" width="18" height="16" rx="3" fill="{shade}"/>'
            )
            x += 20
        parts.append(_text(x + 4, y, f"{GLYPHS[conjecture]} {words}", 13))
        x += 34 + 7.2 * len(words)
    parts += [
        _badge(_MARGIN + 10, y + 27, "increase"),
        _badge(_MARGIN + 34, y + 27, "decrease"),
        _text(_MARGIN + 52, y + 32, "published effect (none: unexplored)", 13),
        f'<rect x="{_MARGIN + 310}" y="{y + 19}" width="22" height="16" rx="3" fill="none"'
        f' stroke="{_INK}" stroke-width="2"/>',
        _text(_MARGIN + 340, y + 32, INTENDED, 13),
        _text(_MARGIN + 560, y + 32, "90 %: how likely that is (±: an increase)", 13),
        _text(_MARGIN + 892, y + 32, f"!: {OTHERWISE}", 13),
        _text(
            _MARGIN,
            y + 62,
            "stronger color: stronger evidence · dashed: depends on adversary or setting,"
            f" or has exceptions · knowledge of {origin}",
            12,
            fill=_SOFT,
        ),
    ]
    return parts


def _clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _two_lines(name: str) -> list[str]:
    """Break a name near its middle, so that it fits over a column; clip what still does not."""
    words = name.split()
    if len(name) <= 14 or len(words) == 1:
        return [_clipped(name, 16)]
    splits = (
        (max(len(" ".join(words[:i])), len(" ".join(words[i:]))), i) for i in range(1, len(words))
    )
    _, i = min(splits)
    return [_clipped(" ".join(words[:i]), 16), _clipped(" ".join(words[i:]), 16)]


def _text(
    x: float,
    y: float,
    text: str,
    size: int,
    *,
    fill: str = _INK,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{fill}"'
        f' text-anchor="{anchor}">{escape(text)}</text>'
    )

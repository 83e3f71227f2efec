"""A picture of a grid: what was measured, beside what was predicted and published."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..results.outcomes import INVALID
from ..results.repeats import inconclusive, repeats
from .figures import INK, NO_CHANGE, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["heat_map"]

_WIDE, _HIGH = 1.5, 0.92
"""Of a cell, in inches."""
_SHADES: Mapping[str, tuple[str, str, str]] = {
    # light tints of orange and blue, which colour-blind readers tell apart; dark text stays
    # readable on all of them, and in grey the signs say the same
    "increase": ("#fdebd9", "#f9c795", "#ee9a4d"),
    "decrease": ("#e2effa", "#abd0f0", "#69aae0"),
    "no_change": ("#eeeeee",) * 3,
    "inconclusive": ("#ffffff",) * 3,
    **dict.fromkeys(INVALID, ("#ffffff",) * 3),
}
_SIGNS: Mapping[str, str] = {
    "increase": "▲",
    "decrease": "▼",
    "no_change": "=",
    "mixed": "±",
    "inconclusive": "±",
    "contested": "±",
    "unknown": "?",
    **dict.fromkeys(INVALID, "∅"),
}
_MARKS = {"confirmed": "✓", "refuted": "✗", "inconclusive": ""}


def heat_map(document: Mapping[str, Any], file: str) -> None:
    """Draw a grid: defenses down, risks across.

    Parameters
    ----------
    document : mapping
        As `validator.experiments.grid_documents.grid_document` returns it.
    file : str
        Where to write it; the ending says in which form (PNG, SVG or PDF). Written in full or not
        at all.

    Raises
    ------
    InputError
        Another ending, or no such folder.
    OSError
        The file cannot be written.
    """
    cells = document["cells"]
    rows = list(dict.fromkeys(cell["defense"] for cell in cells))
    columns = list(dict.fromkeys(cell["risk"] for cell in cells))
    # titles and legend take a width of their own, however few risks there are
    size = (max(2.1 + _WIDE * len(columns), 9.2), 2.5 + _HIGH * len(rows))
    with drawing(file, figsize=size, layout="constrained") as (figure, axes):
        for cell in cells:
            _cell(axes, cell, columns.index(cell["risk"]), rows.index(cell["defense"]))
        axes.set_xlim(0, len(columns))
        axes.set_ylim(len(rows), 0)
        axes.set_xticks([i + 0.5 for i in range(len(columns))], [_wrapped(c) for c in columns])
        axes.set_yticks([i + 0.5 for i in range(len(rows))], [_wrapped(r) for r in rows])
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        figure.suptitle(
            "What each defense did to each risk, measured",
            x=0.01,
            ha="left",
            fontweight="bold",
            fontsize=13,
        )
        figure.supxlabel(_legend(document), x=0.01, ha="left", fontsize=8.5, color=INK)


def _cell(axes: Axes, cell: Mapping[str, Any], x: int, y: int) -> None:
    from matplotlib.patches import Rectangle

    outcome = cell.get("outcome")
    shade = "#ffffff"
    if outcome is not None and cell["effective_defense"] is not False:
        shade = _SHADES[outcome][_strength(cell)]  # of an ineffective defense nothing is shown
    style: dict[str, Any] = {"facecolor": shade, "edgecolor": "#c9c9c9", "linewidth": 0.8}
    if outcome is None:
        style |= {"hatch": "////", "edgecolor": "#dddddd"}
    axes.add_patch(Rectangle((x + 0.03, y + 0.04), 0.94, 0.92, **style))
    expected = f"predicted {_SIGNS[cell['conjecture']]}   published {_published(cell)}"
    centred: dict[str, Any] = {"ha": "center", "va": "center"}
    axes.text(x + 0.5, y + 0.8, expected, fontsize=7.5, **centred)
    if outcome is None:
        # on a patch of white, over the hatching
        under = {"facecolor": "#ffffff", "edgecolor": "none", "pad": 1.5}
        axes.text(x + 0.5, y + 0.42, "not measured", fontsize=8, bbox=under, **centred)
        return
    number = f"{cell['effect']['estimate']:+.3f}".replace("-", "−")
    axes.text(x + 0.26, y + 0.33, _SIGNS[outcome], fontsize=16, **centred)
    axes.text(x + 0.56, y + 0.33, number, fontsize=10, **centred)
    axes.text(x + 0.88, y + 0.33, _mark(cell), fontsize=13, fontweight="bold", **centred)
    found = cell["effect"]
    interval = f"[{found['low']:+.3f}, {found['high']:+.3f}]".replace("-", "−")
    axes.text(x + 0.5, y + 0.58, interval, fontsize=7.5, color=INK, **centred)


def _mark(cell: Mapping[str, Any]) -> str:
    if cell["effective_defense"] is False and cell["outcome"] not in INVALID:
        return "!"
    return _MARKS[cell["verdict"]]


def _strength(cell: Mapping[str, Any]) -> int:
    """Return a strength of colour from 0 to 2: how many times the smallest effect of interest."""
    times: float = abs(cell["effect"]["estimate"]) / cell["effect"]["smallest_effect"]
    return int(times >= 2) + int(times >= 5)


def _published(cell: Mapping[str, Any]) -> str:
    return "".join(_SIGNS[effect] for effect in cell["published"]) or "·"


def _legend(document: Mapping[str, Any]) -> str:
    counts = document["counts"]
    measured = f"{counts['confirmed']} confirmed, {counts['refuted']} refuted"
    lines = [
        f"▲ more susceptible   ▼ less susceptible   = {NO_CHANGE}   ? unknown   · nothing"
        " published",
        f"± measured: {inconclusive(document)}; predicted: the factors disagree   ∅ evidence of"
        " nothing: nothing could move, or the model is no longer of use",
        "✓ prediction confirmed   ✗ refuted   ! the defense was not effective here"
        "   number: effect on susceptibility, with its 95 % interval",
        "stronger color: 1, 2 or 5 times the smallest effect of interest, in the unit of each"
        " risk's own metric",
        f"{document['dataset']}, {document['model']}, {repeats(document)};"
        f" {counts['cells']} cells: {measured}, {counts['inconclusive']} inconclusive,"
        f" {counts['not_measured']} not measured; knowledge {document['knowledge'][:19]}",
    ]
    return "\n".join(lines)


def _wrapped(identity: str) -> str:
    return textwrap.fill(identity.replace("_", " "), 15)

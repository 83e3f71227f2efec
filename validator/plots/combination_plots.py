"""A picture of a combination: how much worse each defense is than alone, in each order."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from ..results.repeats import repeats
from .figures import BLUE, ORANGE, QUIET, drawing

__all__ = ["combination_plot"]

_COLOURS = {
    "drops": ORANGE,
    "kept": BLUE,
    "inconclusive": "#5b5b5b",
}
_TICKS = (1, 2, 5, 10, 20, 50, 100, 1000, 10_000)
_ROW = 0.55
"""Inches for one defense in one order."""


def combination_plot(document: Mapping[str, Any], file: str) -> None:
    """Draw a combination.

    Each metric has a unit of its own, so drops are drawn in units of the
    smallest effect of interest.

    Parameters
    ----------
    document : mapping
        As `validator.experiments.combination_verdicts.CombinationVerdict.document` returns it.
    file : str
        Where to write it; the ending says in which form (PNG, SVG or PDF). Written in full or not
        at all.

    Raises
    ------
    InputError
        Another ending.
    OSError
        The file cannot be written.
    """
    rows = [(order, each) for order in document["orders"] for each in order["constituents"]]
    size = (8.2, 2.1 + _ROW * len(rows))
    with drawing(file, figsize=size, layout="constrained") as (figure, axes):
        axes.axvspan(-1, 1, color="#000000", alpha=0.07, lw=0)
        axes.axvline(0, color=QUIET, lw=0.8)
        for place, (_, each) in enumerate(rows):
            _drop(axes, -place, each)
        axes.set_yticks(
            [-place for place in range(len(rows))],
            [_label(document, order, each) for order, each in rows],
            fontsize=9,
        )
        axes.set_ylim(0.6 - len(rows), 0.6)
        axes.tick_params("y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xscale("symlog", linthresh=2)
        low, high = axes.get_xlim()
        ticks = [sign * each for each in _TICKS for sign in (-1, 1) if low <= sign * each <= high]
        axes.set_xticks(sorted({0, *ticks}))
        axes.set_xticks([], minor=True)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))
        axes.set_xlabel(
            "← better        drop, in units of the smallest effect of interest        worse →"
        )
        names = " + ".join(document["defenses"])
        figure.suptitle(
            f"{names}: {document['outcome'].replace('_', ' ')}",
            x=0.01,
            ha="left",
            fontweight="bold",
            fontsize=11,
        )
        figure.supxlabel(_scale(document), x=0.01, ha="left", fontsize=8, color=QUIET)


def _drop(axes: Any, place: float, each: Mapping[str, Any]) -> None:
    colour, unit, found = _COLOURS[each["outcome"]], each["smallest_drop"], each["drop"]
    ends = [found["low"] / unit, found["high"] / unit]
    axes.plot(ends, [place, place], color=colour, lw=2, solid_capstyle="butt")
    axes.plot(ends, [place, place], "|", color=colour, markersize=10, markeredgewidth=2)
    axes.plot([found["estimate"] / unit], [place], "o", color=colour, markersize=5)


def _label(document: Mapping[str, Any], order: Mapping[str, Any], each: Mapping[str, Any]) -> str:
    where = ""
    if len(document["orders"]) > 1:
        where = f" as {order['order'].index(each['defense']) + 1} of {len(order['order'])}"
    alone, combined = fmean(each["alone"]), fmean(each["combined"])
    metric = each["metric"].replace("_", " ")
    return f"{each['defense']}{where}\n{metric} {alone:.3g} → {combined:.3g}"


def _scale(document: Mapping[str, Any]) -> str:
    scale = document["scale"]
    return (
        f"{scale['dataset']}, {scale['training_records']} training records, {scale['model']}"
        f" ({scale['parameters']} parameters), {repeats(document)}; grey: too"
        f" small to matter\npredicted: {document['conjecture']}; verdict: {document['verdict']}"
    )

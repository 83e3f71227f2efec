"""A picture of an audit: each subject's effect against the smallest effect of interest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .figures import BLUE, ORANGE, QUIET, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["audit_plot"]

_COLOURS = {"increase": ORANGE, "decrease": BLUE}
_NEITHER = "#5b5b5b"


def audit_plot(document: Mapping[str, Any], file: str) -> None:
    """Draw an audit.

    Parameters
    ----------
    document : mapping
        As ``crosscurrent audit --json`` prints it.
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
    rows = document["measured"]
    with drawing(file, figsize=(8.2, 1.4 + 0.55 * len(rows)), layout="constrained") as (
        figure,
        axes,
    ):
        compared = len(document["models"]) > 1
        for place, each in enumerate(rows):
            (_effect if compared else _level)(axes, len(rows) - 1 - place, each)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_yticks(range(len(rows)), [_name(each) for each in reversed(rows)])
        axes.tick_params("y", length=0)
        axes.spines["left"].set_visible(False)
        files = " → ".join(each["file"].rpartition("/")[2] for each in document["models"])
        by = f": {document['defense'].replace('_', ' ')}" if document["defense"] else ""
        figure.suptitle(f"{files}{by}", x=0.01, ha="left", fontweight="bold", fontsize=11)
        if compared:
            axes.axvline(0, color=QUIET, lw=0.8)
            axes.set_xlabel("← better        effect        worse →")
            gray = "gray: below the smallest effect of interest"
        else:
            axes.set_xlabel("measured")
            gray = "gray mark: chance"
        axes.set_title(f"95% intervals; {gray}", fontsize=9, color=QUIET, loc="left")


def _effect(axes: Axes, place: int, each: Mapping[str, Any]) -> None:
    """Draw how much worse something got."""
    found = each["effect"]
    smallest = found["smallest_effect"]
    axes.barh(place, 2 * smallest, left=-smallest, height=0.7, color="#000000", alpha=0.07, lw=0)
    _interval(axes, place, found, _COLOURS.get(each["outcome"], _NEITHER))


def _level(axes: Axes, place: int, each: Mapping[str, Any]) -> None:
    """Draw what a single model gives."""
    found = each["metrics"][each["metric"]]["before"]
    if found["chance"] is not None:
        axes.plot([found["chance"]], [place], "|", color=QUIET, markersize=22)
    _interval(axes, place, found, ORANGE if found["above_chance"] else _NEITHER)


def _interval(axes: Axes, place: int, found: Mapping[str, Any], colour: str) -> None:
    ends = [found["low"], found["high"]]
    axes.plot(ends, [place, place], color=colour, lw=2, solid_capstyle="butt")
    axes.plot(ends, [place, place], "|", color=colour, markersize=12, markeredgewidth=2)
    axes.plot([found["estimate"]], [place], "o", color=colour, markersize=4)


def _name(each: Mapping[str, Any]) -> str:
    subject: str = each["subject"].replace("_", " ").capitalize()
    return subject + (f" ({each['attribute']})" if each["attribute"] else "")

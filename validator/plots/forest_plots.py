"""Forest plots: the effect on each data set or model with its interval, and their mean."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge.errors import InputError

from ..results.outcomes import INVALID
from ..results.pool_rows import Kind, Row, limits, rows
from .figures import BLUE, INK, ORANGE, QUIET, drawing, require_form

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["forest_plot"]

_COLOURS: Mapping[str, str] = {"increase": ORANGE, "decrease": BLUE}
_EVEN = "#5b5b5b"
_ROW = 0.34
"""Of a study, in inches."""
_LINE = 120
"""Characters of a line of the legend."""
_MANY = {"data": "data sets", "model": "models"}


def forest_plot(document: Mapping[str, Any], file: str) -> None:
    """Draw the pools of one defense and one risk, one below the other.

    What is left out is drawn hollow, below what counts, if it is a result at all.

    Parameters
    ----------
    document : mapping
        As ``crosscurrent results pool DEFENSE RISK --json`` gives it.
    file : str
        Where to write it; the ending says in which form (PNG, SVG or PDF). Written in full or not
        at all.

    Raises
    ------
    InputError
        Another ending, no such folder, or nothing to draw.
    OSError
        The file cannot be written.
    """
    require_form(file)
    pools = document["pools"]
    if not pools:
        raise InputError("there is no result to draw a forest plot of")
    sizes = [len(rows(pool)) + 2.6 + 0.55 * len(_legend(pool).splitlines()) for pool in pools]
    with drawing(
        file,
        nrows=len(pools),
        squeeze=False,
        figsize=(9.4, 0.7 + _ROW * sum(sizes)),
        height_ratios=sizes,
        layout="constrained",
    ) as (figure, axes):
        for (each,), pool in zip(axes, pools, strict=True):
            _pool(each, pool)
        names = [pools[0][key].replace("_", " ") for key in ("defense", "risk")]
        title = f"{names[0].capitalize()} → {names[1]}, over {_MANY[document['over']]}"
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=11)


def _pool(axes: Axes, pool: Mapping[str, Any]) -> None:
    smallest, drawn = pool["smallest_effect"], rows(pool)
    least, most = limits(pool)
    room = 0.06 * (most - least)
    axes.axvspan(-smallest, smallest, color="#000000", alpha=0.07, lw=0)
    axes.axvline(0, color=QUIET, lw=0.8)
    largest = max((each["weight"] for each in pool["studies"]), default=1.0)
    for place, (_, found, kind) in enumerate(drawn):
        weight = found.get("weight", largest) / largest
        _row(axes, -place, found, kind, 3 + 5 * weight, _colour(pool, found, kind))
        if "estimate" in found:
            numbers = f"{found['estimate']:+.3f}  [{found['low']:+.3f}, {found['high']:+.3f}]"
        else:
            numbers = f"[{found['low']:+.3f}, {found['high']:+.3f}]"
        axes.annotate(
            numbers.replace("-", "−"),
            (1.01, -place),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            fontsize=8.5,
            color=QUIET if kind == "left" else INK,
            fontweight="bold" if kind == "mean" else "normal",
            annotation_clip=False,
        )
    axes.set_xlim(least - room, most + room)
    axes.set_ylim(-len(drawn) + 0.4, 0.6)
    axes.set_yticks([-i for i in range(len(drawn))], [_wrapped(each) for each in drawn])
    axes.tick_params("y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(
        f"← less susceptible        effect        more susceptible →\n{_legend(pool)}",
        fontsize=8.5,
        loc="left",
    )
    axes.set_title(_heading(pool), fontsize=9, color=QUIET, loc="left")


def _colour(pool: Mapping[str, Any], found: Mapping[str, Any], kind: Kind) -> str:
    if kind == "left":
        return QUIET
    outcome = pool["outcome"] if kind in ("mean", "prediction") else found["outcome"]
    return _COLOURS.get(outcome, _EVEN)


def _row(
    axes: Axes, y: int, found: Mapping[str, Any], kind: Kind, size: float, colour: str
) -> None:
    if kind == "mean":
        ends, middle = (found["low"], found["high"]), found["estimate"]
        axes.fill(
            [ends[0], middle, ends[1], middle], [y, y + 0.28, y, y - 0.28], color=colour, lw=0
        )
        return
    faint = kind in ("left", "prediction")
    axes.plot(
        [found["low"], found["high"]],
        [y, y],
        color=colour,
        lw=1.2 if faint else 1.6,
        ls="--" if kind == "prediction" else "-",
        alpha=0.7 if faint else 1.0,
    )
    if kind != "prediction":
        mark = "x" if found["outcome"] in INVALID else "s"
        face = "#ffffff" if kind == "left" and mark == "s" else colour
        axes.plot([found["estimate"]], [y], mark, color=colour, mfc=face, ms=size)


def _heading(pool: Mapping[str, Any]) -> str:
    common = pool["common"]
    same = f"with {common['model']}" if "model" in common else f"on {common['dataset']}"
    lines = [f"{pool['name']} ({pool['worse_when']} is worse), all {same}", *pool["differing"]]
    return textwrap.fill(", ".join(lines), _LINE)


def _legend(pool: Mapping[str, Any]) -> str:
    lines = [
        f"95% intervals; gray: below the smallest effect of interest (±{pool['smallest_effect']:g})"
    ]
    if (apart := pool["heterogeneity"]) is not None:
        lines[0] += "; size of a square: its weight"
        lines.append(
            f"τ {apart['tau']:.3f}, I² {apart['i_squared']:.0%}, Q {apart['q']:.1f} with"
            f" {apart['degrees_of_freedom']} degrees of freedom; another such: where the effect on"
            " one more lies with 95%"
        )
    lines += [
        textwrap.fill(f"{each['label']} left out: {each['reason']}", _LINE)
        for each in pool["left_out"]
    ]
    return "\n".join(lines)


def _wrapped(row: Row) -> str:
    return textwrap.fill(f"{row.name} (left out)" if row.kind == "left" else row.name, 34)

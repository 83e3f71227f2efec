"""Forest plot: effects on several data sets or models, one below the other, and their mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crosscurrent.api.text.names import signed

from .scale import Scale, bar, diamond
from .shapes import Drawing, Label, Line

if TYPE_CHECKING:
    from crosscurrent.validator.results import pool_types as shapes

__all__ = ["forest"]

_STEP = 30
_TOP, _BELOW = 44, 26
"""Pixels above the first row, and below the last one."""


def forest(pool: shapes.Pool, *, narrow: bool = False) -> Drawing:
    """Draw a pool: what counts, the mean, where another would lie, and what is left out.

    Parameters
    ----------
    pool : Pool
        As `validator.results.pools.pool_documents` gives it.
    narrow : bool
        Whether it should fit a phone.
    """
    rows = _rows(pool)
    width, left, right = (360, 8, 8) if narrow else (920, 200, 210)
    scale = _scale(pool, left, width - left - right)
    step = _STEP + 20 if narrow else _STEP
    height = _TOP + step * len(rows) + _BELOW
    lines, labels = _ground(scale, pool["smallest_effect"], height)
    for place, (name, found, kind) in enumerate(rows):
        y = _TOP + step * place + (step - 8 if narrow else step / 2)
        lines.append(Line(bar(scale, found["low"], found["high"], y), f"interval {kind}"))
        if "estimate" in found:
            lines.append(Line(_mark(scale, found, y, kind), f"estimate {kind}"))
        at = (left, width - right, y - 16) if narrow else (0, width, y + 5)
        labels += [
            Label(at[0], at[2], name, kind),
            Label(at[1], at[2], _numbers(found), kind, "end"),
        ]
    shown = ", ".join(f"{name} {_numbers(found)}" for name, found, _ in rows)
    return Drawing(
        width,
        height,
        f"Forest plot of effects with their intervals: {shown}",
        (),
        lines,
        (),
        labels,
        f"intervals forest {'narrow' if narrow else 'wide'}",
    )


def _rows(pool: shapes.Pool) -> list[tuple[str, Mapping[str, Any], str]]:
    """Return name, interval and classes of each row, from the top."""
    rows: list[tuple[str, Mapping[str, Any], str]] = [
        (each["label"], each, f"study {each['outcome']}") for each in pool["studies"]
    ]
    if pool["effect"] is not None and pool["heterogeneity"] is not None:
        rows.append(("mean", pool["effect"], f"final {pool['outcome']}"))
    if pool["prediction"] is not None:
        rows.append(("another such", pool["prediction"], "predicted"))
    return rows + [(f"{each['label']}, left out", each, "left-out") for each in pool["left_out"]]


def _scale(pool: shapes.Pool, left: float, width: float) -> Scale:
    """Return a scale for all that counts; what is left out is cut if it lies farther out."""
    counted: list[Mapping[str, Any]] = [
        *(pool["studies"] or pool["left_out"]),
        *filter(None, (pool["effect"], pool["prediction"])),
    ]
    ends = [each[end] for each in counted for end in ("low", "high")]
    edge = 1.4 * pool["smallest_effect"]
    return Scale(min(*ends, -edge), max(*ends, edge), left, width)


def _ground(scale: Scale, smallest: float, height: float) -> tuple[list[Line], list[Label]]:
    """Draw what lies under the rows: zero, and the effects that are too small to matter."""
    low, zero, high = scale.at(-smallest), scale.at(0), scale.at(smallest)
    top, bottom = _TOP - 8, height - 22
    lines = [
        Line(f"M{low:g} {top:g}H{high:g}V{bottom:g}H{low:g}Z", "band"),
        Line(f"M{zero:g} {top:g}V{bottom:g}", "zero"),
    ]
    shaded = f"shaded: below the smallest effect of interest, ±{smallest:g}"
    labels = [
        Label(scale.left, 14, "← less susceptible", "axis"),
        Label(scale.left + scale.width, 14, "more susceptible →", "axis", "end"),
        Label(zero, 30, "0", "axis", "middle"),
        Label(scale.left, height - 4, shaded, "axis"),
    ]
    return lines, labels


def _mark(scale: Scale, found: Mapping[str, Any], y: float, kind: str) -> str:
    """Return a square, by its weight; of the mean a diamond, and of what is left out a ring."""
    x = scale.at(found["estimate"])
    if kind.startswith("final"):
        return diamond(x, y, 8.0)
    half = 3 + 4 * float(found.get("weight", 0.25)) ** 0.5
    return f"M{x - half:g} {y - half:g}h{2 * half:g}v{2 * half:g}h{-2 * half:g}z"


def _numbers(found: Mapping[str, Any]) -> str:
    interval = f"{signed(found['low'])} to {signed(found['high'])}"
    return f"{signed(found['estimate'])} ({interval})" if "estimate" in found else interval

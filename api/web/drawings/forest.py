"""Forest plot: effects on several data sets or models, one below the other, and their mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crosscurrent.api.text.names import signed
from crosscurrent.validator.results.pool_rows import limits, rows

from .scale import Scale, bar, diamond
from .shapes import Drawing, Label, Line

if TYPE_CHECKING:
    from crosscurrent.validator.results import pool_types as shapes
    from crosscurrent.validator.results.pool_rows import Kind

__all__ = ["forest"]

_STEP = 30
_TOP, _BELOW = 44, 26
"""Pixels above the first row, and below the last one."""


def forest(pool: shapes.Pool, *, narrow: bool = False) -> Drawing:
    """Draw a pool: what counts, the mean, where another would lie, and what is left out.

    Parameters
    ----------
    pool : Pool
        As `validator.results.pool_documents` gives it.
    narrow : bool
        Whether it should fit a phone.
    """
    drawn = _drawn(pool)
    width, left, right = (360, 8, 8) if narrow else (920, 200, 210)
    scale = _scale(pool, left, width - left - right)
    step = _STEP + 20 if narrow else _STEP
    height = _TOP + step * len(drawn) + _BELOW
    lines, labels = _ground(scale, pool["smallest_effect"], height)
    for place, (name, found, kind) in enumerate(drawn):
        y = _TOP + step * place + (step - 8 if narrow else step / 2)
        lines.append(Line(bar(scale, found["low"], found["high"], y), f"interval {kind}"))
        if "estimate" in found:
            lines.append(Line(_mark(scale, found, y, kind), f"estimate {kind}"))
        at = (left, width - right, y - 16) if narrow else (0, width, y + 5)
        labels += [
            Label(at[0], at[2], name, kind),
            Label(at[1], at[2], _numbers(found), kind, "end"),
        ]
    shown = ", ".join(f"{name} {_numbers(found)}" for name, found, _ in drawn)
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


def _drawn(pool: shapes.Pool) -> list[tuple[str, Mapping[str, Any], str]]:
    """Return name, interval and classes of each row, from the top."""
    classes: Mapping[Kind, str] = {
        "mean": f"final {pool['outcome']}",
        "prediction": "predicted",
        "left": "left-out",
    }
    return [
        (
            f"{name}, left out" if kind == "left" else name,
            found,
            f"study {found['outcome']}" if kind == "study" else classes[kind],
        )
        for name, found, kind in rows(pool)
    ]


def _scale(pool: shapes.Pool, left: float, width: float) -> Scale:
    """Return a scale for all that counts; what is left out is cut if it lies farther out."""
    least, most = limits(pool)
    edge = 1.4 * pool["smallest_effect"]
    return Scale(min(least, -edge), max(most, edge), left, width)


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

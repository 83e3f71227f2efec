"""Drawing of effects with their intervals, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crosscurrent.api.text.names import signed

from .scale import Scale, bar, diamond
from .shapes import Drawing, Label, Line

__all__ = ["Interval", "intervals"]

_STEP = 30
_ROWS = 16
_FURTHEST = 3.0
"""Times the last interval's reach: what lies farther out is cut, and marked."""


class Interval(NamedTuple):
    """An effect at one time.

    Attributes
    ----------
    name : str
        When that was.
    estimate, low, high : float
        The effect on susceptibility, with its interval.
    outcome : str
        What it comes to, if that is known.
    """

    name: str
    estimate: float
    low: float
    high: float
    outcome: str = ""

    @property
    def numbers(self) -> str:
        """The effect in numbers."""
        return f"{signed(self.estimate)} ({signed(self.low)} to {signed(self.high)})"


def intervals(
    found: Sequence[Interval],
    smallest: float,
    seeds: Sequence[float] = (),
    *,
    towards: tuple[str, str] = ("less susceptible", "more susceptible"),
    of: str = "seeds",
    narrow: bool = False,
) -> Drawing | None:
    """Draw effects; the last one, which counts, is bold. None if there is none.

    Parameters
    ----------
    found : sequence of Interval
        In the order of time; of many, some are drawn.
    smallest : float
        The smallest effect of interest, either way.
    seeds : sequence of float
        The effect in each seed or draw, drawn at the last one.
    towards : tuple of str
        What lies to the left, and to the right.
    of : str
        What is finished time after time: ``seeds``, or ``draws`` of the data.
    narrow : bool
        Whether it should fit a phone.
    """
    if not found:
        return None
    found = _few(found)
    width, left, right = (360, 8, 8) if narrow else (920, 160, 210)
    last = found[-1]
    reach = max(abs(last.low), abs(last.high), smallest) * _FURTHEST
    seen = [value for each in found for value in (each.low, each.high)]
    edges = [*seen, *seeds, -1.4 * smallest, 1.4 * smallest]
    scale = Scale(max(-reach, min(edges)), min(reach, max(edges)), left, width - left - right)
    step, top = (_STEP + 20, 44) if narrow else (_STEP, 44)
    height = top + step * len(found) + 26
    bottom = height - 22
    zero = scale.at(0)
    band = scale.at(-smallest), scale.at(smallest)
    lines = [
        Line(f"M{band[0]:g} {top - 8:g}H{band[1]:g}V{bottom:g}H{band[0]:g}Z", "band"),
        Line(f"M{zero:g} {top - 8:g}V{bottom:g}", "zero"),
    ]
    labels = [
        Label(scale.left, 14, f"← {towards[0]}", "axis"),
        Label(scale.left + scale.width, 14, f"{towards[1]} →", "axis", "end"),
        Label(zero, 30, "0", "axis", "middle"),
        Label(
            scale.left,
            height - 4,
            f"shaded: below the smallest effect of interest, ±{smallest:g}",
            "axis",
        ),
    ]
    for place, each in enumerate(found):
        y = top + step * place + (step - 8 if narrow else step / 2)
        kind = f"{'final' if each is last else 'earlier'} {each.outcome}".strip()
        lines += [
            Line(bar(scale, each.low, each.high, y), f"interval {kind}"),
            Line(diamond(scale.at(each.estimate), y), f"estimate {kind}"),
        ]
        if each is last:
            lines += [Line(f"M{scale.at(seed):g} {y - 9:g}v18", "seed") for seed in seeds]
        if narrow:
            labels.append(Label(left, y - 16, each.name, kind))
            labels.append(Label(width - right, y - 16, each.numbers, kind, "end"))
        else:
            labels.append(Label(0, y + 5, each.name, kind))
            labels.append(Label(width, y + 5, each.numbers, kind, "end"))
    name = (
        f"The effect with its interval, {len(found)} times as {of} were finished; the last is"
        f" {last.numbers}. The table says the same in numbers"
    )
    return Drawing(
        width, height, name, (), lines, (), labels, f"intervals {'narrow' if narrow else 'wide'}"
    )


def _few(found: Sequence[Interval]) -> Sequence[Interval]:
    """Return as many as can be seen at once, the first and the last among them."""
    if len(found) <= _ROWS:
        return found
    return [found[round(i * (len(found) - 1) / (_ROWS - 1))] for i in range(_ROWS)]

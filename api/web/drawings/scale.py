"""Scale of effects in a drawing, with bars and diamonds on it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Scale", "bar", "diamond"]


class Scale(NamedTuple):
    """From effects to pixels.

    Attributes
    ----------
    least, most : float
        Effects at its ends; what lies farther out is cut.
    left, width : float
        Where it is, in pixels.
    """

    least: float
    most: float
    left: float
    width: float

    def at(self, value: float) -> float:
        """Return where an effect is, in pixels."""
        share = (min(max(value, self.least), self.most) - self.least) / (self.most - self.least)
        return round(self.left + share * self.width, 1)


def bar(scale: Scale, low: float, high: float, y: float) -> str:
    """Return the path of an interval, with an arrowhead at an end that is cut."""
    from_, to = scale.at(low), scale.at(high)
    ends = [
        f"M{from_ + 6:g} {y - 5:g}L{from_:g} {y:g}L{from_ + 6:g} {y + 5:g}"
        if low < scale.least
        else f"M{from_:g} {y - 6:g}v12",
        f"M{to - 6:g} {y - 5:g}L{to:g} {y:g}L{to - 6:g} {y + 5:g}"
        if high > scale.most
        else f"M{to:g} {y - 6:g}v12",
    ]
    return f"M{from_:g} {y:g}H{to:g}{''.join(ends)}"


def diamond(x: float, y: float, reach: float = 6.0) -> str:
    """Return the path of a diamond; `reach` is to its left and right ends, in pixels."""
    return f"M{x - reach:g} {y:g}l{reach:g} -6l{reach:g} 6l{-reach:g} 6z"

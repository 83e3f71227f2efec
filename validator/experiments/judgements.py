"""Judgements: what was expected, what an interval says of that, and both ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from ..statistics.intervals import LEVEL

if TYPE_CHECKING:
    from ..statistics.intervals import Effect, Outcome
    from . import document_types as shapes

__all__ = ["Expected", "Judged", "Judgement", "expectation", "interval", "judged", "judgement"]

Expected = Literal["increase", "decrease", "no_change"]
Judgement = Literal["confirmed", "refuted", "inconclusive"]
_DECIDED: Mapping[str, Expected] = {
    "increase": "increase",
    "decrease": "decrease",
    "no_change": "no_change",
}


def expectation(conjecture: str, *, intended: bool) -> Expected | None:
    """Return what is expected of a risk.

    The conjecture; or where the factors do not settle it a decrease, if the defense is meant for
    the risk; or None: nothing.
    """
    return _DECIDED.get(conjecture, "decrease" if intended else None)


def judgement(expected: Expected | None, shown: Outcome, *, sound: bool) -> Judgement:
    """Compare what an interval shows with what was expected, if the measurement is evidence."""
    if not sound or shown == "inconclusive" or expected is None:
        return "inconclusive"
    return "confirmed" if shown == expected else "refuted"


class Judged(Protocol):
    """A metric that an effect is in."""

    @property
    def id(self) -> str:
        """Identifier in documents."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def worse_when(self) -> Literal["higher", "lower"]:
        """Which way it is worse for the model's owner."""

    @property
    def smallest_effect(self) -> float:
        """The smallest effect of interest."""


def judged(metric: Judged, found: Effect) -> shapes.JudgedEffect:
    """Return an effect with the metric that it is in, ready for JSON."""
    return {
        "metric": metric.id,
        "name": metric.name,
        "worse_when": metric.worse_when,
        **interval(found),
        "direction": found.direction,
        "p_value": found.p_value,
        "q_value": None,
        "smallest_effect": metric.smallest_effect,
    }


def interval(found: Effect) -> shapes.Interval:
    """Return an effect with its interval, ready for JSON."""
    return {
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "level": LEVEL,
        "differences": list(found.differences),
    }

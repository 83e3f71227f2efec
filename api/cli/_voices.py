"""Tables of how good each voice is, and of promises that came true."""

from __future__ import annotations

from collections.abc import Iterable

from crosscurrent.predictor.assessment_backtest import Promise, VoiceScore

from ..text.names import percent
from ..text.terminal import Style, columns

__all__ = ["LEGEND", "promises", "voices"]

_VOICES = {
    "guideline": "guideline",
    "probability": "probability",
    "model": "model of the factors",
    "published": "published",
    "assessment": "assessment",
    "assessment_conditions_stated": "  conditions stated",
    "always_increase": "baseline: increase",
}
_LONGEST = max(map(len, _VOICES.values()))

LEGEND = (
    "decided: given a direction, of results that have one; decreases: foretold, of those seen;"
    " open: answered no change or depends, of results of no change or both ways."
)


def voices(scores: Iterable[VoiceScore], look: Style) -> str:
    """Return a row for each voice."""
    head = ["", "decided", "right", "decreases", "open", "Brier"]
    rows = [[look.paint(cell, "dim") for cell in head]]
    rows += [
        [
            f"{_VOICES[each.voice]:<{_LONGEST}}",
            f"{each.decided}/{each.directed}",
            f"{each.right}/{each.decided}" + _of(each.right, each.decided),
            f"{each.decreases_found}/{each.decreases}",
            f"{each.open_found}/{each.open}",
            "-" if each.brier is None else f"{each.brier:.3f}",
        ]
        for each in scores
    ]
    return columns(rows, look.width)


def promises(rows: Iterable[Promise], look: Style) -> str:
    """Return a row for each range of promises that were made."""
    head = ["promised of a direction", "results", "mean promise", "came true"]
    table = [[look.paint(cell, "dim") for cell in head]]
    table += [
        [
            f"{row.low * 100:.0f} to {row.high * 100:.0f} %",
            f"{row.cases:>3}",
            "-" if row.promised is None else percent(row.promised),
            "-" if row.came_true is None else f"{row.came_true * 100:.0f} %",
        ]
        for row in rows
        if row.cases
    ]
    return columns(table, look.width)


def _of(part: int, whole: int) -> str:
    return f" {part / whole * 100:.0f} %" if whole else ""

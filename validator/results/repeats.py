"""Repeats of a measurement: paired seeds, on one or several draws of the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["draws_of", "inconclusive", "labels", "mean_of", "repeats", "unit"]


def draws_of(document: Mapping[str, Any]) -> int:
    """Return on how many draws of the data a document's measurement was made.

    A document that was kept before there were draws is of one.
    """
    found = document.get("draws", 1)
    return found if isinstance(found, int) else len(found)


def unit(document: Mapping[str, Any]) -> str:
    """Return what an interval is over: ``seed`` or ``draw``."""
    return "seed" if draws_of(document) == 1 else "draw"


def inconclusive(document: Mapping[str, Any]) -> str:
    """Say that an interval does not settle it, and what the interval is over."""
    return f"inconclusive with these {unit(document)}s"


def labels(document: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the seeds, or of several draws their places, from 0."""
    drawn = draws_of(document)
    return list(document["seeds"]) if drawn == 1 else list(range(drawn))


def repeats(document: Mapping[str, Any]) -> str:
    """Return how often was measured, in words."""
    drawn, seeds = draws_of(document), len(document["seeds"])
    return f"{seeds} paired seeds" if drawn == 1 else f"{drawn} draws of {seeds} paired seeds each"


def mean_of(document: Mapping[str, Any]) -> str:
    """Return what a mean is of, in words."""
    if draws_of(document) == 1:
        return f"mean of {repeats(document)}, on one draw of the data"
    return f"mean of {repeats(document)}"

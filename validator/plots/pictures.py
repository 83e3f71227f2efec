"""The picture of whatever was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..results.kinds import Kind, kind_of
from .combination_plots import combination_plot
from .grid_plots import heat_map
from .variation_plots import variation_plot
from .verdict_plots import plot

__all__ = ["picture"]

_DRAWN_BY: Mapping[Kind, Callable[[dict[str, Any], str], None]] = {
    "verdict": plot,
    "collusion": plot,
    "combination": combination_plot,
    "grid": heat_map,
    "variation": variation_plot,
}


def picture(document: dict[str, Any], file: str) -> None:
    """Draw what was measured, whatever it is.

    Parameters
    ----------
    document : dict
        As ``crosscurrent validate --json`` gives it.
    file : str
        Where to write it; the ending says in which form (PNG, SVG or PDF). Written in full or not
        at all.

    Raises
    ------
    InputError
        Another ending, or no such folder.
    OSError
        The file cannot be written.
    """
    _DRAWN_BY[kind_of(document)](document, file)

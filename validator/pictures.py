"""The picture of whatever was measured."""

from __future__ import annotations

from typing import Any

from .combination_plots import combination_plot
from .combination_verdicts import is_combination
from .grid_documents import is_grid
from .heat_maps import heat_map
from .plots import plot
from .variation_documents import is_variation
from .variation_plots import variation_plot

__all__ = ["picture"]


def picture(document: dict[str, Any], file: str) -> None:
    """Draw what was measured: a verdict, a grid, one pair by a factor, or a combination.

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
    if is_combination(document):
        combination_plot(document, file)
    elif is_variation(document):
        variation_plot(document, file)
    elif is_grid(document):
        heat_map(document, file)
    else:
        plot(document, file)

"""Which picture shows a document: of one verdict, a grid, or a variation."""

from __future__ import annotations

from typing import Any

from .grid_documents import is_grid
from .heat_maps import heat_map
from .plots import plot
from .variation_documents import is_variation
from .variation_plots import variation_plot

__all__ = ["draw"]


def draw(document: dict[str, Any], file: str) -> None:
    """Draw what ``validate --json`` gives.

    Parameters
    ----------
    document : dict
        Of one pair, of all, or of one at several values of a factor.
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
    if is_variation(document):
        variation_plot(document, file)
    elif is_grid(document):
        heat_map(document, file)
    else:
        plot(document, file)

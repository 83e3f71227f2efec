"""Figures: their formats and style, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge.errors import InputError

from ..results.files import require_folder, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BLUE", "FORMATS", "INK", "NO_CHANGE", "ORANGE", "QUIET", "drawing", "require_form"]

FORMATS = (".png", ".svg", ".pdf")
"""Endings of files that can be written."""
INK, QUIET = "#1b1b1b", "#767676"
ORANGE, BLUE = "#d55e00", "#0072b2"
"""Of what rises or gets worse, and of what falls: Okabe and Ito, apart for colour-blind readers.

The terminal has its orange in ``api/text/terminal.py``, matrices in ``api/text/matrix_picture.py``,
the page as ``--up-...`` in ``api/web/static/style.css``.
"""
NO_CHANGE = "no meaningful change"
"""The words for an effect that stays within the smallest effect of interest."""


def require_form(file: str) -> str:
    """Return the ending of a file; raise `InputError` if no picture can be written there."""
    ending = os.path.splitext(file)[1].lower()
    if ending not in FORMATS:
        raise InputError(f"{file}: should end in {', '.join(FORMATS)}")
    require_folder(file)
    return ending


@contextmanager
def drawing(file: str, **subplots: Any) -> Iterator[tuple[Figure, Any]]:
    """Give a figure and its axes to draw on; then write it, in full or not at all.

    The same drawing gives the same bytes, whatever style a user has set.

    Parameters
    ----------
    file : str
        Where to write it; the ending says in which form.
    **subplots
        As ``matplotlib.pyplot.subplots`` takes them.

    Raises
    ------
    InputError
        Another ending, or no such folder.
    OSError
        The file cannot be written.
    """
    ending = require_form(file)
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    style: Any = {
        "font.size": 10,
        "font.family": "DejaVu Sans",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.hashsalt": "crosscurrent",
        "svg.fonttype": "none",
        "text.color": INK,
        "text.parse_math": False,  # names of data sets may hold any sign
        "axes.labelcolor": INK,
    }
    with plt.rc_context(style):
        figure, axes = plt.subplots(**subplots)
        try:
            yield figure, axes
            drawn = BytesIO()
            when = {"Date": None} if ending == ".svg" else None
            figure.savefig(drawn, format=ending[1:], dpi=160, metadata=when)
        finally:
            plt.close(figure)
    write_whole(file, drawn.getvalue())

"""How far a grid is, on standard error: on a terminal as a table that fills while one watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..text.measured.grid import NOT_MEASURED, Pair, mark, table
from ..text.terminal import Style
from ._progress import Progress

if TYPE_CHECKING:
    from crosscurrent.validator.experiments.verdicts import Verdict

__all__ = ["GridProgress"]


class GridProgress(Progress):
    """Tells how each cell stands, and how far the whole is.

    Parameters
    ----------
    pairs : sequence of tuple of str
        Defense and risk of each cell.
    seeds : int
        How many each takes.
    no_color : bool
        Whether colours were declined.
    """

    def __init__(self, pairs: Sequence[Pair], seeds: int, *, no_color: bool = False) -> None:
        super().__init__()
        self._pairs, self._seeds = pairs, seeds
        self._cells = dict.fromkeys(pairs, f"0/{seeds}")
        self._look = Style.of(sys.stderr, no_color=no_color) if self._terminal else None
        self._lines = 0

    def on_cell(self, place: int, seeds: int, shown: Verdict | str | None) -> None:
        """So many seeds of a cell are finished; once it is over, this came out."""
        pair = self._pairs[place]
        if self._look is not None:
            self._cells[pair] = _told(seeds, self._seeds, shown, self._look)

    def over(self) -> None:
        """Leave the terminal to what comes now."""
        if self._look is not None:
            self._clear()

    def on_trials(self, trials: int) -> None:
        """So many more trials are finished and kept."""
        super().on_trials(trials)
        if self._look is not None:
            self._show()

    def _show(self) -> None:
        """Write the table and how far it is over what was written before."""
        if self._look is None:
            return
        lines = table(self._cells, lambda pair: [self._cells[pair]], self._look)
        text = self._look.finish("\n".join(lines))
        if text.count("\n") + 3 > _height():
            text = ""  # what has scrolled away cannot be written over
        self._clear()
        self.say(f"{text}\n{self._line()}" if text else self._line(), end="")
        self._lines = text.count("\n") + 1 if text else 0

    def _clear(self) -> None:
        up = f"\x1b[{self._lines}A" if self._lines else ""
        self.say(f"\r{up}\x1b[J", end="")
        self._lines = 0


def _told(seeds: int, of: int, shown: Verdict | str | None, look: Style) -> str:
    """Return what a cell says: how far it is, or its outcome and verdict."""
    if shown is None:
        return f"{seeds}/{of}"
    if isinstance(shown, str):
        return NOT_MEASURED
    outcome = "contested" if shown.outcome == "inconclusive" else shown.outcome
    return f"{look.paint(look.glyph(outcome), outcome)} {mark(shown.document(), look)}"


def _height() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).lines
    except OSError:
        return 0

"""Progress of a measurement, on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..text.measured.grid import NOT_MEASURED, Pair, mark, table
from ..text.terminal import Style
from ..text.wording import shown_as

if TYPE_CHECKING:
    from crosscurrent.validator.experiments.verdicts import Verdict

__all__ = ["GridProgress", "Progress", "VariationProgress"]

_EVERY = 0.2
"""Seconds between two updates of a line on a terminal."""


class Progress:
    """Tells how many trials are finished and about how long the others take.

    On a terminal one line is written over and over; otherwise there is a line for each time that
    results were kept.
    """

    def __init__(self) -> None:
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._trials = self._finished = self._work = self._done = 0
        self._began = self._shown = monotonic()

    def start(self, trials: int, remembered: int, work: int) -> None:
        """Begin; `remembered` trials are known already."""
        self._trials, self._finished, self._work, self._done = trials, remembered, work, 0
        self._began = monotonic()
        if remembered and remembered < trials:
            self.say(f"{remembered} of {trials} trials already stored")
        elif remembered:
            self.say(f"all {trials} trials already stored: nothing to train")

    def on_work(self, work: int) -> None:
        """So many more models × updates are done."""
        self._done += work
        if self._terminal and monotonic() - self._shown > _EVERY:
            self._shown = monotonic()
            self._show()

    def on_trials(self, trials: int) -> None:
        """So many more trials are finished and kept."""
        self._finished += trials
        if not self._terminal:
            self.say(self._line())

    def on_cell(self, place: int, seeds: int, shown: Verdict | str | None) -> None:
        """So many seeds of one of several experiments are finished; by default not told."""

    def over(self) -> None:
        """Leave the terminal to what comes now."""
        if self._terminal:
            self.say("\r\x1b[K", end="")

    def _show(self) -> None:
        """Write on a terminal, over what was written before."""
        self.say(f"\r{self._line()}\x1b[K", end="")

    def _line(self) -> str:
        share = min(1.0, self._done / self._work) if self._work else 1.0
        spent = monotonic() - self._began
        left = f", about {_time(spent / share - spent)} left" if 0 < share < 1 else ""
        return f"{self._finished} of {self._trials} trials finished, {share:.0%} trained{left}"

    @staticmethod
    def say(text: str, end: str = "\n") -> None:
        """Say something to whoever listens."""
        if sys.stderr is not None:
            with suppress(OSError):  # whoever stops listening does not stop the work
                print(text, end=end, file=sys.stderr, flush=True)


class VariationProgress(Progress):
    """Tells how far the whole is, and what came out at each value.

    Parameters
    ----------
    factor : str
        What is varied.
    values : sequence of int, float or str
        Its values, in their order.
    """

    def __init__(self, factor: str, values: Sequence[int | float | str]) -> None:
        super().__init__()
        self._factor, self._values = factor, values

    def on_cell(self, place: int, seeds: int, shown: Verdict | str | None) -> None:
        """Tell what came out at a value, once it is over."""
        del seeds
        if shown is None:
            return
        said = shown if isinstance(shown, str) else shown.outcome.replace("_", " ")
        self.over()
        self.say(f"{self._factor} {self._values[place]}: {said}")


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
    outcome = shown_as(shown.outcome)
    return f"{look.paint(look.glyph(outcome), outcome)} {mark(shown.document(), look)}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _height() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).lines
    except OSError:
        return 0

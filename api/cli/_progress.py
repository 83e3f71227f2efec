"""How far a measurement is, on standard error."""

from __future__ import annotations

import sys
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosscurrent.validator.experiments.verdicts import Verdict

__all__ = ["Progress"]

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
            self.say(f"{remembered} of {trials} trials known from before")
        elif remembered:
            self.say(f"all {trials} trials known from before: nothing to train")

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
        return f"{self._finished} of {self._trials} trials kept, {share:.0%} trained{left}"

    @staticmethod
    def say(text: str, end: str = "\n") -> None:
        """Say something to whoever listens."""
        if sys.stderr is not None:
            with suppress(OSError):  # whoever stops listening does not stop the work
                print(text, end=end, file=sys.stderr, flush=True)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

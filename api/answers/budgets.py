"""The budget of a question that somebody else asks: steps, and seconds of its thread."""

from __future__ import annotations

from time import thread_time

from crosscurrent.predictor.budget import Budget

__all__ = ["MOST_STEPS", "bounded"]

MOST_STEPS = 1_000_000
"""As many steps as a question may take: what it has to remember of them stays small."""


def bounded(seconds: float) -> Budget:
    """Return what one question may take of the thread that computes it.

    Parameters
    ----------
    seconds : float
        Processor time, counted from the first step.
    """
    return Budget(MOST_STEPS, _Deadline(seconds))


class _Deadline:
    """Says whether the thread that asks has computed for so long since it first asked."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._end = seconds, 0.0

    def __call__(self) -> bool:
        now = thread_time()
        self._end = self._end or now + self._seconds
        return now > self._end

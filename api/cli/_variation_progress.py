"""How far a variation is, on standard error: each value's outcome as soon as it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ._progress import Progress

if TYPE_CHECKING:
    from crosscurrent.validator.experiments.verdicts import Verdict

__all__ = ["VariationProgress"]


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

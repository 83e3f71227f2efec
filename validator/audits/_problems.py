"""Problems of a file, gathered and told together with their rows and columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Problems"]

_SHOWN: Final = 5
"""Rows that are shown of one problem; how many more there are is told."""
_MOST: Final = 50
"""Lines that a message has at most."""


class Problems:
    """Gathers what is wrong with a file.

    Parameters
    ----------
    name : str
        The file.
    place : callable
        Names the place of a record, by its index.
    """

    def __init__(self, name: str, place: Callable[[int], str]) -> None:
        self._name, self._place = name, place
        self._lines: list[str] = []

    def rows(
        self,
        wrong: NDArray[np.bool_],
        column: str,
        message: str,
        values: NDArray[Any] | None = None,
    ) -> None:
        """Note records whose value is wrong, with the value if it is given."""
        rows = np.flatnonzero(wrong)
        for row in rows[:_SHOWN]:
            said = "" if values is None else f" {clip(_shown(values[row]))}:"
            self._lines.append(f"{self._place(int(row))}, column {clip(column)!r}:{said} {message}")
        if len(rows) > _SHOWN:
            self._lines.append(f"… and {len(rows) - _SHOWN:,} more in column {clip(column)!r}")

    def column(self, column: str, message: str) -> None:
        """Note a column that is wrong as a whole."""
        self._lines.append(f"{self._name}, column {clip(column)!r}: {message}")

    def over(self) -> None:
        """Raise `InputError` with all that was noted, if anything was."""
        if not self._lines:
            return
        more = len(self._lines) - _MOST
        lines = self._lines[:_MOST] + ([f"… and {more} more lines"] if more > 0 else [])
        raise InputError("the predictions cannot be audited:\n" + "\n".join(lines))


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)

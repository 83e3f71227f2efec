"""Columns of few values: what the values are, and where each is; values are numbers or texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Levels", "canonical", "levels", "numbers_of"]


@dataclass(frozen=True, eq=False)
class Levels:
    """A column of few values.

    Attributes
    ----------
    names : tuple of str
        The values, in order.
    codes : array of int64
        Their places, -1 where missing: (records,).
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]

    def of(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the places of the values among other names; -1 where they are none of them."""
        place = {name: i for i, name in enumerate(names)}
        return np.array([*(place.get(each, -1) for each in self.names), -1])[self.codes]

    def at(self, rows: NDArray[np.intp]) -> list[str]:
        """Return the values of some records, none of them missing."""
        return [self.names[code] for code in self.codes[rows].tolist()]


def levels(column: NDArray[Any]) -> Levels:
    """Return a column's values: numbers in their order, texts in that of the alphabet."""
    numbers = column if column.dtype.kind == "f" else numbers_of(column)
    missing = (
        np.isnan(column) if column.dtype.kind == "f" else np.array([e is None for e in column])
    )
    if np.isfinite(numbers[~missing]).all():
        names, codes = np.unique(numbers[~missing], return_inverse=True)
        told = tuple(canonical(each) for each in names.tolist())
    else:
        # not numpy.unique, which would make every text as wide as the longest
        texts = [str(each) for each in column[~missing].tolist()]
        told = tuple(sorted(set(texts)))
        place = {each: i for i, each in enumerate(told)}
        codes = np.fromiter((place[each] for each in texts), np.int64, len(texts))
    found = np.full(len(column), -1, np.int64)
    found[~missing] = codes
    return Levels(told, found)


def numbers_of(column: NDArray[Any]) -> NDArray[np.float64]:
    """Return texts as numbers; NaN where they are none."""
    try:
        return np.asarray(np.where(column == None, "nan", column), np.float64)  # noqa: E711
    except ValueError:
        return np.array([_number(each) for each in column.tolist()])


def canonical(value: object) -> str:
    """Write a value so that 1, 1.0 and the text 1 are the same."""
    number = value if isinstance(value, float) else _number(value)
    if not np.isfinite(number):
        return str(value)
    return str(int(number)) if number.is_integer() else repr(number)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")

"""Profiles of columns: what is in one, whatever it becomes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._gaps import missing
from ._tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Profile", "profile"]


@dataclass(frozen=True)
class Profile:
    """What is in a column.

    Attributes
    ----------
    name : str
        The column.
    values : array, shape (records,)
        As they were read.
    gap : array of bool, shape (records,)
        Where one is missing.
    counts : Counter
        How often each value is there.
    numbers : array of float64, shape (records,), or None
        NaN where missing; None unless all values are numbers.
    forms : Counter of str
        How many texts look like what, as `Spelling` says; empty for numbers.
    marks : dict from str to int
        The texts that were taken for a missing value.
    """

    name: str
    values: NDArray[Any]
    gap: NDArray[np.bool_]
    counts: Counter[Any]
    numbers: NDArray[np.float64] | None
    forms: Counter[str]
    marks: dict[str, int]

    @property
    def there(self) -> NDArray[np.float64]:
        """Return its numbers, without missing ones; none if it is of texts."""
        return np.zeros(0) if self.numbers is None else self.numbers[~self.gap]

    @property
    def whole(self) -> bool:
        """Whether all its values are whole numbers."""
        return bool(len(self.there)) and bool((self.there == np.floor(self.there)).all())

    @property
    def form(self) -> str:
        """What most of its texts look like; empty if like texts, or if it is of numbers."""
        return max(self.forms, key=lambda each: self.forms[each], default="")

    @property
    def type(self) -> str:
        """What its values are, in words."""
        if not self.counts:
            return "nothing" if self.values.dtype == object else "numbers"
        if self.numbers is not None:
            if self.forms.keys() <= {"number"}:
                return "whole numbers" if self.whole else "numbers"
            return "numbers with commas"
        if {each.casefold() for each in self.counts} <= {"true", "false"}:
            return "true or false"
        if self.form in ("", "number"):
            return "numbers and texts" if self.form else "texts"
        if self.form.startswith("a number with"):
            return "numbers with units" if self.form.endswith("unit") else "numbers with commas"
        _, thing, *rest = self.form.split(" ")
        return " ".join([f"{thing}s", *rest])


def profile(table: Table, name: str) -> Profile:
    """Return what is in a column of a table."""
    values = table.columns[name]
    gap = missing(values)
    numbers: NDArray[np.float64] | None = values
    forms: Counter[str] = Counter()
    if values.dtype == object:
        found = table.spelling(name)
        numbers, forms = found.numbers, found.forms
    counts = Counter(values[~gap].tolist())
    return Profile(name, values, gap, counts, numbers, forms, dict(table.marks.get(name, {})))

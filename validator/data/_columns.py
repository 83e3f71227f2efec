"""Single columns: as numbers, as levels, as groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

from ._tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_LEVELS", "as_number", "groups", "levels", "missing", "numeric", "too_many"]

MAX_LEVELS: Final = 100
"""As many different values as a categorical column, a target or a sensitive attribute may have."""

_MAX_GROUPS: Final = 10  # of a numeric sensitive attribute, before it is split at its median


def levels(table: Table, column: str, advice: str) -> tuple[NDArray[np.int64], list[str]]:
    """Give each different value of a column a number, in order.

    Returns
    -------
    tuple
        The codes, shape (records,), and what each stands for.

    Raises
    ------
    InputError
        If there are more than `MAX_LEVELS`, or a number is not finite.
    """
    values = table.columns[column]
    if values.dtype != object:
        _require_finite(table, column, values)
    # not numpy.unique, which would make every text as wide as the longest
    found = sorted(set(values.tolist()))
    if values.dtype == object and all(as_number(each) is not None for each in found):
        found.sort(key=float)  # 10 comes after 9
    codes = {value: code for code, value in enumerate(found)}
    names = [each if isinstance(each, str) else f"{each:.17g}" for each in found]
    if len(names) > MAX_LEVELS:
        raise InputError(
            f"{table.source}, column {clip(column)!r}: {len(names)} different values, more than "
            f"{MAX_LEVELS}; {advice}"
        )
    return np.fromiter((codes[each] for each in values.tolist()), np.int64, len(values)), names


def groups(table: Table, column: str, kind: str | None) -> tuple[NDArray[np.int64], list[str]]:
    """Return the group of each record by a sensitive attribute, and what the groups are.

    Numbers with more than ten different values are split at their median.

    Raises
    ------
    InputError
        If it has too many levels, or is declared numeric and is not.
    """
    numbers = numeric(table, column, kind)
    if numbers is not None and len(np.unique(numbers)) > _MAX_GROUPS:
        return _split(numbers)
    return levels(table, column, "merge some of them")


def numeric(table: Table, column: str, kind: str | None) -> NDArray[np.float64] | None:
    """Return a column as finite numbers, or None if it is categorical.

    Raises
    ------
    InputError
        If it is declared numeric and a value is not, or if a number is not finite.
    """
    if kind == "categorical":
        return None
    numbers, wrong = _numbers(table.columns[column])
    if numbers is not None:
        _require_finite(table, column, numbers)
    elif kind == "numeric":
        text = clip(repr(table.columns[column][wrong]))
        raise table.wrong(wrong, column, f"{text} is not a number; correct it, or leave it empty")
    return numbers


def missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a value is missing, shape (records,)."""
    if values.dtype == object:
        return np.fromiter((each is None for each in values), np.bool_, len(values))
    return np.asarray(np.isnan(values), np.bool_)


def as_number(text: str) -> float | None:
    """Return what a text says if it is a number; 1_000 is one to Python alone."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def too_many(table: Table, column: str) -> str:
    """Say what to do about a column with too many levels."""
    numbers, wrong = _numbers(table.columns[column])
    if numbers is not None:
        return f"declare it numeric in the card, or drop it (columns: {{{clip(column)}: drop}})"
    text = clip(repr(table.columns[column][wrong]))
    return (
        f"drop it in the card (columns: {{{clip(column)}: drop}}), or correct what is not a "
        f"number, such as {text} at {table.place(wrong)}"
    )


def _numbers(values: NDArray[Any]) -> tuple[NDArray[np.float64] | None, int]:
    """Return a column as numbers, or None and the index of the first value that is not one."""
    if values.dtype != object:
        return values, 0
    numbers = np.empty(len(values))
    for index, text in enumerate(values):
        if (number := as_number(text)) is None:
            return None, index
        numbers[index] = number
    return numbers, 0


def _require_finite(table: Table, column: str, numbers: NDArray[np.float64]) -> None:
    """Make sure that all values are finite.

    Raises
    ------
    InputError
        If one is not; it names the first.
    """
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        index = int(wrong.argmax())
        raise table.wrong(
            index, column, f"{numbers[index]} is not a finite number; correct it or leave it empty"
        )


def _split(numbers: NDArray[np.float64]) -> tuple[NDArray[np.int64], list[str]]:
    """Split numbers at their median; the median itself goes with the smaller half."""
    median = float(np.quantile(numbers, 0.5, method="lower"))
    if (numbers > median).any():
        return np.asarray(numbers > median, np.int64), [f"up to {median:g}", f"above {median:g}"]
    return np.asarray(numbers >= median, np.int64), [f"below {median:g}", f"from {median:g}"]

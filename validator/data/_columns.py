"""Single columns: as numbers, as levels, as groups."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

from ._gaps import missing
from ._notes import Note
from ._spelling import Spelling, as_number, same_number
from ._tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ABSENT", "MAX_LEVELS", "groups", "levels", "numeric", "too_many"]

MAX_LEVELS: Final = 100
"""As many different values as a categorical column, a target or a sensitive attribute may have."""

ABSENT: Final = "(missing)"
"""The level of records whose value is missing, where the card makes it one."""

_FEW: Final = 10
"""Of a numeric sensitive attribute with more values, groups are made; and texts among numbers with
more values are asked about."""
_NEARLY: Final = 0.5
"""Share of a column's values that are numbers, or look like one, from which on they are meant."""


def levels(
    table: Table, column: str, advice: str, notes: list[Note]
) -> tuple[NDArray[np.int64], list[str]]:
    """Give each different value of a column a number, in order; a missing one is the last.

    ``1`` and ``1.0`` are the same level where both occur.

    Returns
    -------
    tuple
        The codes, shape (records,), and what each stands for.

    Raises
    ------
    InputError
        If there are more than `MAX_LEVELS`, a number is not finite, or a level is called as a
        missing value is.
    """
    values = table.columns[column]
    gap = missing(values)
    if values.dtype != object:
        _require_finite(table, column, values)
        values = np.where(gap, 0.0, values) if gap.any() else values
    given = values.tolist()
    # not numpy.unique, which would make every text as wide as the longest
    found = sorted({each for each, lacks in zip(given, gap, strict=True) if not lacks})
    alias: dict[Any, Any] = {}
    if values.dtype == object and all(as_number(each) is not None for each in found):
        found.sort(key=float)  # 10 comes after 9
        alias = _aliases(column, found, notes)
        found = [each for each in found if each not in alias]
    codes = {value: code for code, value in enumerate(found)}
    names = [each if isinstance(each, str) else _written(each) for each in found]
    if len(names) > MAX_LEVELS:
        raise InputError(
            f"{table.source}, column {clip(column)!r}: {len(names)} different values, more than "
            f"{MAX_LEVELS}; {advice}"
        )
    if ABSENT in names:
        raise table.wrong(
            given.index(ABSENT),
            column,
            f"{ABSENT!r} is what a missing value is called; call the level otherwise, or, if it"
            f" stands for a missing value, list it in the card (na_values: ['', '{ABSENT}'])",
        )
    codes |= {other: codes[value] for other, value in alias.items()}
    if gap.any():
        names.append(ABSENT)
        last = len(names) - 1
        given = [None if lacks else each for each, lacks in zip(given, gap, strict=True)]
        codes[None] = last
    return np.fromiter((codes[each] for each in given), np.int64, len(values)), names


def _written(number: float) -> str:
    """Write a number with as few digits as tell it apart."""
    return short if float(short := f"{number:g}") == number else f"{number!r}"


def groups(
    table: Table, column: str, kind: str | None, bins: Sequence[float], notes: list[Note]
) -> tuple[NDArray[np.int64], list[str]]:
    """Return the group of each record by a sensitive attribute, and what the groups are.

    Numbers are grouped by bins, where there are any; else, with more than ten different values,
    they are split at their median.

    Raises
    ------
    InputError
        If it has too many levels, or is declared numeric and is not, or has bins and is not.
    """
    numbers = numeric(table, column, "numeric" if bins else kind, notes)
    if numbers is not None:
        gap = np.isnan(numbers)
        if bins or len(np.unique(numbers[~gap])) > _FEW:
            codes, names = _binned(numbers, bins) if bins else _split(numbers, column, notes)
            if gap.any():
                codes[gap] = len(names)
                names = [*names, ABSENT]
            return codes, names
    return levels(table, column, "merge some of them", notes)


def numeric(
    table: Table, column: str, kind: str | None, notes: list[Note]
) -> NDArray[np.float64] | None:
    """Return a column as numbers, NaN where missing, or None if it is categorical.

    Raises
    ------
    InputError
        If it is declared numeric and a value is not; if it is not declared, and most values are
        numbers, or look like numbers or dates, and not all; or if a number is not finite.
    """
    if kind == "categorical":
        return None
    values = table.columns[column]
    if values.dtype != object:
        _require_finite(table, column, values)
        return values
    found = table.spelling(column)
    if found.numbers is None:
        if kind == "numeric":
            _refuse(table, column, found)
        _require_clear(table, column, found, notes)
        return None
    if found.comma:
        told = f"commas in {clip(column)} are taken for decimal points"
        notes.append(Note("decimal_comma", column, told))
    _require_finite(table, column, found.numbers)
    return found.numbers


def too_many(table: Table, column: str) -> str:
    """Say what to do about a column with too many levels."""
    values = table.columns[column]
    found = table.spelling(column) if values.dtype == object else None
    if found is None or found.numbers is not None:
        return f"declare it numeric in the card, or drop it (columns: {{{clip(column)}: drop}})"
    index = min(place for form, place in found.first.items() if form != "number")
    return (
        f"drop it in the card (columns: {{{clip(column)}: drop}}), or correct what is not a "
        f"number, such as {clip(repr(values[index]))} at {table.place(index)}"
    )


def _refuse(table: Table, column: str, found: Spelling) -> None:
    """Refuse a column that is declared numeric and holds another value."""
    index = min(place for form, place in found.first.items() if form != "number")
    text = clip(repr(table.columns[column][index]))
    raise table.wrong(index, column, f"{text} is not a number; correct it, or leave it empty")


def _require_clear(table: Table, column: str, found: Spelling, notes: list[Note]) -> None:
    """Make sure that texts are not meant as numbers or dates; tell of numbers among few texts.

    Raises
    ------
    InputError
        If most of them are, and there are too many to be levels of a category.
    """
    form, most = max(
        ((name, count) for name, count in found.forms.items() if name),
        key=lambda each: each[1],
        default=("", 0),
    )
    total = sum(found.forms.values())
    meant = total - found.forms[""]
    name = clip(column)
    if form == "number":
        index = min(place for each, place in found.first.items() if each != "number")
        text = clip(repr(table.columns[column][index]))
        if meant < _NEARLY * total or found.different <= _FEW:
            told = f"{name} is read as levels, as {text} is no number"
            notes.append(Note("numbers_among_texts", column, told))
            return
        others = total - most
        raise table.wrong(
            index,
            column,
            f"{text} is not a number, but {most:,} of {total:,} values are; correct"
            f" {'it' if others == 1 else f'all {others:,} that are none'}, leave it empty, list it"
            f" in the card (na_values: ['', {text}]), or, if these are levels and no numbers, write"
            f" columns: {{{name}: categorical}}",
        )
    if form and meant >= _NEARLY * total and found.different > _FEW:
        index = found.first[form]
        text = clip(repr(table.columns[column][index]))
        raise table.wrong(
            index,
            column,
            f"{text} looks like {form}, as do {most:,} of {total:,} values; write plain numbers"
            f" such as 1234.5{_dated(form)}, or say in the card what it is: columns: {{{name}:"
            f" categorical}} or {{{name}: drop}}",
        )


def _dated(form: str) -> str:
    return " (of a date, its year or the days since another)" if form == "a date" else ""


def _aliases(column: str, found: Sequence[str], notes: list[Note]) -> dict[str, str]:
    """Return which texts are another spelling of which other one."""
    first: dict[str, str] = {}
    alias: dict[str, str] = {}
    for text in sorted(found, key=lambda each: (len(each), each)):
        known = first.setdefault(same_number(text), text)
        if known != text:
            alias[text] = known
    if alias:
        text, known = next(iter(alias.items()))
        told = f"{clip(text)} and {clip(known)} in {clip(column)} are taken for the same"
        notes.append(Note("same_level", column, told))
    return alias


def _require_finite(table: Table, column: str, numbers: NDArray[np.float64]) -> None:
    """Make sure that all values that are there are finite.

    Raises
    ------
    InputError
        If one is not; it names the first.
    """
    wrong = ~np.isfinite(numbers)
    values = table.columns[column]
    wrong &= ~missing(values)
    if wrong.any():
        index = int(wrong.argmax())
        raise table.wrong(
            index, column, f"{numbers[index]} is not a finite number; correct it or leave it empty"
        )


def _binned(
    numbers: NDArray[np.float64], bins: Sequence[float]
) -> tuple[NDArray[np.int64], list[str]]:
    """Group numbers by where groups begin; each begins with its bound."""
    names = [f"below {bins[0]:g}"]
    names += [f"{low:g} to below {high:g}" for low, high in pairwise(bins)]
    names.append(f"from {bins[-1]:g}")
    codes = np.digitize(numbers, bins)
    finite = ~np.isnan(numbers)
    there = [code for code in range(len(names)) if (codes[finite] == code).any()]
    found = np.searchsorted(there, codes)  # groups without a record are none
    return np.asarray(found, np.int64), [names[code] for code in there]


def _split(
    numbers: NDArray[np.float64], column: str, notes: list[Note]
) -> tuple[NDArray[np.int64], list[str]]:
    """Split numbers at their median; the median itself goes with the smaller half."""
    median = float(np.nanquantile(numbers, 0.5, method="lower"))
    if (numbers > median).any():
        codes, names = numbers > median, [f"up to {median:g}", f"above {median:g}"]
    else:
        codes, names = numbers >= median, [f"below {median:g}", f"from {median:g}"]
    told = f"groups by {clip(column)} are {names[0]} and {names[1]}, its median"
    notes.append(Note("median_split", column, told))
    return np.asarray(codes, np.int64), names

"""Tables: columns of numbers or texts, with the place of each record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

from ._gaps import missing
from ._notes import Note
from ._spelling import Spelling, as_number, is_code, spelling

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "EXACT",
    "MISSING",
    "NA_VALUES",
    "Table",
    "as_texts",
    "composed",
    "require_distinct",
    "text_column",
]

MISSING: Final = frozenset({"", "?", "NA", "NaN", "nan", "null", "NULL"})
"""Texts that stand for a missing value in predictions, where a class may be called None."""

NA_VALUES: Final = MISSING | {
    *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "None", "n/a"),
}
"""Texts that stand for a missing value in data: pandas' (`pandas.read_csv`, ``na_values``) and the
question mark of UCI. A card may name others."""

EXACT: Final = 2**53
"""Whole numbers up to here are told apart as float64; larger ones are kept as texts."""


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Attributes
    ----------
    source : str
        The file, as problems name it.
    columns : dict from str to array, shape (records,)
        By name, in the file's order: numbers (float64, NaN where missing), or texts (objects, None
        where missing).
    place : callable
        Names the place of a record, by its index.
    unusable : dict from str to str
        Further columns that are neither numbers nor texts, and what they are.
    about : mapping from str to object
        How the file is written, ready for JSON.
    types : mapping from str to str
        What a column is in a file whose columns have types.
    marks : mapping from str to mapping from str to int
        By column: the texts that were taken for a missing value, and how often.
    notes : tuple of Note
        What the reader did beside reading.
    index : tuple of str
        The columns that the file itself calls an index of its records.
    images : array, shape (records, height, width) or of four dimensions, optional
        Images that the columns are about.
    """

    source: str
    columns: dict[str, NDArray[Any]]
    place: Callable[[int], str]
    unusable: dict[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    index: tuple[str, ...] = ()
    images: NDArray[Any] | None = None
    _spelled: dict[str, Spelling] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def spelling(self, column: str) -> Spelling:
        """Return how the texts of a column are spelled, which is found out once."""
        if column not in self._spelled:
            self._spelled[column] = spelling(self.columns[column])
        return self._spelled[column]

    def wrong(self, index: int, column: str, message: str) -> InputError:
        """Return an error about one value."""
        return InputError(f"{self.place(index)}, column {clip(column)!r}: {message}")


def as_texts(values: Sequence[str | None], na_values: Collection[str] = MISSING) -> NDArray[Any]:
    """Return texts as a column, None where a value is one that stands for a missing one."""
    return text_column(values, na_values)[0]


def text_column(
    values: Sequence[str | None], na_values: Collection[str]
) -> tuple[NDArray[Any], dict[str, int]]:
    """Return texts as a column, and how often each text was taken for a missing value.

    Texts are in Unicode's form NFC, as those that look the same should be the same. A number that
    stands for a missing value does so however it is spelled.
    """
    # each once, as a few texts may be those of many records
    known: dict[str, str] = {}
    texts = [
        each
        if each is None or each.isascii()
        else known.get(each) or known.setdefault(each, composed(each))
        for each in values
    ]
    gaps = {composed(each) for each in na_values}
    if numbers := _told_apart(gaps):
        gaps |= {each for each in {*texts} if each and _spells(each, numbers)}
    column = np.empty(len(texts), object)
    column[:] = [None if each in gaps else each for each in texts]
    if not missing(column).any():
        return column, {}
    return column, dict(Counter(each for each in texts if each is not None and each in gaps))


def _told_apart(texts: Collection[str]) -> set[float]:
    """Return the numbers among texts that no other whole number is equal to as float64."""
    found = map(as_number, texts)
    return {each for each in found if each is not None and abs(each) < EXACT}


def _spells(text: str, numbers: Collection[float]) -> bool:
    """Say whether a text is one of some numbers, and no code, of which its zeros are a part."""
    return as_number(text) in numbers and not is_code(text)


def number_column(
    numbers: NDArray[np.float64], na_values: Collection[str]
) -> tuple[NDArray[np.float64], dict[str, int]]:
    """Return numbers as a column, and how often each one was taken for a missing value."""
    marks: dict[str, int] = {}
    for text in na_values:
        value = as_number(text)
        if value is None or not np.isfinite(value):
            continue
        found = numbers == value
        if found.any():
            numbers, marks[text] = np.where(found, np.nan, numbers), int(found.sum())
    return numbers, marks


def composed(text: str) -> str:
    """Return a text in Unicode's form NFC."""
    return text if text.isascii() else normalize("NFC", text)


def require_distinct(names: Sequence[str], where: str) -> None:
    """Make sure that every column has a name of its own.

    Raises
    ------
    InputError
        If one has none, or two have the same.
    """
    for place, name in enumerate(names, 1):
        if not name:
            raise InputError(f"{where}: column {place} has no name; give it one, or remove it")
    name, often = Counter(names).most_common(1)[0] if names else ("", 0)
    if often > 1:
        raise InputError(f"{where}: {often} columns are named {clip(name)!r}; rename all but one")

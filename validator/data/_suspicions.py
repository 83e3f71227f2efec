"""Suspicions: what in a column may mean something else than it is read as."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import clip

from ._columns import MAX_LEVELS, missing
from ._notes import Note
from ._roles import numbers_rows
from ._spelling import as_number, same_number, spelling
from ._tables import EXACT

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["determines", "suspicions"]

_MANY: Final = 30
"""Levels of a category from which on it is worth a word."""
_LIKE_MISSING: Final = frozenset(
    {"none", "na", "n/a", "nan", "null", "nil", "nat", "missing", "unknown", "?", "-", "--", "."}
)
_SENTINELS: Final = frozenset(
    {-1.0, *(sign * (10.0**k - 1) for k in range(2, 7) for sign in (1, -1))}
)
"""Numbers that stand for a missing value in many files: -1, and 99, 999 and so on."""
_NEARLY: Final = 0.95
"""Of what the most common class gets wrong, the share that a column alone gets right."""
_BINS: Final = 20


def suspicions(name: str, values: NDArray[Any], marks: dict[str, int], kind: str) -> list[Note]:
    """Return what is striking in one column that is used.

    Parameters
    ----------
    name : str
        The column.
    values : array, shape (records,)
        As it was read.
    marks : dict from str to int
        The texts that were taken for a missing value.
    kind : str
        What it became: ``number``, ``levels``, ``classes`` or ``groups``.
    """
    found: list[Note] = []
    shown = clip(name)

    def note(code: str, message: str) -> None:
        found.append(Note(code, name, message))

    there = values[~missing(values)]
    counts = Counter(there.tolist())
    numbers = _as_numbers(there)
    words = [text for text in marks if text not in ("", "?")]
    if words and numbers is None:
        count = sum(marks[text] for text in words)
        note(
            "taken_for_missing",
            f"{_texts(words)} in {shown} is taken for a missing value ({count:,} records): if"
            " it is a value, list in the card what is missing (na_values: [''])",
        )
    if kind != "number":
        _levels(shown, counts, note)
    if numbers is not None and kind == "number":
        whole = (numbers == np.floor(numbers)).all()
        if whole and len(counts) == len(there) > 1 and not numbers_rows(numbers):
            note("identifier", f"{shown} is different in every record, as an identifier is")
        if zeros := [each for each in counts if isinstance(each, str) and _is_code(each)]:
            note(
                "leading_zeros",
                f"{clip(zeros[0])} in {shown} is read as a number: if it is a code, write columns:"
                f" {{{shown}: categorical}} (or drop)",
            )
        if np.abs(numbers).max(initial=0) > EXACT:
            note(
                "large_numbers", f"{shown} has whole numbers above 2^53: as a code, it is no number"
            )
        if (sentinel := _sentinel(numbers)) is not None:
            note("sentinel", f"{sentinel:g} in {shown} may stand for a missing value")
    if kind == "levels" and _MANY < len(counts) <= MAX_LEVELS:
        note("high_cardinality", f"{shown} becomes {len(counts)} attributes, one for each level")
    if kind == "levels" and there.dtype == object and len(there):
        forms = spelling(there).forms
        form = max(forms, key=lambda each: forms[each])
        if form not in ("", "number"):
            note("form", f"{shown} is read as levels, and {next(iter(counts))} looks like {form}")
    return found


def determines(values: NDArray[Any], y: NDArray[np.int64]) -> float:
    """Return of what the most common class gets wrong the share that a column alone gets right.

    By the most common class of each level, or of each twentieth of numbers with many values. A
    level with a single record counts as wrong, as it says nothing of another record.

    Parameters
    ----------
    values : array, shape (records,)
        The column, as it was read.
    y : array of int, shape (records,)
        The class of each record.
    """
    numbers = _as_numbers(values) if not missing(values).any() else None
    if numbers is not None and len(np.unique(numbers)) > MAX_LEVELS:
        order = np.argsort(numbers, kind="stable")
        codes = np.empty(len(numbers), np.int64)
        codes[order] = np.arange(len(numbers)) * _BINS // len(numbers)
    else:
        known: defaultdict[Any, int] = defaultdict(lambda: len(known))
        listed = values.astype(object)
        listed[missing(values)] = None
        codes = np.fromiter((known[each] for each in listed.tolist()), np.int64, len(values))
    cells = np.zeros((int(codes.max()) + 1, int(y.max()) + 1), np.int64)
    np.add.at(cells, (codes, y), 1)
    best = cells.max(axis=1)
    base = int(np.bincount(y).max())
    wrong = len(y) - base
    right = int(best[cells.sum(axis=1) > 1].sum())
    return (right - base) / wrong if wrong else 0.0


def tells(name: str, values: NDArray[Any], y: NDArray[np.int64]) -> Note | None:
    """Return a note on a column that nearly determines the target."""
    share = determines(values, y)
    if share < _NEARLY:
        return None
    told = f"{clip(name)} alone nearly determines the target: is it known before the target is?"
    return Note("determines_target", name, told)


def _levels(shown: str, counts: Counter[Any], note: Any) -> None:
    """Note levels that look missing, and those that differ in spelling alone."""
    texts = [each for each in counts if isinstance(each, str)]
    for text in texts:
        if text.casefold() in _LIKE_MISSING:
            note(
                "looks_missing",
                f"{text!r} in {shown} is a level ({counts[text]:,} records): if it stands for a"
                f" missing value, list it in the card (na_values: ['', {text!r}])",
            )
    alike: defaultdict[Any, list[str]] = defaultdict(list)
    for text in texts:
        number = as_number(text)
        alike[text.casefold() if number is None else number].append(text)
    for spelled in alike.values():
        if len({same_number(each) for each in spelled}) > 1:
            note("spellings", f"{_texts(spelled, ' and ')} in {shown} are different levels")


def _sentinel(numbers: NDArray[np.float64]) -> float | None:
    """Return an extreme that occurs often, lies far off, and is one of `_SENTINELS`."""
    found, counts = np.unique(numbers, return_counts=True)
    if len(found) < 4:
        return None
    for place, rest in ((0, found[1:]), (-1, found[:-1])):
        gap = abs(found[place] - (rest[0] if place == 0 else rest[-1]))
        spread = rest[-1] - rest[0]
        far = gap >= (spread if abs(found[place]) > 1 else 0)
        if found[place] in _SENTINELS and counts[place] > 1 and far:
            if found[place] == -1 and not (rest[0] >= 0):
                continue
            return float(found[place])
    return None


def _is_code(text: str) -> bool:
    return text[:1] == "0" and len(text) > 1 and text.isdecimal()


def _as_numbers(values: NDArray[Any]) -> NDArray[np.float64] | None:
    return spelling(values).numbers if values.dtype == object else values


def _texts(texts: list[str], between: str = " or ") -> str:
    shown = between.join(clip(repr(each), 30) for each in texts[:4])
    return shown + (f" and {len(texts) - 4} more" if len(texts) > 4 else "")

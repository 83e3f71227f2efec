"""Suspicions: what in a column may mean something else than it is read as."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import clip

from ._columns import MAX_LEVELS
from ._notes import Note
from ._profiles import Profile
from ._roles import increasing
from ._spelling import as_number, is_code, same_number
from ._tables import EXACT

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["determines", "points", "suspicions", "tells"]

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
_WHOLE: Final = re.compile(r"[-+]?\d+")
_POINTS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+")


def suspicions(found: Profile, kind: str) -> list[Note]:
    """Return what is striking in one column that is used.

    Parameters
    ----------
    found : Profile
        What is in it.
    kind : str
        What it became: ``number``, ``levels``, ``classes`` or ``groups``.
    """
    notes: list[Note] = []
    shown = clip(found.name)

    def note(code: str, message: str) -> None:
        notes.append(Note(code, found.name, message))

    words = [text for text in found.marks if text not in ("", "?")]
    if words and found.numbers is None:
        count = sum(found.marks[text] for text in words)
        note(
            "taken_for_missing",
            f"{_texts(words)} in {shown} is taken for a missing value ({count:,} records): if"
            " it is a value, list in the card what is missing (na_values: [''])",
        )
    if kind != "number":
        _levels(shown, found.counts, note)
    elif found.numbers is not None:
        _numbers(found, shown, note)
    different = len(found.counts)
    if kind == "levels" and _MANY < different <= MAX_LEVELS:
        note("high_cardinality", f"{shown} becomes {different} attributes, one for each level")
    if kind == "levels" and found.form not in ("", "number"):
        first = clip(next(iter(found.counts)))
        note("form", f"{shown} is read as levels, and {first} looks like {found.form}")
    return notes


def points(found: Profile, file: str) -> Note | None:
    """Return a note on numbers whose points may be of thousands, beside whole numbers.

    Parameters
    ----------
    found : Profile
        The column.
    file : str
        What makes this likely of its file, in words.
    """
    texts = [str(each) for each in found.counts]
    pointed = [each for each in texts if not _WHOLE.fullmatch(each)]
    if not pointed or not all(map(_POINTS.fullmatch, pointed)):
        return None
    told = (
        f"points in {clip(found.name)} are decimal ones, though {file}: if they are of thousands,"
        " leave them out"
    )
    return Note("points", found.name, told)


def determines(found: Profile, rows: NDArray[np.intp], y: NDArray[np.int64]) -> float:
    """Return of what the most common class gets wrong the share that a column alone gets right.

    By the most common class of each level, or of each twentieth of numbers with many values. A
    level with a single record counts as wrong, as it says nothing of another record.

    Parameters
    ----------
    found : Profile
        The column.
    rows : array of int, shape (records,)
        The records that are used.
    y : array of int, shape (records,)
        The class of each.
    """
    gap = found.gap[rows]
    if found.numbers is not None and len(found.counts) > MAX_LEVELS and not gap.any():
        order = np.argsort(found.numbers[rows], kind="stable")
        codes = np.empty(len(rows), np.int64)
        codes[order] = np.arange(len(rows)) * _BINS // len(rows)
    else:
        known: defaultdict[Any, int] = defaultdict(lambda: len(known))
        listed = found.values[rows].astype(object)
        listed[gap] = None
        codes = np.fromiter((known[each] for each in listed.tolist()), np.int64, len(rows))
    cells = np.zeros((int(codes.max()) + 1, int(y.max()) + 1), np.int64)
    np.add.at(cells, (codes, y), 1)
    best = cells.max(axis=1)
    base = int(np.bincount(y).max())
    wrong = len(y) - base
    right = int(best[cells.sum(axis=1) > 1].sum())
    return (right - base) / wrong if wrong else 0.0


def tells(found: Profile, rows: NDArray[np.intp], y: NDArray[np.int64]) -> Note | None:
    """Return a note on a column that nearly determines the target, as `determines` takes it."""
    if determines(found, rows, y) < _NEARLY:
        return None
    told = f"{clip(found.name)} alone nearly determines the target: is it known before that is?"
    return Note("determines_target", found.name, told)


def _numbers(found: Profile, shown: str, note: Callable[[str, str], None]) -> None:
    """Note numbers that may be identifiers, codes, or stand for a missing value."""
    numbers = found.there
    if found.whole and len(found.counts) == len(numbers) > 1 and not increasing(numbers):
        note(
            "identifier",
            f"{shown} is different in every record, as an identifier is: drop it unless it means"
            " something",
        )
    if zeros := [each for each in found.counts if isinstance(each, str) and is_code(each)]:
        note(
            "leading_zeros",
            f"{clip(zeros[0])} in {shown} is read as a number: if it is a code, write columns:"
            f" {{{shown}: categorical}} (or drop)",
        )
    if found.whole and EXACT < np.abs(numbers).max() < 2**64:
        note("large_numbers", f"{shown} has whole numbers above 2^53: as a code, it is no number")
    if (sentinel := _sentinel(numbers)) is not None:
        note(
            "sentinel",
            f"{sentinel:g} in {shown} may stand for a missing value: if so, list it in the card"
            f" (na_values: ['', '{sentinel:g}'])",
        )


def _levels(shown: str, counts: Counter[Any], note: Callable[[str, str], None]) -> None:
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
        with np.errstate(over="ignore"):
            gap = abs(found[place] - (rest[0] if place == 0 else rest[-1]))
            spread = rest[-1] - rest[0]
        far = gap >= (spread if abs(found[place]) > 1 else 0)
        if found[place] in _SENTINELS and counts[place] > 1 and far:
            if found[place] == -1 and not (rest[0] >= 0):
                continue
            return float(found[place])
    return None


def _texts(texts: list[str], between: str = " or ") -> str:
    shown = between.join(clip(repr(each), 30) for each in texts[:4])
    return shown + (f" and {len(texts) - 4} more" if len(texts) > 4 else "")

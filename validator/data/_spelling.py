"""Spelling of values: which texts are numbers, and which look like numbers or dates."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ._gaps import missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Spelling", "as_number", "is_code", "looks_like", "same_number", "spelling"]

_THREE: Final = "a number with a comma before three digits"
_COMMA: Final = "a number with a decimal comma"
_FORMS: Final = {
    _THREE: r"[-+]?[1-9]\d{0,2}(,\d{3})+",
    _COMMA: r"[-+]?\d+,\d+",
    "a number with marks between its digits": r"[-+]?\d{1,3}([,.'’ _\u00a0\u202f]\d{3})+([.,]\d+)?",
    "a percentage": r"[-+]?\d+([.,]\d+)?\s?%",
    "an amount of money": r"(-?\s?[$€£¥]\s?[\d.,]+|[-+]?[\d.,]+\s?([$€£¥]|EUR|USD|GBP))",
    "a date": (
        r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ]\d{1,2}:\d{2}.*)?"
        r"|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})([T ]\d{1,2}:\d{2}.*)?)"
    ),
    "a number with a unit": r"[-+]?\d+([.,]\d+)?\s?[A-Za-zµ°/²³]{1,10}",
    "a time of day": r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?",
}
"""What a text that is no number may be all the same; the first that fits is it."""
_MOST_TEXT: Final = 40
"""Longer texts are neither."""
_INTEGRAL: Final = re.compile(r"([-+]?\d+)\.0*")


class Spelling(NamedTuple):
    """How the texts of a column are spelled.

    Attributes
    ----------
    numbers : array of float64, shape (records,), or None
        Its numbers, NaN where a value is missing; None unless all values are numbers.
    comma : bool
        Whether these are spelled with a decimal comma.
    forms : mapping from str to int
        How many values look like what: ``number``, what `looks_like` says, or empty for a text.
    different : int
        How many different numbers there are, or values that look like one or like a date; 0 if all
        are numbers as Python spells them.
    first : mapping from str to int
        The index of the first value of each form.
    """

    numbers: NDArray[np.float64] | None
    comma: bool
    forms: Counter[str]
    different: int
    first: dict[str, int]


def as_number(text: str) -> float | None:
    """Return what a text says if it is a number; 1_000 is one to Python alone."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def is_code(text: str) -> bool:
    """Say whether a text is digits that begin with a zero, as codes do."""
    return text[:1] == "0" and len(text) > 1 and text.isdecimal()


def looks_like(text: str) -> str:
    """Say what a text that is no number looks like; empty if like neither a number nor a date."""
    if len(text) > _MOST_TEXT or not any(map(str.isdecimal, text)):
        return ""
    return next((form for form, pattern in _FORMS.items() if re.fullmatch(pattern, text)), "")


def same_number(text: str) -> str:
    """Return the shorter spelling of a whole number: ``1`` for ``1.0``; other texts as they are."""
    found = _INTEGRAL.fullmatch(text)
    return found[1] if found else text


def spelling(values: NDArray[Any]) -> Spelling:
    """Find out how the texts of a column are spelled.

    Commas are decimal ones if all values are whole numbers or have one comma, and not always three
    digits behind it, which a thousand has too.

    Parameters
    ----------
    values : array of objects, shape (records,)
        Texts, None where missing.
    """
    if (numbers := _numbers(values)) is not None:
        count = int((~missing(values)).sum())
        return Spelling(numbers, False, Counter(number=count) if count else Counter(), 0, {})
    counts = Counter(values.tolist())
    counts.pop(None, None)
    number = {text: as_number(text) for text in counts}
    form = {text: looks_like(text) if found is None else "number" for text, found in number.items()}
    forms: Counter[str] = Counter()
    for text, count in counts.items():
        forms[form[text]] += count
    different = sum(1 for each in form.values() if each)
    comma = forms.keys() <= {"number", _COMMA, _THREE} and bool(forms[_COMMA])
    if comma and all(text.lstrip("-+").isdecimal() for text in counts if form[text] == "number"):
        number = {text: float(text.replace(",", ".")) for text in counts}
    else:
        comma = False
    if None not in number.values():
        found = [np.nan if each is None else number[each] for each in values.tolist()]
        return Spelling(np.array(found, np.float64), comma, forms, different, {})
    first: dict[str, int] = {}
    for index, text in enumerate(values.tolist()):
        if text is not None:
            first.setdefault(form[text], index)
    return Spelling(None, False, forms, different, first)


def _numbers(values: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return texts as numbers, NaN where missing, if all are what `as_number` takes for one."""
    try:
        found = np.asarray(values.astype(np.float64))
    except ValueError:
        return None
    return None if "_" in "".join(filter(None, values.tolist())) else found

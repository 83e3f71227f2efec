"""Values of columns: roles as plain numbers and texts, attributes as models take them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

from ..data import as_texts
from ._levels import numbers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_given", "laid_out", "plain", "typed"]


def plain(values: NDArray[Any], shown: str, name: str, missing: Collection[str]) -> NDArray[Any]:
    """Return an array as numbers or texts.

    Raises
    ------
    InputError
        It holds something else.
    """
    found = as_given(values, shown, name)
    if found.dtype.kind == "O":
        return as_texts([each and each.strip() for each in found.tolist()], missing)
    if found.dtype.kind == "b":
        return as_texts(["true" if each else "false" for each in found])
    return found


def as_given(values: NDArray[Any], shown: str, name: str) -> NDArray[Any]:
    """Return an array as models take it: numbers, truth values, or texts as they are.

    Raises
    ------
    InputError
        It holds something else.
    """
    kind = values.dtype.kind
    if kind == "b":
        return values
    if kind == "U":
        return values.astype(object)
    if kind == "O":
        found = [None if _is_null(each) else each for each in values.tolist()]
        if all(each is None or isinstance(each, str) for each in found):
            return laid_out(found)
    if kind not in "iuf":
        raise InputError(
            f"{shown}: {clip(name)} holds {clip(str(values.dtype))}; give numbers or texts"
        )
    with np.errstate(over="ignore"):
        return np.asarray(values, np.float64)


def _is_null(value: object) -> bool:
    if isinstance(value, float):
        return value != value
    return value is None or type(value).__name__ in ("NAType", "NaTType")  # pandas' own


def laid_out(texts: Sequence[str | None], missing: Collection[str] = ()) -> NDArray[Any]:
    """Return texts as a column, as they are; None where one is among those that say so."""
    found: NDArray[Any] = np.empty(len(texts), object)
    found[:] = [None if each in missing else each for each in texts]
    return found


def typed(column: NDArray[Any]) -> NDArray[Any]:
    """Return a column of texts as what they say: whole numbers, numbers, truth values, or texts.

    As pandas does: whole numbers only where none is missing.
    """
    if column.dtype.kind != "O":
        return column
    there = [each for each in column.tolist() if each is not None]
    if there and len(there) == len(column):
        if all(each.casefold() in ("true", "false") for each in set(there)):
            return np.array([each.casefold() == "true" for each in there])
        if all(_whole(each) for each in set(there)):
            return np.array([int(each) for each in there], np.int64)
    numbers = numbers_of(column)
    known = np.array([each is not None for each in column.tolist()], dtype=bool)
    apart = any("_" in each for each in set(there))  # 1_000 is a number to Python alone
    return column if apart or not there or np.isnan(numbers[known]).any() else numbers


def _whole(text: str) -> bool:
    text = text.strip(" ")
    digits = text[1:] if text[:1] in ("-", "+") else text
    return digits.isascii() and digits.isdigit() and len(digits) < 19

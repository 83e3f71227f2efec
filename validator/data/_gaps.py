"""Gaps: where a value of a column is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["missing"]


def missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a value is missing, shape (records,): None among texts, NaN among numbers."""
    if values.dtype == object:
        return np.asarray(values == None, np.bool_)  # noqa: E711 # value by value
    return np.asarray(np.isnan(values), np.bool_)

"""Attributes that an attacker changes: which they are, how far, and between which values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._records import Records

__all__ = ["Space"]

_NONE: Final = np.array([], object)
_LOOKED_AT: Final = 10_000
"""Records by which attributes are measured at most, evenly among all."""
_MOST_CELLS: Final = 10_000_000
"""Such records times their attributes."""


class Space:
    """The numeric attributes of records.

    Texts, truth values and numbers with at most two values, which stand for something else, are
    none of them. Attributes that are whole numbers stay whole numbers.

    Parameters
    ----------
    records : Records
        By which they are measured.

    Attributes
    ----------
    scale : array of float
        Standard deviation of each: (attributes,).
    low, high : array of float
        The least and the greatest value of each: (attributes,).
    """

    def __init__(self, records: Records) -> None:
        count = len(records)
        most = max(2, min(count, _LOOKED_AT, _MOST_CELLS // records.width))
        rows = np.unique(np.linspace(0, count - 1, most).astype(np.intp))
        some = records.at(rows)
        self._names = [
            name for name in records.names if some.columns.get(name, _NONE).dtype.kind in "iuf"
        ]
        x = self._numbers(some)
        known = np.where(np.isfinite(x), x, np.nan)
        self._places = np.flatnonzero([_varies(column) for column in known.T])
        self._among_all = self._places
        if records.given is None:
            names = [self._names[place] for place in self._places.tolist()]
            self._among_all = np.array([records.names.index(each) for each in names], np.intp)
        known = known[:, self._places]
        self.scale = np.nanstd(known, axis=0)
        self.low, self.high = np.nanmin(known, axis=0), np.nanmax(known, axis=0)
        self._whole = np.array(
            [bool((column[np.isfinite(column)] % 1 == 0).all()) for column in known.T], bool
        )

    def __len__(self) -> int:
        """How many attributes may be changed."""
        return len(self._places)

    def values(self, records: Records) -> NDArray[np.float64]:
        """Return the attributes of records: (records, attributes)."""
        return self._numbers(records)[:, self._places]

    def ball(
        self, values: NDArray[np.float64], epsilon: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the least and the greatest values within so many standard deviations.

        Within those of the data, too; of whole numbers, whole numbers.
        """
        low = np.fmax(values - epsilon * self.scale, np.fmin(self.low, values))
        high = np.fmin(values + epsilon * self.scale, np.fmax(self.high, values))
        with np.errstate(invalid="ignore"):
            low = np.where(self._whole, np.ceil(low - 1e-9), low)
            high = np.where(self._whole, np.floor(high + 1e-9), high)
        # what is missing stays missing
        return np.minimum(low, values), np.maximum(high, values)

    def rounded(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values of which those of whole numbers are whole."""
        return np.where(self._whole, np.round(values), values)

    def taken(self, of_all: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what of something about all attributes is about these: (records, attributes)."""
        return of_all.reshape(len(of_all), -1)[:, self._among_all]

    def changed(
        self, records: Records, values: NDArray[np.float64], *, exact: bool = False
    ) -> Records:
        """Return records with other values of these attributes; whole only if not `exact`."""
        if records.given is not None:
            flat = records.given.reshape(len(records), -1).astype(np.float64)
            flat[:, self._places] = values
            return replace(records, given=flat.reshape(records.given.shape))
        columns = dict(records.columns)
        for place, of in zip(self._places.tolist(), values.T, strict=True):
            name = self._names[place]
            columns[name] = of if exact else of.astype(columns[name].dtype)
        return replace(records, columns=columns)

    def _numbers(self, records: Records) -> NDArray[np.float64]:
        if records.given is not None:
            return records.given.reshape(len(records), -1).astype(np.float64)
        columns: list[NDArray[Any]] = [records.columns[name] for name in self._names]
        if not columns:
            return np.empty((len(records), 0))
        return np.stack([np.asarray(each, np.float64) for each in columns], axis=1)


def _varies(column: NDArray[np.float64]) -> bool:
    """Whether a column has more than two values."""
    there = column[~np.isnan(column)]
    return bool(len(there) and ((there != there.min()) & (there != there.max())).any())

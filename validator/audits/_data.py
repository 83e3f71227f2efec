"""Data that models are asked about: one file, or one of training records and one of others."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ._columns import Columns
from ._limits import MOST_RECORDS
from ._sources import ENDINGS, Source, opened

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Data"]

MISSING: Final = frozenset(
    (
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"),
        *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    )
)
"""What pandas takes for missing in CSV: models were trained on what it reads."""


@dataclass(frozen=True, eq=False)
class Data:
    """Records that models are asked about, with labels, membership and groups.

    Attributes
    ----------
    data : path, mapping of arrays or frame, optional
        All of them.
    train, test : path, mapping of arrays or frame, optional
        Or those that the models were trained on, and others.
    """

    data: Any = None
    train: Any = None
    test: Any = None

    def __bool__(self) -> bool:
        """Whether any are given."""
        return any(each is not None for _, each in self._given())

    def words(self) -> list[str]:
        """Return the options of the command line that give them; of arrays, none."""
        found = [(name, each) for name, each in self._given() if each is not None]
        if not all(isinstance(each, str | os.PathLike) for _, each in found):
            return []
        return [word for name, each in found for word in (f"--{name}", os.fspath(each))]

    def opened(self, columns: Columns) -> Source:
        """Open the data.

        Raises
        ------
        InputError
            They are not given one way or the other, cannot be read, or do not go together.
        """
        if self.data is not None:
            if self.train is not None or self.test is not None:
                raise InputError("give --data, or --train and --test; not both")
            return _opened(self.data)
        if self.train is None or self.test is None:
            lacking = "--train" if self.train is None else "--test"
            raise InputError(
                "a model is asked about records: give them with --data FILE, or with --train FILE"
                " (those that it was trained on) and --test FILE"
                if self.train is self.test
                else f"{lacking} is not given: --train has the records that the model was trained"
                " on, and --test others"
            )
        return _joined(_opened(self.train), _opened(self.test), columns)

    def _given(self) -> list[tuple[str, Any]]:
        return [(each.name, getattr(self, each.name)) for each in fields(self)]


def _opened(given: Any) -> Source:
    data = _arrays(given)
    is_csv = not isinstance(data, Mapping) and os.fspath(data).lower().endswith(".csv")
    # elsewhere what is missing is null; a text, such as the class None, is a text
    found = opened(data, MISSING if is_csv else ())
    if not found.records:
        raise InputError(f"{found.name}: no records; give some, with their labels")
    if found.records > MOST_RECORDS:
        raise InputError(
            f"{found.name}: {found.records:,} records; at most {MOST_RECORDS:,} are read, so give a"
            " random sample"
        )
    return found


def _arrays(given: Any) -> str | os.PathLike[str] | Mapping[str, ArrayLike]:
    """Return a frame as arrays by name."""
    if isinstance(given, Mapping):
        return given
    if isinstance(given, str | os.PathLike):
        ending = os.path.splitext(os.fspath(given))[1].lower()
        if ending not in ENDINGS:
            raise InputError(
                f"{legible(os.fspath(given))}: data are read from {', '.join(ENDINGS)}; save them"
                " as one of these"
            )
        return given
    if hasattr(given, "columns") and hasattr(given, "__getitem__"):
        return {str(name): given[name] for name in given.columns}
    raise InputError(
        f"data: {type(given).__name__} is neither a file, nor arrays by name, nor a frame"
    )


def _joined(train: Source, test: Source, columns: Columns) -> Source:
    """Put training records and others into one source, with a column that tells them apart."""
    member = columns.member
    ours, theirs = set(train.columns), set(test.columns)
    if ours != theirs:
        told = ", ".join(map(clip, sorted(ours ^ theirs)[:8]))
        raise InputError(
            f"{train.name} and {test.name} have different columns ({told}); give the same ones"
        )
    if member in ours:
        raise InputError(
            f"{train.name}, column {clip(member)!r}: --train and --test say that already; leave it"
            " out, or give one file with --data"
        )
    arrays = [each.attributes for each in (train, test) if each.attributes is not None]
    if len(arrays) == 1 or (arrays and arrays[0].shape[1:] != arrays[1].shape[1:]):
        raise InputError(f"{train.name} and {test.name}: attributes are of different shapes")

    def read(names: Sequence[str]) -> dict[str, NDArray[Any]]:
        asked = [name for name in names if name != member]
        these, those = train.read(asked), test.read(asked)
        found = {name: _both(these[name], those[name]) for name in asked}
        if member in names:
            told = ["train"] * train.records + ["test"] * test.records
            found[member] = np.array(told, dtype=object)
        return found

    def given(names: Sequence[str]) -> dict[str, NDArray[Any]]:
        these, those = train.attributes_of(names), test.attributes_of(names)
        return {name: _both(these[name], those[name]) for name in names}

    return Source(
        f"{train.name} and {test.name}",
        f"{train.digest} {test.digest}",
        train.records + test.records,
        (*train.columns, member),
        read,
        lambda i: train.place(i) if i < train.records else test.place(i - train.records),
        np.concatenate(arrays) if arrays else None,
        given,
    )


def _both(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return a column of both files; as texts if it is one of texts in either."""
    if (one.dtype.kind == "O") == (other.dtype.kind == "O"):
        return np.concatenate([one, other])
    return np.concatenate([_texts(one), _texts(other)])


def _texts(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "O":
        return values
    return np.array([None if np.isnan(e) else repr(e) for e in values.tolist()], dtype=object)

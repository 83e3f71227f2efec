"""Records that models are asked about: the attributes of a data file, as models take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscurrent.knowledge.errors import InputError, MissingExtra, UnknownName, clip

from ._columns import is_group

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._sources import Source

__all__ = ["Records", "Wanted", "chosen"]


@dataclass(frozen=True)
class Wanted:
    """What a model knows of the records that it takes.

    Attributes
    ----------
    names : tuple of str or None
        The attributes, in order.
    count : int or None
        How many attributes it takes.
    """

    names: tuple[str, ...] | None = None
    count: int | None = None


@dataclass(frozen=True, eq=False)
class Records:
    """Attributes of records.

    Attributes
    ----------
    source : str
        The file, as problems name it.
    names : tuple of str
        Of the attributes; none where they are an array without names.
    columns : mapping from str to array
        Of each attribute: numbers, truth values, or texts (objects, None where missing).
    given : array or None
        The records as an array, of any shape, in place of columns.
    """

    source: str
    names: tuple[str, ...]
    columns: Mapping[str, NDArray[Any]]
    given: NDArray[Any] | None = None

    def __len__(self) -> int:
        """How many records there are."""
        if self.given is not None:
            return len(self.given)
        return len(self.columns[self.names[0]])

    @property
    def shape(self) -> tuple[int, ...]:
        """How many there are, and of which shape each is."""
        return (len(self), len(self.names)) if self.given is None else self.given.shape

    @property
    def width(self) -> int:
        """How many attributes there are."""
        return int(np.prod(self.shape[1:]))

    def at(self, rows: slice | NDArray[np.intp]) -> Records:
        """Return some of the records."""
        if self.given is not None:
            return Records(self.source, self.names, {}, self.given[rows])
        some = {name: self.columns[name][rows] for name in self.names}
        return Records(self.source, self.names, some)

    def texts(self) -> list[str]:
        """Return the attributes that are texts."""
        return [name for name in self.names if self.columns[name].dtype.kind == "O"]

    def array(self) -> NDArray[np.float64]:
        """Return numbers: (records, attributes), or the shape in which they were given.

        Raises
        ------
        InputError
            An attribute is a text.
        """
        if self.given is not None:
            return np.asarray(self.given, np.float64)
        if texts := self.texts():
            value = next((each for each in self.columns[texts[0]] if each is not None), "")
            raise InputError(
                f"{self.source}, column {clip(texts[0])!r}: holds texts ({clip(str(value))}), and"
                " the model takes numbers alone; give the whole pipeline that encodes them, or"
                " name the columns that it takes with --attribute"
            )
        return np.stack([np.asarray(self.columns[n], np.float64) for n in self.names], axis=1)

    def frame(self) -> Any:
        """Return a pandas frame with a column for each attribute.

        Raises
        ------
        MissingExtra
            pandas is not installed.
        InputError
            The records are an array of more than two dimensions.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MissingExtra(
                "a model that takes columns by name needs pandas:\n"
                "  pip install 'crosscurrent[pandas]'"
            ) from None
        if self.given is not None:
            if self.given.ndim != 2:
                raise InputError(
                    f"{self.source}: attributes has the shape {self.given.shape}, and a frame has a"
                    " row for each record and a column for each attribute"
                )
            return pd.DataFrame(self.given, columns=list(self.names) or None)
        columns = {}
        for name in self.names:
            values = self.columns[name]
            if values.dtype.kind == "O":
                # as pandas reads a column of texts in which some are missing
                values = np.array([np.nan if e is None else e for e in values], dtype=object)
            columns[name] = values
        return pd.DataFrame(columns)

    def rows(self) -> list[Any]:
        """Return each record ready for JSON: by name, or as a list; None where missing."""
        if self.given is not None:
            return [_plain(each) for each in self.given.tolist()]
        columns = [[_plain(v) for v in self.columns[n].tolist()] for n in self.names]
        return [dict(zip(self.names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def chosen(
    source: Source,
    roles: Sequence[str],
    groups: Sequence[str],
    wanted: Wanted,
    named: Sequence[str],
    model: str,
) -> Records:
    """Find the attributes that a model takes among the columns of its data.

    Parameters
    ----------
    source : Source
        The data.
    roles : sequence of str
        Columns that are something else, such as the label.
    groups : sequence of str
        Columns of sensitive attributes, which a model may take or not.
    wanted : Wanted
        What the model knows of its attributes.
    named : sequence of str
        What the user says that they are; empty: nothing.
    model : str
        As problems name it.

    Raises
    ------
    InputError
        Some are not there, or which they are is not clear.
    """
    if source.attributes is not None:
        return _array(source, wanted, named, model)
    names = tuple(named) or wanted.names
    if names is None:
        names = _by_count(source, roles, groups, wanted.count, model)
    by = "--attribute" if named else model
    for name in names:
        if name not in source.columns:
            raise InputError(f"{source.name}: {by}: {UnknownName('column', name, source.columns)}")
    if wanted.names is not None and set(names) != set(wanted.names):
        lacking = ", ".join(clip(each) for each in wanted.names if each not in names)
        raise InputError(f"{model}: takes {lacking} too; leave --attribute out: it knows its names")
    if wanted.count is not None and len(names) != wanted.count:
        raise InputError(
            f"{model}: takes {wanted.count} attributes, and --attribute names {len(names)}"
        )
    if wanted.names is not None:
        names = wanted.names
    return Records(source.name, names, source.attributes_of(names))


def _by_count(
    source: Source, roles: Sequence[str], groups: Sequence[str], count: int | None, model: str
) -> tuple[str, ...]:
    """Return the columns that are nothing else; with groups if the model takes so many."""
    called = {each for each in source.columns if is_group(each)}
    others, with_named, with_all = (
        tuple(each for each in source.columns if each not in {*roles, *left_out})
        for left_out in ({*groups, *called}, called, ())
    )
    fitting = [each for each in (others, with_named, with_all) if len(each) == count]
    if count is not None and not fitting:
        told = ", ".join(map(clip, others[:8])) + ", …" * (len(others) > 8)
        raise InputError(
            f"{model}: takes {count} attributes, and {source.name} has {len(others)} ({told});"
            " name them in the model's order with --attribute COLUMN, once for each"
        )
    found = fitting[0] if fitting else others
    if not found:
        raise InputError(
            f"{source.name}: no column is an attribute; give the records that the model takes"
        )
    return found


def _array(source: Source, wanted: Wanted, named: Sequence[str], model: str) -> Records:
    given = source.attributes
    assert given is not None  # noqa: S101 - the caller has looked
    if named:
        raise InputError(
            f"{source.name}: attributes is an array without names of columns; leave --attribute out"
        )
    if given.dtype.kind not in "iufb":
        raise InputError(f"{source.name}: attributes holds {given.dtype}; give numbers")
    if not np.prod(given.shape[1:]):
        raise InputError(
            f"{source.name}: attributes has the shape {given.shape}, so records have no attributes;"
            " give some"
        )
    if wanted.count is not None and given.shape[1:] != (wanted.count,):
        raise InputError(
            f"{model}: takes {wanted.count} attributes, and attributes has the shape {given.shape}"
        )
    return Records(source.name, wanted.names or (), {}, given)

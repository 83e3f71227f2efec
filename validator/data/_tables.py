"""Reader of tables: columns of numbers or texts, with the line of each record."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ._dataset import MAX_BYTES
from ._files import reading, require_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MISSING", "Table", "as_texts", "column_of", "read_csv", "read_parquet", "text_rows"]

MISSING: Final = frozenset({"", "?", "NA", "NaN", "nan", "null", "NULL"})
"""Texts that stand for a missing value."""

_MAX_TEXT: Final = 512 * 1024 * 1024


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
    """

    source: str
    columns: dict[str, NDArray[Any]]
    place: Callable[[int], str]
    unusable: dict[str, str] = field(default_factory=dict)

    def wrong(self, index: int, column: str, message: str) -> InputError:
        """Return an error about one value."""
        return InputError(f"{self.place(index)}, column {clip(column)!r}: {message}")


def read_csv(path: str, missing: Collection[str] = MISSING) -> Table:
    """Read a CSV file: commas, one line of names, UTF-8.

    Parameters
    ----------
    path : str
        The file.
    missing : collection of str
        Texts that stand for a missing value.

    Raises
    ------
    InputError
        If it cannot be read, is too large, names a column twice, or has a line that is too short
        or too long.
    """
    rows = text_rows(path)
    shown = legible(path)
    _, header = next(rows, (0, []))
    if not header:
        raise InputError(f"{shown}: empty; the first line names the columns")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise InputError(f"{shown}:1: the columns are not separated by commas; save it with commas")
    _require_distinct(header, f"{shown}:1")
    lines: list[int] = []
    values: list[Sequence[str]] = []
    for line, row in rows:
        if len(row) != len(header):
            raise InputError(
                f"{shown}:{line}: {len(row)} values, but the first line names {len(header)} "
                "columns; put texts with commas in quotes"
            )
        lines.append(line)
        values.append(row)
    columns = {
        name: as_texts([row[place] for row in values], missing) for place, name in enumerate(header)
    }
    return Table(shown, columns, lambda index: f"{shown}:{lines[index]}")


def read_parquet(path: str) -> Table:
    """Read a Parquet file.

    Raises
    ------
    InputError
        If it cannot be read, is too large, or names a column twice.
    """
    require_file(path)
    shown = legible(path)
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError(
            f"{shown}: Parquet needs pyarrow (pip install pyarrow); or save it as CSV or NPZ"
        ) from None

    damage = (
        pa.ArrowException,
        ValueError,
        OverflowError,
        KeyError,
        TypeError,
        NotImplementedError,
    )
    with reading(path, "Parquet", *damage), pq.ParquetFile(path) as file:
        about, names = file.metadata, file.schema_arrow.names
        _require_distinct(names, shown)
        if about.num_rows * len(names) * 4 > MAX_BYTES:
            raise InputError(
                f"{shown}: {about.num_rows} records in {len(names)} columns take more than "
                f"{MAX_BYTES >> 30} GiB; leave out columns or records"
            )
        found = file.read()
        columns: dict[str, NDArray[Any]] = {}
        unusable: dict[str, str] = {}
        for name, column in zip(names, found.columns, strict=True):
            values = column_of(column)
            if values is None:
                unusable[name] = clip(str(column.type))
            else:
                columns[name] = values
    return Table(shown, columns, lambda index: f"{shown}: row {index + 1}", unusable)


def text_rows(path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a comma-separated file that hold anything, with their numbers from 1.

    Raises
    ------
    InputError
        If it cannot be read or is too large.
    """
    require_file(path, _MAX_TEXT, "save it as Parquet or NPZ")
    with (
        reading(path, "CSV in UTF-8", csv.Error, UnicodeDecodeError),
        open(path, encoding="utf-8-sig", newline="") as file,
    ):
        reader = csv.reader(file, strict=True, skipinitialspace=True)
        line = 1
        for row in reader:
            if row:
                yield line, [text.strip() for text in row]
            line = reader.line_num + 1


def as_texts(values: Sequence[str | None], missing: Collection[str] = MISSING) -> NDArray[Any]:
    """Return texts as a column, None where a value is missing."""
    column = np.empty(len(values), object)
    column[:] = [None if each is None or each in missing else each for each in values]
    return column


def column_of(column: Any, missing: Collection[str] = MISSING) -> NDArray[Any] | None:
    """Return an Arrow column as numbers or texts, or None if it is neither."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_boolean(kind):
        names = {True: "true", False: "false", None: None}
        return as_texts([names[each] for each in column.to_pylist()])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return as_texts([each and each.strip() for each in column.to_pylist()], missing)
    if any(
        test(kind)
        for test in (
            pa.types.is_integer,
            pa.types.is_floating,
            pa.types.is_decimal,
            pa.types.is_null,
        )
    ):
        numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return np.asarray(numbers, np.float64)
    return None


def _require_distinct(names: Sequence[str], where: str) -> None:
    """Make sure that every column has a name of its own."""
    for place, name in enumerate(names, 1):
        if not name:
            raise InputError(f"{where}: column {place} has no name; give it one, or remove it")
    name, often = Counter(names).most_common(1)[0] if names else ("", 0)
    if often > 1:
        raise InputError(f"{where}: {often} columns are named {clip(name)!r}; rename all but one")

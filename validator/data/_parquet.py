"""Reader of Parquet files: column by column, and bounded by what the file says of its size."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ..machine.memory import free_bytes, mib
from ._dataset import MAX_BYTES
from ._files import reading, require_file
from ._tables import EXACT, MISSING, Table, composed, number_column, require_distinct, text_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bytes_taken", "column_of", "is_text", "read_parquet", "texts_of"]

_TEXT: Final = 56
"""Bytes that a text takes as one of Python, beside its characters."""
_WORKED: Final = 64
"""Bytes that a record takes while the column of texts which is read is made."""
_NUMBERS: Final = ("FLOAT", "DOUBLE")
"""Types of which no column is ever one of texts."""


def read_parquet(path: str, na_values: Collection[str] = MISSING) -> Table:
    """Read a Parquet file.

    Parameters
    ----------
    path : str
        The file.
    na_values : collection of str
        The texts that stand for a missing value, beside values that are not there.

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
    columns: dict[str, NDArray[Any]] = {}
    unusable: dict[str, str] = {}
    types: dict[str, str] = {}
    marks: dict[str, dict[str, int]] = {}
    with reading(path, "Parquet", *damage), pq.ParquetFile(path) as file:
        schema, about = file.schema_arrow, file.metadata
        names: list[str] = list(schema.names)
        require_distinct([composed(name) for name in names], shown)
        _require_size(shown, about, len(names))
        texts = [each.name for each in schema if is_text(each.type)]
        index = tuple(map(composed, _index(schema.metadata, names)))
    # dictionaries, as few bytes of a file may stand for many long texts
    with reading(path, "Parquet", *damage), pq.ParquetFile(path, read_dictionary=texts) as file:
        for stored in names:
            name, kind = composed(stored), schema.field(stored).type
            types[name] = _called(kind)
            if not _is_usable(kind):
                unusable[name] = types[name]
                continue
            values, found = _read(file.read(columns=[stored]).column(0), na_values)
            columns[name] = values
            if found:
                marks[name] = found
    return Table(
        shown,
        columns,
        lambda index: f"{shown}: row {index + 1}",
        unusable,
        about={"format": "Parquet"},
        types=types,
        marks=marks,
        index=index,
    )


def column_of(column: Any, na_values: Collection[str] = MISSING) -> NDArray[Any] | None:
    """Return an Arrow column as numbers or texts, or None if it is neither.

    Whole numbers, also as decimals, of which one is larger than `EXACT` are texts, so that none
    become equal.
    """
    return _read(column, na_values)[0] if _is_usable(column.type) else None


def _read(column: Any, na_values: Collection[str]) -> tuple[NDArray[Any], dict[str, int]]:
    """Return a usable Arrow column, and how often each text was taken for a missing value."""
    import pyarrow as pa

    texts = texts_of(column, strip=True)
    if texts is not None:
        return text_column(texts, na_values)
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_boolean(kind):
        names = {True: "true", False: "false", None: None}
        return text_column([names[each] for each in column.to_pylist()], na_values)
    if (pa.types.is_integer(kind) or pa.types.is_decimal(kind)) and _too_large(column):
        whole = _whole(column)
        if whole is not None:
            return text_column(whole, na_values)
    numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return number_column(np.asarray(numbers, np.float64), na_values)


def texts_of(column: Any, *, strip: bool = False) -> list[str | None] | None:
    """Return the texts of an Arrow column; None if it is not one of texts.

    Those of a dictionary are in memory once each, however many records have them.

    Parameters
    ----------
    column : pyarrow.Array or pyarrow.ChunkedArray
        The column.
    strip : bool
        Whether blanks around texts are left out.
    """
    import pyarrow as pa

    if not is_text(column.type):
        return None
    if not pa.types.is_dictionary(column.type):
        return _stripped(column.to_pylist(), strip=strip)
    return _decoded(column, lambda texts: _stripped(texts.to_pylist(), strip=strip))


def _stripped(texts: list[str | None], *, strip: bool) -> list[str | None]:
    return [each and each.strip() for each in texts] if strip else texts


def _whole(column: Any) -> list[str | None] | None:
    """Return whole numbers as texts, each once in memory; None if one is not whole."""
    exact = column.unique().drop_null().to_pylist()
    if any(each != int(each) for each in exact):
        return None
    encoded = column.dictionary_encode()
    return _decoded(encoded, lambda known: [str(int(each)) for each in known.to_pylist()])


def _decoded(column: Any, spell: Callable[[Any], Sequence[str | None]]) -> list[str | None]:
    """Return the texts of a dictionary's records; `spell` gives those of the dictionary."""
    found: list[str | None] = []
    for chunk in column.chunks if hasattr(column, "chunks") else [column]:
        texts = np.empty(len(chunk.dictionary) + 1, object)  # the last one of what is missing
        texts[:-1] = spell(chunk.dictionary)
        codes = chunk.indices.cast("int64").fill_null(len(chunk.dictionary))
        found += texts[codes.to_numpy(zero_copy_only=False)].tolist()
    return found


def _too_large(column: Any) -> bool:
    """Say whether a number is so large that float64 does not tell whole neighbours apart."""
    import pyarrow.compute as pc

    ends = pc.min_max(column).as_py()
    return any(each is not None and abs(each) > EXACT for each in ends.values())


def is_text(kind: Any) -> bool:
    """Say whether a type of Arrow is one of texts, also if they are those of a dictionary."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def _is_usable(kind: Any) -> bool:
    """Say whether a column is of numbers, of texts, or of what is true or false."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (
        *(pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null),
        pa.types.is_boolean,
    )
    return is_text(kind) or any(test(kind) for test in tests)


def _called(kind: Any) -> str:
    """Return what a type is called."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return f"dictionary of {clip(str(kind.value_type))}"
    return clip(str(kind))


def _index(metadata: Any, names: Collection[str]) -> tuple[str, ...]:
    """Return the columns that pandas keeps the index of its table in.

    As pandas' specification "Storing pandas DataFrame objects in Apache Parquet" says: a text in
    ``index_columns`` is the name of a column, and an index that is a range has none.
    """
    try:
        found = json.loads((metadata or {})[b"pandas"])["index_columns"]
    except (KeyError, TypeError, ValueError):  # another program wrote it
        return ()
    listed = found if isinstance(found, list) else []
    return tuple(each for each in listed if isinstance(each, str) and each in names)


def _require_size(shown: str, about: Any, columns: int) -> None:
    """Make sure that a file is not larger, once it is unpacked, than what can be measured on.

    Raises
    ------
    InputError
        If it is.
    """
    if about.num_rows * columns * 4 > MAX_BYTES:
        raise InputError(
            f"{shown}: {about.num_rows} records in {columns} columns take more than "
            f"{MAX_BYTES >> 30} GiB; leave out columns or records"
        )
    most = min(2 * MAX_BYTES, free_bytes())
    if (needed := bytes_taken(about, columns)) > most:
        raise InputError(
            f"{shown}: takes about {mib(needed)} MiB once it is unpacked, and at most"
            f" {mib(most)} MiB are for it; leave out columns or records"
        )


def bytes_taken(about: Any, columns: int) -> int:
    """Return the bytes that columns of a file take while they are read, about.

    A few bytes of a file may stand for very many records, so these count, too.

    Parameters
    ----------
    about : pyarrow.parquet.FileMetaData
        What the file says of itself.
    columns : int
        How many are read.
    """
    pieces = [
        about.row_group(i).column(k)
        for i in range(about.num_row_groups)
        for k in range(about.num_columns)
    ]
    unpacked = sum(each.total_uncompressed_size for each in pieces)
    # a text is stored behind the four bytes of its length, unless it is one that was there before
    texts = sum(
        min(each.num_values, each.total_uncompressed_size // 4) * _TEXT
        for each in pieces
        if each.physical_type == "BYTE_ARRAY"
    )
    worked = 0 if all(each.physical_type in _NUMBERS for each in pieces) else _WORKED
    return int(unpacked + texts + about.num_rows * (columns * 8 + worked))

"""Reader of Parquet files: column by column, and bounded by what the file says of its size."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ..machine.memory import free_bytes, mib
from ._dataset import MAX_BYTES
from ._files import reading, require_file
from ._tables import EXACT, MISSING, Table, composed, number_column, require_distinct, text_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["column_of", "read_parquet", "texts_of"]


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
        texts = [each.name for each in schema if _is_text(each.type)]
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

    texts = texts_of(column)
    if texts is not None:
        return text_column([each and each.strip() for each in texts], na_values)
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_boolean(kind):
        names = {True: "true", False: "false", None: None}
        return text_column([names[each] for each in column.to_pylist()], na_values)
    if (pa.types.is_integer(kind) or pa.types.is_decimal(kind)) and _too_large(column):
        exact = column.to_pylist()
        if all(each is None or each == int(each) for each in exact):
            whole = [None if each is None else str(int(each)) for each in exact]
            return text_column(whole, na_values)
    numbers = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return number_column(np.asarray(numbers, np.float64), na_values)


def texts_of(column: Any) -> list[str | None] | None:
    """Return the texts of an Arrow column as they are; None if it is not one of texts.

    Those of a dictionary are in memory once each.
    """
    import pyarrow as pa

    if not _is_text(column.type):
        return None
    if not pa.types.is_dictionary(column.type):
        return list(column.to_pylist())
    found: list[str | None] = []
    for chunk in column.chunks if hasattr(column, "chunks") else [column]:
        texts = chunk.dictionary.to_pylist()
        found += [None if code is None else texts[code] for code in chunk.indices.to_pylist()]
    return found


def _too_large(column: Any) -> bool:
    """Say whether a number is so large that float64 does not tell whole neighbours apart."""
    import pyarrow.compute as pc

    ends = pc.min_max(column).as_py()
    return any(each is not None and abs(each) > EXACT for each in ends.values())


def _is_text(kind: Any) -> bool:
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
    return _is_text(kind) or any(test(kind) for test in tests)


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
    unpacked = sum(
        about.row_group(i).column(k).total_uncompressed_size
        for i in range(about.num_row_groups)
        for k in range(about.num_columns)
    )
    needed = unpacked + about.num_rows * columns * 8
    if needed > (most := min(2 * MAX_BYTES, free_bytes())):
        raise InputError(
            f"{shown}: takes about {mib(needed)} MiB once it is unpacked, and at most"
            f" {mib(most)} MiB are for it; leave out columns or records"
        )

"""Sources of predictions: columns by name, from a CSV, Parquet or NPZ file, or from arrays.

Nothing is unpickled, and what a file says of its size is looked at before it is read.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ..data import (
    MISSING,
    bytes_taken,
    column_of,
    is_text,
    read_csv,
    reading,
    require_file,
    texts_of,
)
from ..machine.memory import free_bytes
from ._values import as_given, laid_out, plain, typed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "ENDINGS",
    "MOST_BYTES",
    "Source",
    "digest_of",
    "file_digest",
    "opened",
    "require_ending",
    "require_sound",
]

MOST_BYTES: Final = 2 << 30
"""As large as the columns of a file may be together, once they are read."""
MOST_COLUMNS: Final = 10_000
_MOST_FILE: Final = 256 << 20
"""As large as a CSV file may be, in bytes: as texts its values take many times that."""
_MOST_TEXT: Final = 200
"""As long as a label, an id, or the name of a group or of a run, may be."""
_DAMAGE: Final = (
    *(ValueError, KeyError, TypeError, SyntaxError, EOFError, OverflowError, RuntimeError),
    *(NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error),
)
ENDINGS: Final = (".csv", ".parquet", ".npz")
"""Of the files that are read."""
_RECORDS: Final = "attributes"
"""The array of an NPZ file that holds records, of any shape, which a model is asked about."""
_WIDE: Final = {"probabilities": "p_", "references": "reference_", "reference_members": ""}
"""Arrays of NPZ files with a column for each class or reference model."""


@dataclass(frozen=True)
class Source:
    """Columns of equal length that are read when they are asked for.

    Attributes
    ----------
    name : str
        The file, as problems name it.
    digest : str
        Of its content.
    records : int
        How many rows there are.
    columns : tuple of str
        Their names.
    read : callable
        From names of columns to their values by name: numbers (float64, NaN where missing), or
        texts (objects, None where missing).
    place : callable
        Names the place of a record, by its index.
    attributes : array or None
        Of data that a model is asked about: the records as an array, (records, …).
    given : callable or None
        As `read`, of values as models take them: texts as they are, and truth values.
    """

    name: str
    digest: str
    records: int
    columns: tuple[str, ...]
    read: Callable[[Sequence[str]], dict[str, NDArray[Any]]]
    place: Callable[[int], str]
    attributes: NDArray[Any] | None = None
    given: Callable[[Sequence[str]], dict[str, NDArray[Any]]] | None = None

    def attributes_of(self, names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return columns by name, as models take them."""
        return (self.given or self.read)(names)


def opened(
    given: str | os.PathLike[str] | Mapping[str, ArrayLike], missing: Collection[str] = MISSING
) -> Source:
    """Open predictions, or data; little of them is read yet.

    Parameters
    ----------
    given : path or mapping
        A file that ends in .csv, .parquet or .npz; or arrays by name, as an NPZ file has them.
    missing : collection of str
        Texts that stand for a missing value.

    Raises
    ------
    InputError
        There is no such file, it is damaged, it is larger than `MOST_BYTES`, or it names a column
        twice.
    """
    if isinstance(given, Mapping):
        arrays = {str(name): _array(each, str(name)) for name, each in given.items()}
        return _of_arrays(arrays, missing)
    path = os.fspath(given)
    require_ending(path)
    require_file(path)
    return _OPENERS[os.path.splitext(path)[1].lower()](path, missing)


def require_ending(path: str) -> None:
    """Make sure that a file is one of those that hold predictions, by its name.

    Raises
    ------
    InputError
        It is not.
    """
    if os.path.splitext(path)[1].lower() not in ENDINGS:
        raise InputError(
            f"{legible(path)}: predictions are read from {', '.join(ENDINGS)}; save them as one"
            " of these (or give the model: .skops, .onnx, .joblib, .pkl, .safetensors, .pt,"
            " package.module:function, or http(s)://host/path)"
        )


def _array(values: ArrayLike, name: str) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError:
        raise InputError(
            f"arrays: {clip(name)} has rows of different lengths; give one value for each record"
        ) from None


def _of_csv(path: str, missing: Collection[str]) -> Source:
    shown = legible(path)
    require_file(path, _MOST_FILE, "save it as Parquet or NPZ")
    table = read_csv(path, missing)
    some = next(iter(table.columns.values()))

    def given(names: Sequence[str]) -> dict[str, NDArray[Any]]:
        # as pandas reads it: with blanks around texts, which are no part of numbers
        texts = read_csv(path, (), strip=False).columns
        found = {name: laid_out(texts[name].tolist(), missing) for name in names}
        return {name: typed(_short(each, name, shown)) for name, each in found.items()}

    return Source(
        shown,
        file_digest(path),
        len(some),
        tuple(table.columns),
        lambda names: {name: _short(table.columns[name], name, shown) for name in names},
        table.place,
        given=given,
    )


def _of_parquet(path: str, missing: Collection[str]) -> Source:
    shown = legible(path)
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError(
            f"{shown}: Parquet needs pyarrow (pip install pyarrow); or save it as CSV or NPZ"
        ) from None
    damage = (pa.ArrowException, ValueError, OverflowError, KeyError, TypeError)
    with reading(path, "Parquet", *damage, NotImplementedError), pq.ParquetFile(path) as file:
        names, about = list(file.schema_arrow.names), file.metadata
        texts = [each.name for each in file.schema_arrow if is_text(each.type)]
        records = int(about.num_rows)
        _require_columns(names, shown)
        if bytes_taken(about, 1) > min(MOST_BYTES, free_bytes()):
            raise _too_large(shown)

    def read(asked: Sequence[str], *, given: bool = False) -> dict[str, NDArray[Any]]:
        if records * len(asked) * 8 > MOST_BYTES:
            raise _too_large(shown)
        found = {}
        with (
            reading(path, "Parquet", *damage, NotImplementedError),
            pq.ParquetFile(path, read_dictionary=texts) as file,
        ):
            for name in asked:
                column = file.read(columns=[name]).column(0)
                if pa.types.is_dictionary(column.type):
                    # before it is laid out: few bytes may stand for many long texts
                    _require_short(column.unique().to_pylist(), name, shown)
                texts_there = texts_of(column) if given else None
                if texts_there is not None:
                    found[name] = laid_out(texts_there)
                    continue
                values = column_of(column, missing)
                if values is None:
                    raise InputError(
                        f"{shown}: column {clip(name)!r} holds {clip(str(column.type))}; save it as"
                        " numbers or texts"
                    )
                found[name] = typed(values) if given else values
        return found

    return Source(
        shown,
        file_digest(path),
        records,
        tuple(names),
        read,
        lambda i: f"{shown}: row {i + 1}",
        given=lambda asked: read(asked, given=True),
    )


def _of_npz(path: str, missing: Collection[str]) -> Source:
    shown = legible(path)
    with reading(path, "NPZ", *_DAMAGE), zipfile.ZipFile(path) as archive:
        inside = archive.infolist()
        if len(inside) > MOST_COLUMNS:
            raise InputError(f"{shown}: more than {MOST_COLUMNS:,} arrays")
        if sum(each.file_size for each in inside) > MOST_BYTES:
            raise _too_large(shown)
        _require_columns([each.filename.removesuffix(".npy") for each in inside], shown)
        for each in inside:
            require_sound(archive, each, shown)
        with np.load(path, allow_pickle=False) as loaded:
            arrays = {str(name): np.asarray(loaded[name]) for name in loaded.files}
    return _of_arrays(arrays, missing, shown, file_digest(path))


def require_sound(archive: zipfile.ZipFile, inside: zipfile.ZipInfo, shown: str) -> None:
    """Make sure that an array is as large as its header says before room is made for it.

    Raises
    ------
    InputError
        It is not, or it holds Python objects.
    """
    name = clip(inside.filename.removesuffix(".npy"))
    if not inside.filename.endswith(".npy"):
        raise InputError(f"{shown}: {name} is no array; write the file with numpy.savez")
    with archive.open(inside) as member:
        version = np.lib.format.read_magic(member)
        if version not in ((1, 0), (2, 0)):
            raise InputError(f"{shown}: {name} is of another format; write it with numpy.savez")
        read = np.lib.format.read_array_header_1_0
        if version == (2, 0):
            read = np.lib.format.read_array_header_2_0
        shape, _, kind = read(member)
        if kind.hasobject:
            raise InputError(
                f"{shown}: {name} holds Python objects, which would have to be unpickled, and"
                " nothing"
                " is; save numbers or texts: numpy.asarray(values, dtype=float), or dtype=str"
            )
        size = member.tell() + int(np.prod(shape, dtype=object)) * kind.itemsize
    if size != inside.file_size:
        raise InputError(f"{shown}: {name} is not as large as its header says; write it again")


def _of_arrays(
    arrays: Mapping[str, NDArray[Any]],
    missing: Collection[str],
    shown: str = "arrays",
    digest: str = "",
) -> Source:
    """Lay arrays out as columns: of ``probabilities`` one for each class, and so on."""
    columns: dict[str, NDArray[Any]] = {}
    sizes = {}
    attributes = None
    for name, array in arrays.items():
        if name == "classes":
            continue
        if name == _RECORDS and array.ndim > 1:
            attributes, sizes[name] = array, len(array)
            continue
        if array.ndim == 0 or array.ndim > 2 or (array.ndim == 2 and name not in _WIDE):
            wide = ", ".join(_WIDE)
            raise InputError(
                f"{shown}: {clip(name)} has the shape {array.shape}; give one value for each record"
                f" (of {wide} a row)"
            )
        sizes[name] = len(array)
        columns |= _laid_out(name, array, arrays.get("classes"), shown)
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{clip(name)} {size:,}" for name, size in sizes.items())
        raise InputError(f"{shown}: each array should have one row for each record: {told}")
    _require_columns(list(columns), shown)
    return Source(
        shown,
        digest or digest_of(columns),
        next(iter(sizes.values()), 0),
        tuple(columns),
        lambda names: {
            name: _short(plain(columns[name], shown, name, missing), name, shown) for name in names
        },
        lambda i: f"{shown}: record {i + 1}",
        attributes,
        lambda names: {
            name: _short(as_given(columns[name], shown, name), name, shown) for name in names
        },
    )


def _laid_out(
    name: str, array: NDArray[Any], classes: NDArray[Any] | None, shown: str
) -> dict[str, NDArray[Any]]:
    if array.ndim == 1:
        return {name: array}
    names = [str(i) for i in range(array.shape[1])]
    if name == "probabilities" and classes is not None:
        names = [str(each) for each in np.ravel(classes).tolist()]
        if len(names) != array.shape[1]:
            raise InputError(
                f"{shown}: classes names {len(names)} classes, and probabilities has"
                f" {array.shape[1]} columns; give one name for each"
            )
    if name == "reference_members":
        return {f"reference_{i}_member": array[:, i] for i in range(array.shape[1])}
    return {f"{_WIDE[name]}{each}": array[:, i] for i, each in enumerate(names)}


def _short(values: NDArray[Any], name: str, shown: str) -> NDArray[Any]:
    """Return a column whose texts, if it is one of texts, are not too long."""
    if values.dtype.kind == "O":
        _require_short(values, name, shown)
    return values


def _require_short(texts: Iterable[str | None], name: str, shown: str) -> None:
    """Make sure that texts are no longer than anything that an audit reads."""
    longest = max((len(each) for each in texts if each is not None), default=0)
    if longest > _MOST_TEXT:
        raise InputError(
            f"{shown}: column {clip(name)!r} has texts of {longest:,} characters; labels, ids, and"
            f" names of groups and runs have at most {_MOST_TEXT}: shorten them"
        )


def _require_columns(names: Sequence[str], shown: str) -> None:
    if len(names) > MOST_COLUMNS:
        raise InputError(f"{shown}: {len(names):,} columns; at most {MOST_COLUMNS:,} are read")
    twice = [name for name, often in Counter(names).items() if often > 1]
    if twice:
        told = ", ".join(repr(clip(name)) for name in twice[:5])
        raise InputError(f"{shown}: several columns are named {told}; rename all but one of each")


def _too_large(shown: str) -> InputError:
    return InputError(
        f"{shown}: more than {MOST_BYTES >> 30} GiB once it is read; give fewer records, or leave"
        " out columns"
    )


def file_digest(path: str) -> str:
    """Return the SHA-256 digest of a file."""
    with reading(path, "a file"), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(columns: Mapping[str, NDArray[Any]]) -> str:
    """Return a digest of columns by name."""
    found = hashlib.sha256()
    for name in sorted(columns):
        values = columns[name]
        found.update(f"{name} {values.dtype} {values.shape} ".encode())
        if values.dtype.kind == "O":
            # not as an array of texts, which would make each as wide as the longest
            found.update("\0".join(map(str, values.tolist())).encode())
        else:
            found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


_OPENERS: Mapping[str, Callable[[str, Collection[str]], Source]] = dict(
    zip(ENDINGS, (_of_csv, _of_parquet, _of_npz), strict=True)
)

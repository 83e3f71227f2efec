"""Reader of NPZ files: images, or tables that are arrays already."""

from __future__ import annotations

import struct
import warnings
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible, suggest

from ..machine.memory import free_bytes, mib
from ._cards import Card
from ._dataset import MAX_BYTES
from ._files import reading, require_file
from ._tables import EXACT, Table, number_column, text_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_arrays"]

_DAMAGE: Final = (
    *(ValueError, KeyError, TypeError, SyntaxError, EOFError, OverflowError, RuntimeError),
    *(NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error),
)
_MOST_COLUMNS: Final = 100_000


def read_arrays(path: str, card: Card) -> tuple[Table, Card]:
    """Read an NPZ file with the attributes ``x``, the target ``y`` and, if sensitive, ``z``.

    An ``x`` of shape (records, attributes) is read as a table with the columns ``x[0]``, ``x[1]``
    and so on. One of shape (records, height, width) or of four dimensions holds images.

    Parameters
    ----------
    path : str
        The file.
    card : Card
        Names the target array (by default ``y``) and the columns of ``z``.

    Returns
    -------
    tuple
        What was read, and the card with the name of its target.

    Raises
    ------
    InputError
        If it cannot be read or is too large, or if card and arrays do not fit.
    """
    card = replace(card, target=card.target or "y")
    target, shown = str(card.target), legible(path)
    arrays = _load(path, card, ["x", target, *(["z"] if card.sensitive else [])])
    x = arrays["x"]
    found = {target: _column(arrays[target], shown, target, card)}
    if card.sensitive:
        sensitive = _sensitive(arrays["z"], shown, card)
        if target in sensitive:
            where = ("sensitive", card.sensitive.index(target))
            raise card.wrong(where, "is the target already; give this column of z another name")
        found |= sensitive
    for array, values in arrays.items():
        if not values.ndim or len(values) != len(x):
            raise InputError(
                f"{shown}: x has the shape {x.shape}, but {clip(array)} {values.shape}; the first "
                "dimension of each should be the records"
            )
    _require_numbers(x, shown)
    if x.ndim == 2:
        if x.shape[1] > _MOST_COLUMNS:
            raise InputError(
                f"{shown}: x has {x.shape[1]:,} columns; at most {_MOST_COLUMNS:,} are read"
            )
        found |= {f"x[{i}]": _numbers(x[:, i], card.na_values) for i in range(x.shape[1])}
    else:
        for key, given in (("columns", card.columns), ("keep_sensitive", card.keep_sensitive)):
            if given:
                raise card.wrong((key,), "is for tables; leave it out, as x holds images")
    table = Table(
        shown,
        {name: values for name, (values, _) in found.items()},
        lambda index: f"{shown}: record {index + 1}",
        about={"format": "NPZ", "shape": list(x.shape), "type": str(x.dtype)},
        types={target: str(arrays[target].dtype)},
        marks={name: marks for name, (_, marks) in found.items() if marks},
        images=None if x.ndim == 2 else x,
    )
    return table, card


def _load(path: str, card: Card, names: list[str]) -> dict[str, NDArray[Any]]:
    """Load arrays by name."""
    require_file(path)
    shown = legible(path)
    with reading(path, "NPZ", *_DAMAGE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        with zipfile.ZipFile(path) as archive:
            there = {each.filename: each.file_size for each in archive.infolist()}
            _require_size(shown, sum(there.get(f"{name}.npy", 0) for name in names))
            for name in names:
                if f"{name}.npy" in there:
                    _require_whole(archive, name, shown, there[f"{name}.npy"])
        with np.load(path, allow_pickle=False) as loaded:
            for name in names:
                if name not in loaded.files:
                    close = suggest(name, loaded.files) or loaded.files[:8]
                    hint = f"there are {', '.join(map(clip, close))}" if close else "it is empty"
                    message = f"{shown} has no array {clip(name)!r} ({hint})"
                    where = {"z": "sensitive", card.target: "target"}.get(name, "file")
                    raise card.wrong((where,), message)
            return {name: np.asarray(loaded[name]) for name in names}  # bytes if foreign


def _require_size(shown: str, size: int) -> None:
    """Make sure that arrays of so many bytes, once they are unpacked, can be read.

    Raises
    ------
    InputError
        If they cannot.
    """
    if size > 2 * MAX_BYTES:  # 64-bit numbers take twice what they will as 32-bit ones
        raise InputError(
            f"{shown}: more than {2 * MAX_BYTES >> 30} GiB; give fewer records, or save them "
            "as float32"
        )
    if size > (free := free_bytes()):
        raise InputError(
            f"{shown}: {mib(size)} MiB once it is unpacked, and {mib(free)} MiB are free; give"
            " fewer records"
        )


def _require_whole(archive: zipfile.ZipFile, name: str, shown: str, size: int) -> None:
    """Make sure that an array is plain, as large as its header says, and of no Python objects.

    Raises
    ------
    InputError
        If it is not, before anything of its size is made.
    """
    with archive.open(f"{name}.npy") as file:
        try:
            version = np.lib.format.read_magic(file)
        except ValueError:
            return  # no array; what reads it says so
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:  # a version for names of fields in Unicode, or none that there is
            raise InputError(
                f"{shown}: {clip(name)} is an array of NPY version {version[0]}.{version[1]}, which"
                " plain arrays have no need of; save it again as plain numbers or texts"
            )
        shape, _, dtype = read(file)
    if dtype.hasobject:
        raise InputError(
            f"{shown}: {clip(name)} holds Python objects, which are not read, as they can run"
            f" code; save it as numbers or texts, such as {clip(name)}.astype(str)"
        )
    if prod(shape) * dtype.itemsize > size:
        raise ValueError(f"{name} is shorter than its header says")


def _column(
    values: NDArray[Any], shown: str, name: str, card: Card
) -> tuple[NDArray[Any], dict[str, int]]:
    """Return an array as a column of numbers or texts, and what was taken for a missing value."""
    if values.ndim != 1:
        raise InputError(
            f"{shown}: {clip(name)} has the shape {values.shape}; give one value for each record"
        )
    if values.dtype.kind == "U":
        return text_column([str(each).strip() for each in values], card.na_values)
    _require_numbers(values, shown, name)
    return _numbers(values, card.na_values)


def _sensitive(
    z: NDArray[Any], shown: str, card: Card
) -> dict[str, tuple[NDArray[Any], dict[str, int]]]:
    """Return the columns of z by name."""
    columns = z[:, None] if z.ndim == 1 else z
    if columns.ndim != 2 or columns.shape[1] != len(card.sensitive):
        message = f"names {len(card.sensitive)} columns, but z in {shown} has the shape {z.shape}"
        raise card.wrong(("sensitive",), message)
    return {
        name: _column(columns[:, index], shown, "z", card)
        for index, name in enumerate(card.sensitive)
    }


def _require_numbers(values: NDArray[Any], shown: str, name: str = "x") -> None:
    """Make sure that an array holds numbers."""
    if values.dtype.kind not in "biuf":
        raise InputError(
            f"{shown}: {clip(name)} holds {clip(str(values.dtype))}; save it as numbers"
            + ("" if name == "x" else " or texts")
        )


def _numbers(
    values: NDArray[Any], na_values: Collection[str]
) -> tuple[NDArray[Any], dict[str, int]]:
    """Return numbers of any width; whole ones that float64 does not tell apart are texts.

    Those that are too large become infinite, and are told then.
    """
    whole = values.dtype.kind in "iu" and values.size
    if whole and max(-int(values.min()), int(values.max())) > EXACT:
        return text_column([str(each) for each in values.tolist()], na_values)
    with np.errstate(over="ignore"):
        return number_column(np.asarray(values, np.float64), na_values)

"""Reader of NPZ files: images, or tables that are arrays already."""

from __future__ import annotations

import struct
import warnings
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible, suggest

from ._cards import Card
from ._dataset import MAX_BYTES, Dataset, require_size
from ._encoding import complete, encoded, labelled, roles
from ._files import reading, require_file
from ._tables import Table, as_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_arrays"]

_DAMAGE: Final = (
    *(ValueError, KeyError, TypeError, SyntaxError, EOFError, OverflowError, RuntimeError),
    *(NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error),
)


def read_arrays(path: str, card: Card, name: str) -> Dataset:
    """Read an NPZ file with the attributes ``x``, the target ``y`` and, if sensitive, ``z``.

    An ``x`` of shape (records, attributes) is encoded as a table with the columns ``x[0]``,
    ``x[1]`` and so on. One of shape (records, height, width) or (records, channels, height, width)
    holds images: values from 0 to 1, or whole numbers from 0 to 255, which are divided by 255.

    Parameters
    ----------
    path : str
        The file.
    card : Card
        Names the target array (by default ``y``) and the columns of ``z``.
    name : str
        What to call the data set.

    Raises
    ------
    InputError
        If it cannot be read or is too large, if card and arrays do not fit, or if the data cannot
        be measured on.
    """
    card = replace(card, target=card.target or "y")
    target, shown = str(card.target), legible(path)
    arrays = _load(path, card, ["x", target, *(["z"] if card.sensitive else [])])
    x = arrays["x"]
    columns = {target: _column(arrays[target], shown, target)}
    if card.sensitive:
        sensitive = _sensitive(arrays["z"], shown, card)
        if target in sensitive:
            where = ("sensitive", card.sensitive.index(target))
            raise card.wrong(where, "is the target already; give this column of z another name")
        columns |= sensitive
    for array, values in arrays.items():
        if not values.ndim or len(values) != len(x):
            raise InputError(
                f"{shown}: x has the shape {x.shape}, but {clip(array)} {values.shape}; the first "
                "dimension of each should be the records"
            )

    def place(index: int) -> str:
        return f"{shown}: record {index + 1}"

    if x.ndim == 2:
        _require_numbers(x, shown)
        columns |= {f"x[{i}]": _numbers(x[:, i]) for i in range(x.shape[1])}
        return encoded(Table(shown, columns, place), card, name)
    for key, given in (("columns", card.columns), ("keep_sensitive", card.keep_sensitive)):
        if given:
            raise card.wrong((key,), "is for tables; leave it out, as x holds images")
    table = Table(shown, columns, place)
    roles(table, card)
    table, kept = complete(table, card, columns)
    images = _pixels(x, table)
    if len(kept) < len(x):
        images = images[kept]
    return labelled(table, card, name, images, len(x) - len(kept), (0, 1))


def _load(path: str, card: Card, names: list[str]) -> dict[str, NDArray[Any]]:
    """Load arrays by name."""
    require_file(path)
    shown = legible(path)
    with reading(path, "NPZ", *_DAMAGE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        with zipfile.ZipFile(path) as archive:
            size = sum(each.file_size for each in archive.infolist())
        if size > 2 * MAX_BYTES:  # 64-bit numbers take twice what they will as 32-bit ones
            raise InputError(
                f"{shown}: more than {2 * MAX_BYTES >> 30} GiB; give fewer records, or save them "
                "as float32"
            )
        with np.load(path, allow_pickle=False) as loaded:
            for name in names:
                if name not in loaded.files:
                    close = suggest(name, loaded.files) or loaded.files[:8]
                    hint = f"there are {', '.join(map(clip, close))}" if close else "it is empty"
                    message = f"{shown} has no array {clip(name)!r} ({hint})"
                    where = {"z": "sensitive", card.target: "target"}.get(name, "file")
                    raise card.wrong((where,), message)
            return {name: np.asarray(loaded[name]) for name in names}  # bytes if foreign


def _column(values: NDArray[Any], shown: str, name: str) -> NDArray[Any]:
    """Return an array as a column of numbers or texts."""
    if values.ndim != 1:
        raise InputError(
            f"{shown}: {clip(name)} has the shape {values.shape}; give one value for each record"
        )
    if values.dtype.kind == "U":
        return as_texts([str(each).strip() for each in values])
    _require_numbers(values, shown, name)
    return _numbers(values)


def _sensitive(z: NDArray[Any], shown: str, card: Card) -> dict[str, NDArray[Any]]:
    """Return the columns of z by name."""
    columns = z[:, None] if z.ndim == 1 else z
    if columns.ndim != 2 or columns.shape[1] != len(card.sensitive):
        message = f"names {len(card.sensitive)} columns, but z in {shown} has the shape {z.shape}"
        raise card.wrong(("sensitive",), message)
    return {
        name: _column(columns[:, index], shown, "z") for index, name in enumerate(card.sensitive)
    }


def _pixels(x: NDArray[Any], table: Table) -> NDArray[np.float32]:
    """Return images from 0 to 1, shape (records, channels, height, width)."""
    _require_numbers(x, table.source)
    if x.ndim not in (3, 4):
        raise InputError(
            f"{table.source}: x has the shape {x.shape}; give (records, attributes), (records, "
            "height, width) or (records, channels, height, width)"
        )
    images = x[:, None] if x.ndim == 3 else x
    if images.shape[1] not in (1, 3) and images.shape[3] in (1, 3):
        raise InputError(
            f"{table.source}: x has the shape {x.shape}, channels last; move them to the front "
            "with x.transpose(0, 3, 1, 2)"
        )
    require_size(table.source, len(images), int(np.prod(images.shape[1:])))
    top = 255 if images.dtype.kind in "iu" else 1
    # not a comparison with what is allowed: NaN is not below or above anything
    wrong = ~((images >= 0) & (images <= top)).all(axis=(1, 2, 3))
    if wrong.any():
        first = int(wrong.argmax())
        if not np.isfinite(images[first]).all():
            raise InputError(
                f"{table.source}: record {first + 1} has pixels that are NaN or infinite; leave it "
                "out, or fill them in"
            )
        raise InputError(
            f"{table.source}: record {first + 1} has pixels that are not from 0 to "
            f"{top}; scale x to numbers from 0 to 1, or whole numbers from 0 to 255"
        )
    return np.asarray(images, np.float32) / np.float32(top)


def _require_numbers(values: NDArray[Any], shown: str, name: str = "x") -> None:
    """Make sure that an array holds numbers."""
    if values.dtype.kind not in "biuf":
        raise InputError(
            f"{shown}: {clip(name)} holds {clip(str(values.dtype))}; save it as numbers"
            + ("" if name == "x" else " or texts")
        )


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers of any width; those that are too large become infinite, and are told then."""
    with np.errstate(over="ignore"):
        return np.asarray(values, np.float64)

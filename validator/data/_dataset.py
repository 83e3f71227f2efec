"""Data sets: records, classes, sensitive attributes and the box they lie in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

from ..machine.memory import free_bytes, mib

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

__all__ = [
    "MAX_BYTES",
    "MIN_PER_CLASS",
    "MIN_RECORDS",
    "Dataset",
    "checked",
    "require_records",
    "require_size",
    "standardised",
]

MAX_BYTES: Final = 2 * 1024**3
"""As large as the attributes of a data set may be, as 32-bit numbers."""

_PREPARED: Final = 44
"""Bytes that a number takes at most: five copies in double precision, and one in single."""

MIN_RECORDS: Final = 40
"""Fewer records cannot be split into parts for a model, its test and an adversary."""

MIN_PER_CLASS: Final = 4
"""Fewer records of a class would leave some part without it."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled records; the arrays cannot be written to.

    Attributes
    ----------
    name : str
        What it is called in results.
    x : array of float32, shape (records, *shape)
        The attributes; ``shape`` is (attributes,) for tables and (channels, height, width) for
        images. Standardised for tables, from 0 to 1 for images.
    y : array of int64, shape (records,)
        The class of each record, from 0 to ``classes - 1``.
    z : array of int64, shape (records, sensitive attributes)
        The group of each record by each sensitive attribute, from 0; there may be no attribute.
    classes : int
        How many classes there are.
    sensitive : tuple of str
        The names of the columns of ``z``.
    low, high : array of float32, shape `shape`
        Bounds of each attribute: the box that attacks stay in.
    settings : mapping
        What it was made with, ready for JSON.
    """

    name: str
    x: NDArray[np.float32]
    y: NDArray[np.int64]
    z: NDArray[np.int64]
    classes: int
    sensitive: tuple[str, ...]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        for array in (self.x, self.y, self.z, self.low, self.high):
            array.setflags(write=False)
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Be sent to other processes as the arguments it is made of."""
        made = {each.name: getattr(self, each.name) for each in fields(self)}
        return Dataset, (*(made | {"settings": dict(self.settings)}).values(),)

    @property
    def records(self) -> int:
        """How many records there are."""
        return len(self.x)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one record."""
        return self.x.shape[1:]

    @property
    def image(self) -> bool:
        """Whether the records are images."""
        return len(self.shape) == 3

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and a digest of the content; equal for equal content, whatever its name."""
        found = hashlib.sha256(repr((self.classes, self.sensitive)).encode())
        for array in (self.x, self.y, self.z, self.low, self.high):
            plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            found.update(repr((plain.dtype.str, plain.shape)).encode())
            found.update(plain.data if plain.size else b"")
        return f"sha256:{found.hexdigest()}"


def standardised(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return columns with mean 0 and standard deviation 1.

    Parameters
    ----------
    values : array of numbers, shape (records, attributes)
        Finite; none of the columns may be constant.

    Returns
    -------
    array of float32, shape (records, attributes)
    """
    # by the largest value first: squares of very large or very small numbers are out of range
    scale = np.abs(values).max(axis=0, initial=0)
    scaled = values / np.where(scale > 0, scale, 1)
    centred = scaled - scaled.mean(axis=0)
    spread = centred.std(axis=0)
    return np.asarray(centred / np.where(spread > 0, spread, 1), np.float32)


def require_records(source: str, records: int) -> None:
    """Make sure that there are enough records.

    Raises
    ------
    InputError
        If there are fewer than `MIN_RECORDS`.
    """
    if records < MIN_RECORDS:
        raise InputError(
            f"{source}: {records} records; give at least {MIN_RECORDS}, as they are split into "
            "parts for a model, its test and an adversary"
        )


def require_size(source: str, records: int, attributes: int) -> None:
    """Make sure that encoded records fit.

    Raises
    ------
    InputError
        If they take more than `MAX_BYTES`, or more than is free while they are prepared.
    """
    if (needed := records * attributes * _PREPARED) > (free := free_bytes()):
        raise InputError(
            f"{source}: {records} records of {attributes} attributes take about {mib(needed)} MiB "
            f"while they are prepared, and {mib(free)} MiB are free; drop columns, or give fewer "
            "records"
        )
    if records * attributes * 4 > MAX_BYTES:
        raise InputError(
            f"{source}: {records} records of {attributes} attributes take more than "
            f"{MAX_BYTES >> 30} GiB; drop columns, or give fewer records"
        )


def checked(
    name: str,
    x: NDArray[Any],
    y: NDArray[Any],
    z: NDArray[Any] | None = None,
    *,
    labels: Sequence[str],
    sensitive: tuple[str, ...] = (),
    bounds: tuple[float, float] | None = None,
    settings: Mapping[str, Any] = MappingProxyType({}),
    source: str = "",
    remedy: str = "give at least {} of each class, or leave out those of this one",
) -> Dataset:
    """Make a data set of arrays, if it is one that can be measured on.

    Parameters
    ----------
    name : str
        What it is called in results.
    x : array of numbers, shape (records, *shape)
        Finite attributes, as the models shall see them; the data set keeps the array.
    y : array of integers, shape (records,)
        Classes from 0.
    z : array of integers, shape (records, sensitive attributes), optional
        Groups from 0.
    labels : sequence of str
        What the classes are called, in order; only for messages.
    sensitive : tuple of str
        The names of the columns of ``z``.
    bounds : pair of float, optional
        Bounds of every attribute; by default the least and the greatest value of each.
    settings : mapping
        What the data set was made with.
    source : str
        What to call it in messages; by default its name.
    remedy : str
        What to do about a class with too few records; ``{}`` stands for how many it takes.

    Raises
    ------
    InputError
        If it has too few records, attributes, classes or records of a class, or a sensitive
        attribute with a single group.
    """
    source = source or name
    require_records(source, len(x))
    if not x[0].size:
        raise InputError(f"{source}: no attribute is left to predict with; drop fewer columns")
    if len(labels) < 2:
        raise InputError(f"{source}: all records are of one class; give records of at least two")
    sizes = np.bincount(y, minlength=len(labels))
    if sizes.min() < MIN_PER_CLASS:
        rare = int(sizes.argmin())
        raise InputError(
            f"{source}: class {clip(labels[rare])!r} has {sizes[rare]} of {len(x)} records; "
            f"{remedy.format(MIN_PER_CLASS)}"
        )
    groups = np.zeros((len(x), 0), np.int64) if z is None else z
    for column, attribute in enumerate(sensitive):
        if np.ptp(groups[:, column]) == 0:
            raise InputError(
                f"{source}: all records are in one group by {clip(attribute)!r}; "
                "leave it out of the sensitive attributes"
            )
    values = np.ascontiguousarray(x, np.float32)
    if bounds is None:
        low, high = values.min(axis=0), values.max(axis=0)
    else:
        low, high = (np.full(values.shape[1:], each, np.float32) for each in bounds)
    return Dataset(
        name=name,
        x=values,
        y=np.asarray(y, np.int64),
        z=np.asarray(groups, np.int64),
        classes=len(labels),
        sensitive=sensitive,
        low=low,
        high=high,
        settings=settings,
    )

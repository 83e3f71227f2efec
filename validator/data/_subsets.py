"""Fewer records or attributes of data that is given, so that a factor can be varied on it too.

Records are taken from one fixed shuffled order, in which each class and each group is spread
evenly: fewer records are always among more, and have about the same shares. Samples of so many
records follow one another in that order, so that they share none.

Attributes are taken from the one that tells most of the class on, by mutual information (Ross
2014, Mutual Information between Discrete and Continuous Data Sets). An attribute is what a model
sees: of a categorical column, each level is one. Which attributes were chosen would tell something
about the labels that they were chosen by: that would flatter the models, and hint at members. So a
fifth of the records, drawn as above, is set aside for the choice and is no part of the data set;
however many attributes are asked for, these are the same. The choice does not depend on how many
records are asked for either, and fewer attributes are always among more.

What a sensitive attribute's groups are is left as it is. If the card keeps it among the attributes,
it may be chosen or left out like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, suggest

from ._dataset import MIN_PER_CLASS, MIN_RECORDS, Dataset
from ._generator_settings import RANGES, value_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["disjoint", "subset"]

_OURS: Final = ("records", "attributes", "sample")
_RANKING: Final = 0.2
"""Of the records that attributes are chosen by."""
_MOST: Final = 2000
"""More of them would only take time."""
_LEVELS: Final = 10
"""An attribute of up to so many values is discrete."""


def subset(data: Dataset, settings: Mapping[str, str | int | float]) -> Dataset:
    """Return a data set with fewer records or attributes; the same for the same settings.

    Values and bounds of what is left stay as they are.

    Parameters
    ----------
    data : Dataset
        All of it.
    settings : mapping
        ``records``: how many of them, as many as there are at most. ``attributes``: how many of
        them, of a table. ``sample``: which records of so many, from 0. Whole numbers, or texts that
        hold one.

    Raises
    ------
    InputError
        If there is no such setting, if a value is no whole number or more than there is, if it
        holds images whose attributes cannot be chosen, or if too few records are left to measure
        on.
    """
    wanted = {name: _wanted(data, name, value) for name, value in settings.items()}
    order = _spread(data)
    chosen: NDArray[np.intp] | slice = slice(None)
    if "attributes" in wanted:
        aside = _aside(data)
        chosen = _informative(data, order[:aside], wanted["attributes"])
        order = order[aside:]
    size, sample = wanted.get("records", len(order)), wanted.get("sample", 0)
    if size > len(order):
        there = f"there are {data.records}"
        if len(order) < data.records:
            there += f", of which {data.records - len(order)} only serve to choose attributes"
        raise InputError(
            f"{clip(data.name)}: {wanted['records']} records are more than it has: {there}; lower"
            " data.records"
        )
    if (sample + 1) * size > len(order):
        raise InputError(
            f"{clip(data.name)}: sample {sample} of {size} records is more than it has: there are"
            f" {len(order) // size} samples, from 0; lower data.records or data.sample"
        )
    rows = np.sort(order[sample * size : (sample + 1) * size])
    found = replace(
        data,
        x=np.ascontiguousarray(data.x[rows][:, chosen]),
        y=data.y[rows],
        z=data.z[rows],
        low=data.low[chosen],
        high=data.high[chosen],
        settings={**data.settings, **wanted},
    )
    _require(found)
    return found


def disjoint(
    name: str, data: Dataset, settings: Mapping[str, str | int | float], count: int
) -> tuple[Dataset, ...]:
    """Return several samples of a data set that share no record.

    Parameters
    ----------
    name : str
        Of the data set, for messages.
    data : Dataset
        All of it.
    settings : mapping
        As `subset` takes them; of the first. By default each sample has as many records as there
        are for it.
    count : int
        How many.

    Raises
    ------
    InputError
        As `subset` does, and if there are not enough records.
    """
    first = _wanted(data, "sample", settings.get("sample", 0))
    there = data.records - (_aside(data) if "attributes" in settings else 0)
    size = _wanted(data, "records", settings["records"]) if "records" in settings else None
    given = size is not None
    if size is None:
        size = max(MIN_RECORDS, there // (first + count))
    if (first + count) * size > there:
        raise InputError(
            f"{clip(name)}: {count} draws of {size} records"
            + (f", from data.sample={first} on," if first else "")
            + f" are more than the {there} that it has: lower --draws{' or data.records' * given}"
        )
    return tuple(
        subset(data, {**settings, "records": size, "sample": first + i}) for i in range(count)
    )


def _aside(data: Dataset) -> int:
    """Return how many records only serve to choose attributes."""
    return min(round(_RANKING * data.records), _MOST)


def _wanted(data: Dataset, name: str, value: str | int | float) -> int:
    """Read one setting."""
    if name not in _OURS:
        if name in RANGES:
            raise InputError(
                f"{clip(data.name)} takes no setting {name!r}: its records are given as they are;"
                f" the data set synthetic is made by it (--dataset synthetic --set data.{name}=…)"
            )
        close = suggest(name, _OURS)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(_OURS)}"
        raise InputError(f"{clip(data.name)}: unknown setting {clip(name)!r} ({hint})")
    if name == "sample":
        return int(value_of(data.name, name, value, 0, data.records))
    if name == "records":
        return int(value_of(data.name, name, value, MIN_RECORDS, data.records))
    if data.image:
        raise InputError(
            f"{clip(data.name)} holds images, of which pixels cannot be left out: attributes can be"
            " set on tables, and on the data set synthetic"
        )
    return int(value_of(data.name, name, value, 1, data.shape[0]))


def _spread(data: Dataset) -> NDArray[np.intp]:
    """Return all records in a shuffled order that spreads each class and group evenly."""
    draw = np.random.default_rng(0)
    cells = np.unique(np.column_stack([data.y, data.z]), axis=0, return_inverse=True)[1].ravel()
    place = np.empty(data.records)
    for cell in range(cells.max() + 1):
        rows = draw.permutation(np.flatnonzero(cells == cell))
        place[rows] = (np.arange(len(rows)) + draw.random()) / len(rows)
    return np.argsort(place, kind="stable")


def _informative(data: Dataset, rows: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return the attributes that tell most of the class in some records, in their own order."""
    from sklearn.feature_selection import mutual_info_classif

    x = data.x[rows].astype(np.float64)
    discrete = np.zeros(x.shape[1], np.bool_)
    for place, column in enumerate(x.T):
        found, codes = np.unique(column, return_inverse=True)
        if len(found) <= _LEVELS:
            discrete[place] = True
            x[:, place] = codes  # standardised levels are no whole numbers
    told: NDArray[Any] = mutual_info_classif(
        x, data.y[rows], discrete_features=discrete, random_state=0
    )
    return np.sort(np.argsort(-told, kind="stable")[:count])


def _require(data: Dataset) -> None:
    """Make sure that enough is left of each class and that groups remain."""
    sizes = np.bincount(data.y, minlength=data.classes)
    if data.records < MIN_RECORDS or sizes.min() < MIN_PER_CLASS:
        raise InputError(
            f"{clip(data.name)}: {data.records} records are left, {sizes.min()} of its rarest"
            f" class; it takes {MIN_RECORDS}, and {MIN_PER_CLASS} of each class: raise data.records"
        )
    for column, attribute in enumerate(data.sensitive):
        if np.ptp(data.z[:, column]) == 0:
            raise InputError(
                f"{clip(data.name)}: the {data.records} records that are left are all in one group"
                f" by {clip(attribute)!r}: raise data.records"
            )

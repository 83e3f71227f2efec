"""Encoding of a table and its card as records that a model can take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, suggest

from ._cards import Card
from ._columns import as_number, groups, levels, missing, numeric, too_many
from ._dataset import (
    MIN_RECORDS,
    Dataset,
    checked,
    require_records,
    require_size,
    standardised,
)
from ._tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Part = NDArray[np.float32] | tuple[NDArray[np.int64], int]
    """A standardised attribute; or the level of each record, and how many levels there are."""

__all__ = ["complete", "encoded", "labelled", "roles"]


def encoded(table: Table, card: Card, name: str) -> Dataset:
    """Encode a table: standardised numbers, one attribute per level of a categorical column.

    Columns that are the same in every record are dropped.

    Parameters
    ----------
    table : Table
        What was read.
    card : Card
        What each column is.
    name : str
        What to call the data set.

    Raises
    ------
    InputError
        If card and table do not fit, a value is missing or is no finite number where there should
        be one, or the data cannot be measured on.
    """
    target, attributes = roles(table, card)
    before = len(table.columns[target])
    table, kept = complete(table, card, {target, *attributes, *card.sensitive})
    x, constant = _attributes(table, card, attributes)
    return labelled(table, card, name, x, before - len(kept), constant=constant)


def labelled(
    table: Table,
    card: Card,
    name: str,
    x: NDArray[np.float32],
    dropped: int,
    bounds: tuple[float, float] | None = None,
    constant: Sequence[str] = (),
) -> Dataset:
    """Put encoded attributes together with the target and the sensitive attributes of a table.

    Parameters
    ----------
    table : Table
        Complete columns of the target and the sensitive attributes.
    card : Card
        Which these are.
    name : str
        What to call the data set.
    x : array of float32, shape (records, *shape)
        The attributes.
    dropped : int
        How many records were left out.
    bounds : pair of float, optional
        Bounds of every attribute; by default those observed.
    constant : sequence of str
        The columns that were left out as they never change.

    Raises
    ------
    InputError
        If the target or a sensitive attribute is not what the card says, or the data cannot be
        measured on.
    """
    y, labels = _classes(table, card)
    names: dict[str, list[str]] = {}
    z = np.zeros((len(y), len(card.sensitive)), np.int64)
    for place, attribute in enumerate(card.sensitive):
        z[:, place], names[attribute] = groups(table, attribute, card.columns.get(attribute))
    return checked(
        name,
        x,
        y,
        z,
        labels=labels,
        sensitive=card.sensitive,
        bounds=bounds,
        source=table.source,
        settings={
            "target": card.target,
            "classes": labels,
            "groups": names,
            "columns": dict(card.columns),
            "constant": list(constant),
            "missing": card.missing,
            "records_dropped": dropped,
            "keep_sensitive": card.keep_sensitive,
        },
    )


def _classes(table: Table, card: Card) -> tuple[NDArray[np.int64], list[str]]:
    """Return the class of each record and what the classes are, the positive one last."""
    target = str(card.target)
    codes, labels = levels(table, target, "split it into classes, or name another target")
    if card.positive is None:
        return codes, labels
    wanted = next((place for place, each in enumerate(labels) if _is(each, card.positive)), None)
    if wanted is None:
        close = suggest(str(card.positive), labels) or labels[:5]
        known = " or ".join(map(clip, close))
        message = f"no record has this value in {clip(target)!r} (did you mean {known}?)"
        raise card.wrong(("positive",), message)
    if len(labels) > 2:
        message = f"{clip(target)!r} has {len(labels)} values, not two; leave positive out"
        raise card.wrong(("positive",), message)
    others = labels[:wanted] + labels[wanted + 1 :]
    return np.asarray(codes == wanted, np.int64), [*others, labels[wanted]]


def roles(table: Table, card: Card) -> tuple[str, list[str]]:
    """Return the target and the attributes of a table.

    Raises
    ------
    InputError
        If the card names a column that is not there or cannot be used, or no target.
    """
    known = [*table.columns, *table.unusable]
    if card.target is None:
        raise card.wrong((), f"target is missing: name the column to predict ({_some(known)})")
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("target",), card.target),
        *((("sensitive", index), each) for index, each in enumerate(card.sensitive)),
        *((("columns", each), each) for each in card.columns),
    ]
    for path, column in named:
        if column not in known:
            close = suggest(column, known)
            hint = f"did you mean {' or '.join(map(clip, close))}?" if close else _some(known)
            raise card.wrong(path, f"{table.source} has no column {clip(column)!r} ({hint})")
    out = {card.target} | ({*card.sensitive} if not card.keep_sensitive else set())
    out |= {column for column, kind in card.columns.items() if kind == "drop"}
    attributes = [column for column in known if column not in out]
    for column in (card.target, *card.sensitive, *attributes):
        if column in table.unusable:
            raise InputError(
                f"{table.source}, column {clip(column)!r}: {table.unusable[column]} is neither a "
                "number nor a text; drop it in the card, or write it as one"
            )
    return card.target, attributes


def complete(table: Table, card: Card, used: Iterable[str]) -> tuple[Table, NDArray[np.intp]]:
    """Leave out what is not used, and records with a missing value.

    Returns
    -------
    tuple
        The used columns of complete records, and the indices of these records.

    Raises
    ------
    InputError
        If a value is missing and the card does not say to drop such records, or few are left.
    """
    wanted = set(used)
    columns = {name: values for name, values in table.columns.items() if name in wanted}
    gaps = {name: missing(values) for name, values in columns.items()}
    whole = ~np.any([*gaps.values()], axis=0)
    dropped = int((~whole).sum())
    if dropped and card.missing == "error":
        index = int((~whole).argmax())
        column = next(name for name, gap in gaps.items() if gap[index])
        raise table.wrong(
            index,
            column,
            f"a value is missing, as in {dropped} of {len(whole)} records; fill it in, or write "
            f"missing: drop or columns: {{{clip(column)}: drop}} in the card",
        )
    if dropped and len(whole) - dropped < MIN_RECORDS <= len(whole):
        worst = max(gaps, key=lambda name: int(gaps[name].sum()))
        raise InputError(
            f"{table.source}: only {len(whole) - dropped} of {len(whole)} records have no missing "
            f"value; drop column {clip(worst)!r}, where {int(gaps[worst].sum())} are missing"
        )
    places = np.flatnonzero(whole)
    require_records(table.source, len(places))
    kept = {name: values[places] for name, values in columns.items()}
    return replace(table, columns=kept, place=lambda i: table.place(int(places[i]))), places


def _attributes(
    table: Table, card: Card, names: Sequence[str]
) -> tuple[NDArray[np.float32], list[str]]:
    """Return the encoded attributes, and the columns left out as they never change."""
    records = len(next(iter(table.columns.values())))
    parts: list[_Part] = []
    constant: list[str] = []
    width = 0
    for name in names:
        numbers = numeric(table, name, card.columns.get(name))
        if numbers is not None:
            count = int((numbers != numbers[0]).any())
            part: _Part = standardised(numbers[:, None])[:, 0]
        else:
            codes, found = levels(table, name, too_many(table, name))
            count = len(found) if len(found) > 1 else 0
            part = codes, count
        if count:
            parts.append(part)
        else:
            constant.append(name)
        width += count
        require_size(table.source, records, width)
    x = np.zeros((records, width), np.float32)
    place = 0
    for part in parts:
        if isinstance(part, tuple):
            codes, count = part
            x[np.arange(records), place + codes] = 1
        else:
            count = 1
            x[:, place] = part
        place += count
    return x, constant


def _is(label: str, value: str | int | float | bool) -> bool:
    """Say whether a card's value is the one that a label stands for."""
    if isinstance(value, str):
        return label == value
    if isinstance(value, bool):
        return label.lower() == str(value).lower()
    number = as_number(label)
    return number is not None and number == value


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(clip, names[:8]))
    return f"there are {shown}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")

"""Roles of columns: the target, the attributes, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, suggest

from ._cards import Card
from ._csv import UNNAMED
from ._notes import Note
from ._tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["increasing", "numbers_rows", "roles", "without_index"]


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
        *(
            (("missing", each), each)
            for each in (() if isinstance(card.missing, str) else card.missing)
        ),
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


def without_index(table: Table, card: Card) -> tuple[Table, dict[str, str]]:
    """Leave out columns that only number the records, unless the card names them.

    These are the ones that a file calls its index, as pandas writes one to Parquet, and those
    without a name, as pandas writes an index to CSV.

    Returns
    -------
    tuple
        The table, whose notes say so, and why each column was left out.
    """
    named = {card.target, *card.sensitive, *card.columns}
    out: dict[str, str] = {}
    for column in table.columns:
        if column in named:
            continue
        if column in table.index:
            out[column] = "the file calls it an index of its records"
        elif column.startswith(UNNAMED) and numbers_rows(table, column):
            out[column] = "it has no name and numbers the records"
    notes = [
        Note("index", column, f"{clip(column)} is left out, as {reason}")
        for column, reason in out.items()
    ]
    columns = {name: values for name, values in table.columns.items() if name not in out}
    return replace(table, columns=columns, notes=(*table.notes, *notes)), out


def numbers_rows(table: Table, column: str) -> bool:
    """Say whether all values are whole numbers, each greater than the one before."""
    values = table.columns[column]
    if len(values) < 2:
        return False
    if values.dtype == object:
        if not isinstance(values[0], str) or not values[0].isdecimal():
            return False  # as most columns of texts, at no cost
        numbers = table.spelling(column).numbers
        if numbers is None:
            return False
        values = numbers
    return increasing(values)


def increasing(numbers: NDArray[np.float64]) -> bool:
    """Say whether all are whole numbers, each greater than the one before."""
    with np.errstate(invalid="ignore", over="ignore"):
        return bool((np.diff(numbers) > 0).all() and (numbers == np.floor(numbers)).all())


def _some(names: list[str]) -> str:
    shown = ", ".join(map(clip, names[:8]))
    return f"there are {shown}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")

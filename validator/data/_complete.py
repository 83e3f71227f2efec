"""Missing values: records dropped, values imputed, or a category of their own, as a card says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip

from ._cards import Card
from ._dataset import MIN_RECORDS, require_records
from ._gaps import missing
from ._notes import Note, counted
from ._tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["complete", "drops"]

_SHOWN = 4
"""Columns, or texts, that a note lists."""


def drops(card: Card, column: str) -> bool:
    """Say whether a record is dropped if it has no value in a column.

    A target is never imputed, nor is a sensitive attribute: these would be made-up facts.
    """
    policy = card.without(column)
    if column == card.target:
        return policy != "error"
    return policy == "drop" or (policy == "impute" and column in card.sensitive)


def complete(
    table: Table, card: Card, used: Iterable[str], notes: list[Note]
) -> tuple[Table, NDArray[np.intp]]:
    """Leave out what is not used, and records that a missing value drops.

    Returns
    -------
    tuple
        The used columns of the records that are left, where values that the card imputes or makes
        a category are still missing, and the indices of these records.

    Raises
    ------
    InputError
        If a value is missing and the card does not say what to do, or few records are left.
    """
    wanted = set(used)
    columns = {name: values for name, values in table.columns.items() if name in wanted}
    gaps = {name: missing(values) for name, values in columns.items()}
    _require_told(table, card, gaps)
    dropping = {name: gap for name, gap in gaps.items() if drops(card, name)}
    total = len(next(iter(gaps.values())))
    whole = ~np.any([*dropping.values()], axis=0) if dropping else np.ones(total, np.bool_)
    dropped = total - int(whole.sum())
    if dropped and total - dropped < MIN_RECORDS <= total:
        worst = max(dropping, key=lambda name: int(gaps[name].sum()))
        raise InputError(
            f"{table.source}: only {total - dropped} of {total} records have no missing "
            f"value; drop column {clip(worst)!r}, where {int(gaps[worst].sum())} are missing"
        )
    places = np.flatnonzero(whole)
    require_records(table.source, len(places))
    if dropped:
        without = [name for name, gap in dropping.items() if gap.any()]
        told = f"{counted(dropped, total)} dropped, as {_listed(table, without)} has no value"
        notes.append(Note("dropped", None, told))
    if not dropped:
        return replace(table, columns=columns), places
    kept = {name: values[places] for name, values in columns.items()}
    return replace(table, columns=kept, place=lambda i: table.place(int(places[i]))), places


def _require_told(table: Table, card: Card, gaps: dict[str, NDArray[np.bool_]]) -> None:
    """Make sure that the card says what to do about each column with a missing value.

    Raises
    ------
    InputError
        If it does not; it names the first record.
    """
    untold = {
        name: gap for name, gap in gaps.items() if card.without(name) == "error" and gap.any()
    }
    if not untold:
        return
    lacking = np.any([*untold.values()], axis=0)
    index = int(lacking.argmax())
    column = next(name for name, gap in untold.items() if gap[index])
    marks = [text for text in table.marks.get(column, ()) if text]
    taken = ""
    if len(untold) > 1:
        counts = [f"{clip(name)} {int(gap.sum()):,}" for name, gap in untold.items()]
        more = f" and {len(counts) - _SHOWN} columns more" if len(counts) > _SHOWN else ""
        taken = f" ({', '.join(counts[:_SHOWN])}{more})"
    if marks:
        taken += (
            f" ({_texts(marks)} is taken for one; if it is a value, list in the card what is:"
            " na_values: [''])"
        )
    raise table.wrong(
        index,
        column,
        f"a value is missing, as in {int(lacking.sum())} of {len(lacking)} records{taken}; fill it"
        f" in, or write in the card {_remedy(card, column)}",
    )


def _remedy(card: Card, column: str) -> str:
    """Return what a card may say of a column with a missing value."""
    name = clip(column)
    drop = "missing: drop" if isinstance(card.missing, str) else f"missing: {{{name}: drop}}"
    if column == card.target:
        return drop
    if column in card.sensitive:
        return f"{drop} (or category)"
    return f"{drop} (or impute, or category), or columns: {{{name}: drop}}"


def _listed(table: Table, names: list[str]) -> str:
    """Name columns, each with the texts that were taken for a missing value."""
    shown = []
    for name in names[:_SHOWN]:
        marks = [text for text in table.marks.get(name, ()) if text]
        shown.append(clip(name) + (f" ({_texts(marks)})" if marks else ""))
    more = f" or {len(names) - _SHOWN} other columns" if len(names) > _SHOWN else ""
    return " or ".join(shown) + more


def _texts(marks: list[str]) -> str:
    return " or ".join(repr(each) for each in sorted(marks)[:_SHOWN])

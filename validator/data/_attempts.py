"""Attempts: a data file encoded as its card says, or else all that is in the way."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from crosscurrent.knowledge.errors import InputError

from ._cards import Card
from ._columns import groups
from ._complete import complete, drops
from ._encoding import Encoded, Kind, attribute_parts, classes_of, encode
from ._gaps import missing
from ._notes import Note
from ._own_files import OwnFile
from ._roles import roles, without_index
from ._tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Attempt"]


class Attempt:
    """One attempt to encode a file; what is wrong is gathered, column by column.

    Parameters
    ----------
    own : OwnFile
        The file and its card.
    read : Table
        What was read.
    card : Card
        The card, or what stands for one that is not there.

    Attributes
    ----------
    table : Table
        What was read, without what only numbers the records.
    index : dict from str to str
        Why each column was left out that does.
    attributes : list of str
        The columns among the attributes.
    done : Encoded or None
        What came out; None if anything is in the way.
    problems : list of str
        What is in the way.
    unclear : set of str
        Sensitive columns of which that is said.
    notes : list of Note
        What was done all the same, where nothing came out.
    kinds : dict from str to Kind
        What each column among the attributes becomes, as far as that is clear.
    counts : dict from str to int
        And how many attributes.
    """

    def __init__(self, own: OwnFile, read: Table, card: Card) -> None:
        self.card = card
        self.table, self.index = without_index(read, card)
        self.problems: list[str] = []
        self.unclear: set[str] = set()
        self.notes = list(self.table.notes)
        self.kinds: dict[str, Kind] = {}
        self.counts: dict[str, int] = {}
        self.attributes = self._attributes()
        self.done: Encoded | None = None
        if own.card is None:
            self.problems.append(str(own.no_card()))
        else:
            try:
                self.done = encode(self.table, card, own.name)
            except InputError as error:
                self.problems.append(str(error))
        self._left = self.table if self.done is not None else self._whole()
        if self.done is None:
            self._gather()
        else:
            for name, use in self.done.uses.items():
                self.kinds[name], self.counts[name] = use.kind, use.attributes
        self.problems = list(dict.fromkeys(self.problems))

    def classes(self) -> tuple[NDArray[np.int64], list[str]]:
        """Return the class of each record and what the classes are; none where it is not clear."""
        target = self.card.target
        if self.done is not None:
            return self.done.data.y, self.done.labels
        if target in self._left.columns:
            with suppress(InputError):
                return classes_of(self._there(target), self.card, [])
        return np.zeros(0, np.int64), []

    def groups(self, place: int, name: str) -> tuple[NDArray[np.int64], list[str]]:
        """Return the group of each record by a sensitive column, as `classes` does."""
        if self.done is not None:
            return self.done.data.z[:, place], self.done.groups[name]
        with suppress(InputError):
            return self._grouped(name, [])
        return np.zeros(0, np.int64), []

    def _grouped(self, name: str, notes: list[Note]) -> tuple[NDArray[np.int64], list[str]]:
        kind, bins = self.card.columns.get(name), self.card.bins.get(name, ())
        return groups(self._there(name), name, kind, bins, notes)

    def _attributes(self) -> list[str]:
        """Return the columns among the attributes, also where the card does not fit."""
        table, card = self.table, self.card
        if table.images is not None:
            return []
        with suppress(InputError):
            return roles(table, card)[1]
        out = {card.target} | (set() if card.keep_sensitive else {*card.sensitive})
        out |= {name for name, kind in card.columns.items() if kind == "drop"}
        return [name for name in (*table.columns, *table.unusable) if name not in out]

    def _gather(self) -> None:
        """Gather what is wrong with each column by itself."""
        table = self._left
        for name in self.attributes:
            if name not in table.columns:
                continue
            try:
                there = self._there(name)
                self.kinds[name], parts = attribute_parts(there, self.card, name, self.notes)
            except InputError as error:
                self.problems.append(str(error))
            else:
                self.counts[name] = sum(p[1] if isinstance(p, tuple) else 1 for p in parts)
        if self.card.target in table.columns:
            try:
                classes_of(self._there(self.card.target), self.card, self.notes)
            except InputError as error:
                self.problems.append(str(error))
        for name in self.card.sensitive:
            if name in table.columns:
                try:
                    self._grouped(name, self.notes)
                except InputError as error:
                    self.unclear.add(name)
                    self.problems.append(str(error))

    def _whole(self) -> Table:
        """Return the records that the card leaves, or all where it does not say which."""
        if self.table.images is not None:
            return self.table
        used = {*self.attributes, *self.card.sensitive, str(self.card.target)}
        with suppress(InputError):
            return complete(self.table, self.card, used, [])[0]
        return self.table

    def _there(self, name: str) -> Table:
        """Return a column alone, unless the card makes something of its missing values."""
        table = self._left
        values = table.columns[name]
        if self.card.without(name) != "error" and not drops(self.card, name):
            return table
        places = np.flatnonzero(~missing(values))
        place = table.place
        return replace(
            table, columns={name: values[places]}, place=lambda index: place(int(places[index]))
        )

"""Check of a data file: what is understood of it, before anything is trained."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ._cards import Card
from ._columns import groups
from ._complete import complete
from ._dataset import require_records
from ._encoding import Encoded, Kind, attribute_parts, classes_of, encode
from ._gaps import missing
from ._lookup import names
from ._notes import Note
from ._own_files import OwnFile, own_file
from ._profiles import profile
from ._roles import roles, without_index
from ._suspicions import suspicions, tells
from ._tables import NA_VALUES, Table

if TYPE_CHECKING:
    from . import check_types as shapes

__all__ = ["SMALL", "check"]

SMALL: Final = 31
"""Of a group with fewer records of a class, fairness leaves the rate of that class out by default:
of as many, 20 are judged (`attacks.discriminatory_behavior`)."""
_EXAMPLES: Final = 3
_MOST_PROBLEMS: Final = 50


def check(path: str) -> shapes.DataCheck:
    """Say what is understood of a data file and its card.

    Parameters
    ----------
    path : str
        A data file, or a card.

    Raises
    ------
    InputError
        If nothing can be said of it: there is no such file, or it, or its card, cannot be read.
        What else is wrong is among the problems of the document.
    """
    if path in names():
        raise InputError(
            f"{path} comes with Crosscurrent (crosscurrent validate --list); give the path of a"
            " file of yours"
        )
    own = own_file(path)
    try:
        read, card = own.read()
        if not any(map(len, read.columns.values())):
            require_records(read.source, 0)
        table, index = without_index(read, card)
        return _Check(own, table, card, index).document(read)
    except MemoryError:
        raise InputError(f"{legible(path)}: does not fit into memory; give fewer records") from None


class _Check:
    """One check; what is wrong is gathered."""

    def __init__(self, own: OwnFile, table: Table, card: Card, index: dict[str, str]) -> None:
        self.own, self.table, self.card, self.index = own, table, card, index
        self.problems: list[str] = []
        self.unclear: set[str] = set()
        self.notes = list(table.notes)
        self.attributes = self._attributes()
        self.done: Encoded | None = None
        if own.card is None:
            self.problems.append(str(own.no_card()))
        else:
            try:
                self.done = encode(table, card, own.name)
            except InputError as error:
                self.problems.append(str(error))
        self.duplicates = None if self.done is None else _duplicates(self.done)
        self.profiles = {name: profile(table, name) for name in table.columns}
        self.kinds, self.counts = self._kinds()

    def document(self, read: Table) -> shapes.DataCheck:
        """Return what was found."""
        done, records = self.done, self._records()
        columns = [self._column(read, name) for name in (*read.columns, *read.unusable)]
        warnings = self._warnings()
        notes: list[Any] = [each.document() for each in dict.fromkeys(self.notes)]
        if done is not None:
            notes = list(done.data.settings["notes"])
        return {
            "kind": "data_check",
            "usable": not self.problems,
            "file": legible(self.own.path),
            "card": None if self.own.card is None else self.own.card.source,
            "read": dict(read.about),
            "records": records,
            "columns": columns,
            "target": self._target(),
            "sensitive": self._sensitive(),
            "notes": [each for each in notes if each["code"] != "row_number"],
            "warnings": [
                *(each for each in notes if each["code"] == "row_number"),
                *(each.document() for each in warnings),
            ],
            "problems": self.problems[:_MOST_PROBLEMS],
            "data": None if done is None else _result(done),
        }

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

    def _kinds(self) -> tuple[dict[str, Kind], dict[str, int]]:
        """Return what each column becomes, and how many attributes; gather what is wrong."""
        kinds: dict[str, Kind] = {}
        counts: dict[str, int] = {}
        if self.done is not None:
            for name, use in self.done.uses.items():
                kinds[name], counts[name] = use.kind, use.attributes
        else:
            table = self._whole()
            for name in self.attributes:
                if name not in table.columns:
                    continue
                try:
                    there = self._there(table, name)
                    kinds[name], parts = attribute_parts(there, self.card, name, self.notes)
                except InputError as error:
                    self.problems.append(str(error))
                else:
                    counts[name] = sum(p[1] if isinstance(p, tuple) else 1 for p in parts)
            self._gather(table)
        self.problems = list(dict.fromkeys(self.problems))
        return kinds, counts

    def _gather(self, table: Table) -> None:
        """Gather what is wrong with the target and the sensitive attributes."""
        card = self.card
        if card.target in table.columns:
            try:
                classes_of(self._there(table, card.target), card, self.notes)
            except InputError as error:
                self.problems.append(str(error))
        for name in card.sensitive:
            if name in table.columns:
                try:
                    kind, bins = card.columns.get(name), card.bins.get(name, ())
                    groups(self._there(table, name), name, kind, bins, self.notes)
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

    def _there(self, table: Table, name: str) -> Table:
        """Return a column alone, without missing values that the card says nothing about."""
        values = table.columns[name]
        if self.card.without(name) != "error":
            return table
        places = np.flatnonzero(~missing(values))
        place = table.place
        return replace(
            table, columns={name: values[places]}, place=lambda index: place(int(places[index]))
        )

    def _records(self) -> shapes.Records:
        table, done = self.table, self.done
        total = len(table.images) if table.images is not None else 0
        total = max([total, *(len(each) for each in table.columns.values())])
        used = total if done is None else len(done.kept)
        return {
            "read": total,
            "used": used,
            "dropped": total - used,
            "duplicates": self.duplicates,
        }

    def _column(self, read: Table, name: str) -> shapes.Column:
        """Describe one column."""
        role = self._role(name)
        found: shapes.Column = {
            "name": name,
            "role": role,
            "type": read.unusable.get(name, ""),
            "stored": read.types.get(name),
            "values": 0,
            "missing": 0,
            "taken_for_missing": dict(read.marks.get(name, {})),
            "different": 0,
            "examples": [],
            "least": None,
            "greatest": None,
            "becomes": self._becomes(name),
            "attributes": self.counts.get(name, 0),
            "why": self._why(name, role),
        }
        if name not in read.columns:
            return found
        inside = self.profiles.get(name) or profile(read, name)
        finite = inside.there[np.isfinite(inside.there)]
        if len(finite):
            found["least"], found["greatest"] = float(finite.min()), float(finite.max())
        gaps = int(inside.gap.sum())
        return {
            **found,
            "type": inside.type,
            "values": len(inside.values) - gaps,
            "missing": gaps,
            "different": len(inside.counts),
            "examples": [
                clip(each if isinstance(each, str) else f"{each:g}", 30)
                for each, _ in inside.counts.most_common(_EXAMPLES)
            ],
        }

    def _becomes(self, name: str) -> shapes.Becomes | None:
        """Return what a column becomes; None if it is left out, or that is not clear."""
        if name in self.unclear or name not in self.table.columns:
            return None
        role = self._role(name)
        if role == "target":
            return "classes"
        return "groups" if role == "sensitive" else self.kinds.get(name)

    def _role(self, name: str) -> Literal["target", "sensitive", "attribute", "left_out"]:
        if name == self.card.target:
            return "target"
        if name in self.card.sensitive:
            return "sensitive"
        return "attribute" if name in self.attributes else "left_out"

    def _why(self, name: str, role: str) -> str | None:
        """Say why a column is left out."""
        if name in self.index:
            return self.index[name]
        if role == "left_out":
            return "the card drops it"
        if role == "attribute" and self.counts.get(name) == 0:
            return "it never changes"
        return None

    def _target(self) -> shapes.Target | None:
        target, done = self.card.target, self.done
        if target is None or target not in self.table.columns:
            return None
        if done is not None:
            codes, labels = done.data.y, done.labels
        else:
            try:
                codes, labels = classes_of(self._there(self.table, target), self.card, [])
            except InputError:
                return None
        sizes = np.bincount(codes, minlength=len(labels))
        return {
            "column": target,
            "classes": [
                {"name": name, "records": int(size)}
                for name, size in zip(labels, sizes, strict=True)
            ],
        }

    def _sensitive(self) -> list[shapes.Sensitive]:
        done, card = self.done, self.card
        found: list[shapes.Sensitive] = []
        for place, name in enumerate(card.sensitive):
            if name not in self.table.columns:
                continue
            if done is not None:
                codes, groups_ = done.data.z[:, place], done.groups[name]
                cells = np.zeros((len(groups_), done.data.classes), np.int64)
                np.add.at(cells, (codes, done.data.y), 1)
            else:
                codes, groups_ = np.zeros(0, np.int64), []
                with suppress(InputError):
                    kind, bins = card.columns.get(name), card.bins.get(name, ())
                    there = self._there(self.table, name)
                    codes, groups_ = groups(there, name, kind, bins, [])
                cells = np.bincount(codes, minlength=len(groups_))[:, None]
            found.append(
                {
                    "column": name,
                    "kept": card.keep_sensitive,
                    "groups": [
                        {
                            "name": each,
                            "records": int(row.sum()),
                            "classes": row.tolist() if done is not None else [],
                            "small": bool(row.min() < SMALL),
                        }
                        for each, row in zip(groups_, cells, strict=True)
                    ],
                }
            )
        return found

    def _warnings(self) -> list[Note]:
        """Return what is striking."""
        found: list[Note] = []
        done = self.done
        for name, inside in self.profiles.items():
            kind = self._becomes(name)
            if kind is None:
                continue
            noted = suspicions(inside, kind)
            if self.card.na_values != NA_VALUES:  # the card says what is missing
                noted = [each for each in noted if each.code != "looks_missing"]
            found += noted
            if done is not None and name in done.uses:
                note = tells(inside, done.kept, done.data.y)
                found += [note] if note else []
        for each in self._sensitive():
            if small := [group["name"] for group in each["groups"] if group["small"]]:
                shown = ", ".join(map(clip, small[:4]))
                shown += f" and {len(small) - 4} more" if len(small) > 4 else ""
                told = (
                    f"of {shown} by {clip(each['column'])} there are fewer than {SMALL} records of"
                    " a class: fairness leaves their rates out by default"
                )
                found.append(Note("small_groups", each["column"], told))
        if self.duplicates:
            told = f"{self.duplicates:,} records are equal to an earlier one in all that is used"
            found.append(Note("duplicates", None, told))
        return found


def _duplicates(done: Encoded) -> int:
    """Return how many records are equal to an earlier one, once encoded."""
    data = done.data
    seen: set[bytes] = set()
    flat = np.ascontiguousarray(data.x.reshape(data.records, -1))
    beside = np.column_stack([data.y, data.z])
    for row, rest in zip(flat, beside, strict=True):
        seen.add(hashlib.blake2b(row.tobytes() + rest.tobytes(), digest_size=16).digest())
    return data.records - len(seen)


def _result(done: Encoded) -> shapes.Result:
    data = done.data
    return {
        "name": data.name,
        "shape": list(data.shape),
        "classes": data.classes,
        "digest": data.digest,
    }

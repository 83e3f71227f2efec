"""Check of a data file: what is understood of it, before anything is trained."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from crosscurrent.knowledge.errors import InputError, clip, legible

from ._attempts import Attempt
from ._cards import Card
from ._dataset import require_records
from ._encoding import Encoded
from ._lookup import names
from ._notes import Note, NoteDocument
from ._own_files import OwnFile, own_file
from ._profiles import Profile, profile
from ._suspicions import points, suspicions, tells
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
        return _Check(own, read, card).document()
    except MemoryError:
        raise InputError(f"{legible(path)}: does not fit into memory; give fewer records") from None


class _Check:
    """One check: an attempt to encode a file, described."""

    def __init__(self, own: OwnFile, read: Table, card: Card) -> None:
        self.own, self.read, self.card = own, read, card
        self.tried = Attempt(own, read, card)
        self.table, self.done = self.tried.table, self.tried.done
        self.notes: list[NoteDocument] = [
            each.document() for each in dict.fromkeys(self.tried.notes)
        ]
        if self.done is not None:
            self.notes = list(self.done.data.settings["notes"])
        self.duplicates = None if self.done is None else _duplicates(self.done)

    def document(self) -> shapes.DataCheck:
        """Return what was found."""
        done, read, problems = self.done, self.read, self.tried.problems
        columns: list[shapes.Column] = []
        striking: list[Note] = []
        for name in (*read.columns, *read.unusable):
            # one at a time, as each takes as much as the column itself
            inside = profile(read, name) if name in read.columns else None
            columns.append(self._column(name, inside))
            if inside is not None and columns[-1]["becomes"] is not None:
                striking += self._striking(inside, columns[-1]["becomes"])
        sensitive = self._sensitive()
        striking += self._of_all(sensitive)
        return {
            "kind": "data_check",
            "usable": not problems,
            "file": legible(self.own.path),
            "card": None if self.own.card is None else self.own.card.source,
            "read": dict(read.about),
            "records": self._records(),
            "columns": columns,
            "target": self._target(),
            "sensitive": sensitive,
            "notes": [each for each in self.notes if each["code"] != "row_number"],
            "warnings": [
                *(each for each in self.notes if each["code"] == "row_number"),
                *(each.document() for each in striking),
            ],
            "problems": problems[:_MOST_PROBLEMS],
            "data": None if done is None else _result(done),
        }

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

    def _column(self, name: str, inside: Profile | None) -> shapes.Column:
        """Describe one column."""
        read, role = self.read, self._role(name)
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
            "attributes": self.tried.counts.get(name, 0),
            "why": self._why(name, role),
        }
        if inside is None:
            return found
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
        if name in self.tried.unclear or name not in self.table.columns:
            return None
        role = self._role(name)
        if role == "target":
            return "classes"
        return "groups" if role == "sensitive" else self.tried.kinds.get(name)

    def _role(self, name: str) -> Literal["target", "sensitive", "attribute", "left_out"]:
        if name == self.card.target:
            return "target"
        if name in self.card.sensitive:
            return "sensitive"
        return "attribute" if name in self.tried.attributes else "left_out"

    def _why(self, name: str, role: str) -> str | None:
        """Say why a column is left out."""
        if name in self.tried.index:
            return self.tried.index[name]
        if role == "left_out":
            return "the card drops it"
        if role == "attribute" and self.tried.counts.get(name) == 0:
            return "it never changes"
        return None

    def _target(self) -> shapes.Target | None:
        codes, labels = self.tried.classes()
        if self.card.target is None or not labels:
            return None
        sizes = np.bincount(codes, minlength=len(labels))
        return {
            "column": self.card.target,
            "classes": [
                {"name": name, "records": int(size)}
                for name, size in zip(labels, sizes, strict=True)
            ],
        }

    def _sensitive(self) -> list[shapes.Sensitive]:
        """Describe groups: of each class, if records of both are told apart."""
        y = None if self.done is None else self.done.data.y
        found: list[shapes.Sensitive] = []
        for place, name in enumerate(self.card.sensitive):
            if name not in self.table.columns:
                continue
            codes, labels = self.tried.groups(place, name)
            classes = np.zeros(len(codes), np.int64) if y is None else y
            cells = np.zeros((len(labels), int(classes.max(initial=0)) + 1), np.int64)
            np.add.at(cells, (codes, classes), 1)
            described: list[shapes.Group] = [
                {
                    "name": label,
                    "records": int(row.sum()),
                    "classes": [] if y is None else row.tolist(),
                    "small": bool(row.min() < SMALL),
                }
                for label, row in zip(labels, cells, strict=True)
            ]
            found.append({"column": name, "kept": self.card.keep_sensitive, "groups": described})
        return found

    def _striking(self, inside: Profile, kind: shapes.Becomes) -> list[Note]:
        """Return what is striking in a column that is used."""
        found = suspicions(inside, kind)
        if self.card.na_values != NA_VALUES:  # the card says what is missing
            found = [each for each in found if each.code != "looks_missing"]
        told = self._written_with_commas()
        if told and kind == "number" and (note := points(inside, told)):
            found.append(note)
        if self.done is not None and inside.name in self.done.uses:
            note = tells(inside, self.done.kept, self.done.data.y)
            found += [note] if note else []
        return found

    def _written_with_commas(self) -> str:
        """Say why decimal commas are likely in this file; empty if they are not."""
        if any(each["code"] == "decimal_comma" for each in self.notes):
            return "this file has decimal commas"
        if self.read.about.get("separator") == ";":
            return "values are separated by semicolons, as where decimals have commas"
        return ""

    def _of_all(self, sensitive: list[shapes.Sensitive]) -> list[Note]:
        """Return what is striking in groups and in records as a whole."""
        found: list[Note] = []
        for each in sensitive:
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

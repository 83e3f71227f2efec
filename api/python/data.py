"""``check_data``: what is understood of a data file, before anything is trained."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from crosscurrent.validator.extra import require

from ..text.data_check import column_row, describe, facts, title
from .answer import Report
from .tables import PLAIN, Table

if TYPE_CHECKING:
    from crosscurrent.validator.data import check_types as shapes

__all__ = ["DataReport", "check_data"]


@dataclass(frozen=True, repr=False)
class DataReport(Report):
    """What is understood of a data file and its card.

    Attributes
    ----------
    document : dict
        As ``crosscurrent data check FILE --json`` prints it.
    """

    columns: ClassVar = (
        *("column", "role", "type", "values", "missing", "different"),
        *("becomes", "attributes", "why"),
    )

    document: shapes.DataCheck

    @property
    def usable(self) -> bool:
        """Whether it can be measured on as it is."""
        return self.document["usable"]

    @property
    def problems(self) -> list[str]:
        """Why it cannot be."""
        return list(self.document["problems"])

    @property
    def notes(self) -> list[str]:
        """What was done to the data."""
        return [each["message"] for each in self.document["notes"]]

    @property
    def warnings(self) -> list[str]:
        """What is striking in it."""
        return [each["message"] for each in self.document["warnings"]]

    def to_dict(self) -> shapes.DataCheck:
        """Return the document of ``crosscurrent data check FILE --json``."""
        return self.document.copy()

    def _records(self) -> Iterable[tuple[Any, ...]]:
        for each in self.document["columns"]:
            yield (
                each["name"],
                each["role"],
                each["type"],
                each["values"],
                each["missing"],
                each["different"],
                each["becomes"],
                each["attributes"],
                each["why"],
            )

    def _heading(self) -> str:
        return title(self.document)

    def _tables(self) -> Sequence[Table]:
        head = ("column", "read as", "values", "missing", "different", "becomes")
        return [
            Table("", ("", ""), facts(self.document)),
            Table("", head, [column_row(each) for each in self.document["columns"]]),
        ]

    def _notes(self) -> Sequence[str]:
        return (*self.notes, *self.warnings, *self.problems)

    def __str__(self) -> str:
        return describe(self.document, PLAIN)


def check_data(file: str | os.PathLike[str]) -> DataReport:
    """Say what is understood of a data file and its card, before anything is trained.

    Parameters
    ----------
    file : path
        A CSV, Parquet or NPZ file with a card beside it, or a card.

    Raises
    ------
    MissingExtra
        If the extra ``audit`` is not installed.
    InputError
        If nothing can be said of it: there is no such file, or it, or its card, cannot be read.
        What else is wrong is among the report's problems.
    """
    require("audit")
    from crosscurrent.validator.data import check

    return DataReport(check(os.fspath(file)))

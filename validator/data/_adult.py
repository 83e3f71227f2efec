"""The UCI Adult data set, as it is published: no line of names, and a second file for testing."""

from __future__ import annotations

import os
from itertools import islice
from typing import Any, Final

from crosscurrent.knowledge.errors import InputError, legible

from ._cards import Card
from ._csv import text_rows
from ._tables import MISSING, Table, text_column

__all__ = ["FILE", "adult_card", "read_adult"]

FILE: Final = "adult.data"
_TEST: Final = "adult.test"
_COLUMNS: Final = (
    *("age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation"),
    *("relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week"),
    *("native-country", "income"),
)
_NUMBERS: Final = ("age", "education-num", "capital-gain", "capital-loss", "hours-per-week")


def adult_card(path: str) -> Card:
    """Return what is known of UCI Adult.

    The target is an income above 50K; ``sex`` and ``race`` are sensitive, with all their levels,
    and no attributes. The sampling weight ``fnlwgt`` is dropped, and so are records with a missing
    value.
    """
    return Card(
        source=legible(path),
        name="adult",
        target="income",
        positive=">50K",
        sensitive=("sex", "race"),
        columns={"fnlwgt": "drop"} | dict.fromkeys(_NUMBERS, "numeric"),
        missing="drop",
    )


def read_adult(path: str) -> Table:
    """Read ``adult.data``, and ``adult.test`` where it lies beside.

    Raises
    ------
    InputError
        If a file cannot be read, a line does not have 15 values, or a value does not fit.
    """
    rows: list[list[str]] = []
    places: list[str] = []
    test = os.path.join(os.path.dirname(path), _TEST)
    for file in [path, test] if os.path.exists(test) else [path]:
        shown = legible(file)
        for line, row in islice(text_rows(file), 1 if file == test else 0, None):
            if len(row) != len(_COLUMNS):
                raise InputError(
                    f"{shown}:{line}: {len(row)} values, not the {len(_COLUMNS)} of UCI Adult"
                )
            row[-1] = row[-1].removesuffix(".")  # as adult.test writes its labels
            if row[-1] not in ("<=50K", ">50K"):
                raise InputError(f"{shown}:{line}: the last value should be <=50K or >50K")
            rows.append(row)
            places.append(f"{shown}:{line}")
    columns: dict[str, Any] = {}
    marks: dict[str, dict[str, int]] = {}
    for place, name in enumerate(_COLUMNS):
        columns[name], marks[name] = text_column([row[place] for row in rows], MISSING)
    return Table(
        legible(path),
        columns,
        lambda index: places[index],
        about={"format": "UCI Adult", "encoding": "UTF-8", "separator": ","},
        marks={name: found for name, found in marks.items() if found},
    )

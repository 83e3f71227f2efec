"""The UCI Adult data set, as it is published: no line of names, and a second file for testing."""

from __future__ import annotations

import os
from itertools import islice
from typing import Final

from crosscurrent.knowledge.errors import InputError, legible

from ._cards import Card
from ._dataset import Dataset
from ._encoding import encoded
from ._tables import Table, as_texts, text_rows

__all__ = ["FILE", "read_adult"]

FILE: Final = "adult.data"
_TEST: Final = "adult.test"
_COLUMNS: Final = (
    *("age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation"),
    *("relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week"),
    *("native-country", "income"),
)
_NUMBERS: Final = ("age", "education-num", "capital-gain", "capital-loss", "hours-per-week")


def read_adult(path: str) -> Dataset:
    """Read ``adult.data``, and ``adult.test`` where it lies beside.

    The target is an income above 50K; ``sex`` and ``race`` are sensitive, with all their levels,
    and no attributes. The sampling weight ``fnlwgt`` is dropped, and so are records with a missing
    value.

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
    columns = {name: as_texts([row[i] for row in rows]) for i, name in enumerate(_COLUMNS)}
    card = Card(
        source=legible(path),
        target="income",
        positive=">50K",
        sensitive=("sex", "race"),
        columns={"fnlwgt": "drop"} | dict.fromkeys(_NUMBERS, "numeric"),
        missing="drop",
    )
    return encoded(Table(legible(path), columns, lambda index: places[index]), card, "adult")

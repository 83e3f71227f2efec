"""Data files with cards, written for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.data import dataset

__all__ = ["CARD", "altered", "arrays", "refused", "rows", "text", "written"]

CARD = "target: income\npositive: high\nsensitive: [sex]\n"


def rows(records: int = 60) -> list[list[str]]:
    """Return a table with a header: two numbers, a text, a constant, a group and a target."""
    return [
        ["age", "hours", "job", "unit", "sex", "income"],
        *(
            [
                str(20 + i % 40),
                f"{i / 7:.3f}",
                "abc"[i % 3],
                "kg",
                "fm"[i % 2],
                "low" if i % 4 else "high",
            ]
            for i in range(records)
        ),
    ]


def text(table: list[list[str]], separator: str = ",") -> str:
    """Return a table as it stands in a file."""
    return "".join(separator.join(row) + "\n" for row in table)


def altered(column: str, value: Callable[[int, str], str], records: int = 60) -> list[list[str]]:
    """Return the table with a column's values changed, by their index from 0 and what they were."""
    table = rows(records)
    place = table[0].index(column)
    for index, row in enumerate(table[1:]):
        row[place] = value(index, row[place])
    return table


def written(folder: Path, data: str | bytes, card: str | None = CARD, name: str = "t.csv") -> str:
    """Write a data file and its card; return the path of the file."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    if card is not None:
        path.with_suffix(".card.yaml").write_text(card, encoding="utf-8")
    return str(path)


def arrays(folder: Path, card: str = "sensitive: [sex]\n", **given: Any) -> str:
    """Write an NPZ file of images unless told otherwise."""
    order = np.arange(50)
    shapes: dict[str, Any] = {
        "x": np.tile(5 * order[:, None, None], (1, 4, 4)).astype(np.uint8),
        "y": order % 3,
        "z": order[:, None] % 2,
    }
    np.savez(folder / "a.npz", **(shapes | given))
    (folder / "a.card.yaml").write_text(card, encoding="utf-8")
    return str(folder / "a.npz")


def refused(path: str) -> str:
    """Return why a file is no data set."""
    with pytest.raises(InputError) as caught:
        dataset(path)
    return str(caught.value)

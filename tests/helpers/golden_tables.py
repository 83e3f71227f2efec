"""Reading the golden tables."""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden"


def table(name: str, paper: str = "sok2024_") -> list[dict[str, str]]:
    """Return the rows of a golden table; by default one of the S&P 2024 paper."""
    with (FOLDER / f"{paper}{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows, f"{name} is empty"
    return rows


def numbers(text: str) -> list[int]:
    """Return the numbers in a cell such as ``3;12``."""
    return [int(part) for part in text.split(";") if part]

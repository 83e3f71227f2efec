"""Results that are kept for tests of the store, and its tables as they lie in the file."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from crosscurrent.validator.results.store import Store, address

__all__ = ["STORED", "Recipe", "copied", "keep", "recipe", "sound", "table"]

STORED = Path(__file__).parents[1] / "golden" / "stored_0_1"
"""What version 0.1 has stored."""

Recipe = dict[str, Any]


def copied(folder: Path) -> Path:
    """Copy the results of version 0.1; opened in place, SQLite leaves files beside them."""
    return Path(shutil.copy(STORED / "results.sqlite", folder))


def recipe(number: int) -> Recipe:
    return {"seed": number, "defense": None, "data": {"digest": "d" * 64}}


def keep(store: Store, *numbers: int, result: str = "first") -> list[str]:
    """Keep trials of these numbers, in one transaction."""
    kept = {address(recipe(n)): (recipe(n), {"n": n, "result": result}) for n in numbers}
    store.keep_trials(kept)
    return list(kept)


def table(store: Store, name: str) -> dict[str, tuple[Any, ...]]:
    """Return the rows of a table as they lie in the file, by address."""
    with closing(sqlite3.connect(store.file)) as database:
        return {row[0]: row for row in database.execute(f"SELECT * FROM {name}")}


def sound(file: str) -> bool:
    with closing(sqlite3.connect(file)) as database:
        return bool(database.execute("PRAGMA integrity_check").fetchone() == ("ok",))

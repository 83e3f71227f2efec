"""Reader of CSV files."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from crosscurrent.knowledge.errors import InputError, clip, legible

from ..machine.memory import free_bytes, mib
from ._dialect import SEPARATORS, Dialect, dialect_of, undecodable
from ._files import reading, require_file
from ._notes import Note
from ._tables import MISSING, Table, composed, require_distinct, text_column

__all__ = ["UNNAMED", "read_csv", "text_rows"]

UNNAMED: Final = "Unnamed: "
"""What the name of a column without one begins with, as in pandas; the rest is its number."""

_MAX_TEXT: Final = 512 * 1024 * 1024
_IN_MEMORY: Final = 35
"""Bytes that a byte of a file takes as texts of Python, about."""


def read_csv(path: str, na_values: Collection[str] = MISSING, *, strip: bool = True) -> Table:
    """Read a CSV file: one line of names, values separated as `_dialect.SEPARATORS` say.

    A column without a name that numbers the records is called as pandas calls it.

    Parameters
    ----------
    path : str
        The file.
    na_values : collection of str
        The texts that stand for a missing value.
    strip : bool
        Whether blanks around values are left out; names of columns never have any.

    Raises
    ------
    InputError
        If it cannot be read, is too large, names a column twice or not at all, or has a line that
        is too short or too long.
    """
    shown = legible(path)
    require_file(path, _MAX_TEXT, "save it as Parquet or NPZ")
    dialect = dialect_of(path)
    rows = text_rows(path, dialect, strip=strip)
    first, header = next(rows, (0, []))
    header = [name.strip() for name in header]
    if header == ["sep=", ""]:  # Excel's hint, which the separator was found without
        first, header = next(rows, (0, []))
        header = [name.strip() for name in header]
    if not header:
        raise InputError(f"{shown}: empty; the first line names the columns")
    lines: list[int] = []
    values: list[Sequence[str]] = []
    for line, row in rows:
        if len(row) != len(header):
            named = SEPARATORS[dialect.separator]
            raise InputError(
                f"{shown}:{line}: {len(row)} values, but the first line names {len(header)} "
                f"columns; put texts with {named} in quotes"
            )
        lines.append(line)
        values.append(row)
    header = [
        f"{UNNAMED}{place}" if not name and _numbers_rows(values, place) else composed(name)
        for place, name in enumerate(header)
    ]
    require_distinct(header, f"{shown}:{first}")
    columns: dict[str, Any] = {}
    marks: dict[str, dict[str, int]] = {}
    for place, name in enumerate(header):
        columns[name], marks[name] = text_column([row[place] for row in values], na_values)
    return Table(
        shown,
        columns,
        lambda index: f"{shown}:{lines[index]}",
        about={"format": "CSV", **dialect.document()},
        marks={name: found for name, found in marks.items() if found},
        notes=_notes(dialect),
    )


def text_rows(
    path: str, dialect: Dialect | None = None, *, strip: bool = True
) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a file that hold anything, with their numbers from 1.

    Parameters
    ----------
    path : str
        The file.
    dialect : Dialect, optional
        How it is written; by default in UTF-8 with commas.
    strip : bool
        Whether blanks around values are left out.

    Raises
    ------
    InputError
        If it cannot be read, is too large, or has a NUL character.
    """
    dialect = dialect or Dialect("utf-8-sig", mark=False, separator=",")
    require_file(path, _MAX_TEXT, "save it as Parquet or NPZ")
    _require_memory(path)
    encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
    try:
        with (
            reading(path, "CSV", csv.Error),
            open(path, encoding=encoding, newline="") as file,
        ):
            reader = csv.reader(
                _sound(file, path), strict=True, skipinitialspace=strip, delimiter=dialect.separator
            )
            line = 1
            for row in reader:
                if row:
                    yield line, [text.strip() for text in row] if strip else row
                line = reader.line_num + 1
    except UnicodeError:
        raise undecodable(path, dialect) from None


def _sound(lines: Iterable[str], path: str) -> Iterator[str]:
    """Yield lines, and refuse one with a character that no text has."""
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise InputError(
                f"{legible(path)}:{number}: a NUL character, which texts do not have; remove it, or"
                " save the file as UTF-8 if it is in another encoding"
            )
        yield line


def _numbers_rows(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Say whether the values at a place are whole numbers, each greater than the one before."""
    last = -1
    for row in rows:
        text = row[place].strip()
        if not (text.isascii() and text.isdecimal() and last < int(text[:20])):
            return False
        last = int(text[:20])
    return bool(rows)


def _notes(dialect: Dialect) -> tuple[Note, ...]:
    if dialect.separator == ",":
        return ()
    told = f"values are separated by {SEPARATORS[dialect.separator]}"
    return (Note("separator", None, told),)


def _require_memory(path: str) -> None:
    """Make sure that a file fits into memory as texts.

    Raises
    ------
    InputError
        If it does not.
    """
    needed = os.path.getsize(path) * _IN_MEMORY
    if needed > (free := free_bytes()):
        raise InputError(
            f"{clip(legible(path))}: takes about {mib(needed)} MiB as texts, and {mib(free)} MiB"
            " are free; save it as Parquet or NPZ, or give fewer records"
        )

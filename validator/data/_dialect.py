"""Dialects: how a text file of a table is encoded and what separates its values."""

from __future__ import annotations

import codecs
import csv
from typing import Final, NamedTuple

from crosscurrent.knowledge.errors import InputError, legible

from ._files import reading

__all__ = ["SEPARATORS", "Dialect", "dialect_of", "undecodable"]

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
"""What may separate values, and its name in the plural; a file that fits several has the first."""

_MOST_COLUMNS: Final = 10_000
_MOST_HEADER: Final = 1 << 20
_SAMPLE: Final = 4 * _MOST_HEADER
_ROWS: Final = 50
"""As many rows tell what separates values."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Dialect(NamedTuple):
    """How a text file is written.

    Attributes
    ----------
    encoding : str
        As Python calls it.
    mark : bool
        Whether it begins with a byte order mark.
    separator : str
        One of `SEPARATORS`.
    """

    encoding: str
    mark: bool
    separator: str

    def document(self) -> dict[str, object]:
        """Return it ready for JSON."""
        return {
            "encoding": self.encoding.removesuffix("-sig").upper(),
            "byte_order_mark": self.mark,
            "separator": self.separator,
        }


def dialect_of(path: str) -> Dialect:
    """Find out how a file is written, from its beginning.

    Raises
    ------
    InputError
        If it cannot be read, or its first line is longer, or names more columns, than any table
        has.
    """
    with reading(path, "text"), open(path, "rb") as file:
        sample = file.read(_SAMPLE)
    found = next((name for mark, name in _MARKS if sample.startswith(mark)), None)
    text = sample.decode(found or "utf-8", errors="replace")
    if "\n" in text:
        text = text[: text.rindex("\n") + 1]
    first = text.lstrip("\r\n")[: _MOST_HEADER + 1].partition("\n")[0]
    separator = _separator(text)
    if len(first) > _MOST_HEADER or first.count(separator) >= _MOST_COLUMNS:
        raise InputError(
            f"{legible(path)}:1: the first line should name the columns, at most"
            f" {_MOST_COLUMNS:,} of them in {_MOST_HEADER >> 20} MiB"
        )
    return Dialect(found or "utf-8", found is not None, separator)


def undecodable(path: str, dialect: Dialect) -> InputError:
    """Return the error about a file that is not in its encoding, with the first such line."""
    shown = legible(path)
    if dialect.encoding in ("utf-16", "utf-32"):
        return InputError(f"{shown}: not sound {dialect.encoding.upper()}; save it as UTF-8")
    with open(path, "rb") as file:
        for line, content in enumerate(file, 1):
            try:
                content.decode()
            except UnicodeDecodeError as error:
                return InputError(
                    f"{shown}:{line}: not UTF-8 (byte 0x{content[error.start]:02x}); save it as"
                    " UTF-8, or convert it, if it is Windows' encoding by: iconv -f WINDOWS-1252"
                    f" -t UTF-8 {shown}"
                )
    return InputError(f"{shown}: not UTF-8; save it as UTF-8")


def _separator(text: str) -> str:
    """Return the separator by which rows are as long as the first; else the one that splits it."""
    splitting = []
    for separator in SEPARATORS:
        lengths = _lengths(text, separator)
        if len(lengths) and lengths[0] > 1:
            splitting.append(separator)
            if len(set(lengths)) == 1:
                return separator
    return splitting[0] if splitting else ","


def _lengths(text: str, separator: str) -> list[int]:
    """Return how many values the first rows have."""
    found: list[int] = []
    try:
        for row in csv.reader(
            text.splitlines(keepends=True), delimiter=separator, skipinitialspace=True
        ):
            if row:
                found.append(len(row))
            if len(found) == _ROWS:
                break
    except csv.Error:  # the reader proper says what is wrong and where
        pass
    return found

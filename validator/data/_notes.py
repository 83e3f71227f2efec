"""Notes: what was done to data, or is striking in it, beside what its file and card say."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

__all__ = ["Note", "NoteDocument", "counted"]


class NoteDocument(TypedDict):
    """A note, ready for JSON."""

    code: str
    column: str | None
    message: str


class Note(NamedTuple):
    """One thing to be told with every result.

    Attributes
    ----------
    code : str
        What it is, one of a few words that stay the same.
    column : str or None
        The column that it is about; None for the whole file.
    message : str
        A clause that names the column, with small initial and no full stop.
    """

    code: str
    column: str | None
    message: str

    def document(self) -> NoteDocument:
        """Return it ready for JSON."""
        return {"code": self.code, "column": self.column, "message": self.message}


def counted(part: int, whole: int) -> str:
    """Say how many of how many records."""
    return f"{part:,} of {whole:,} records"

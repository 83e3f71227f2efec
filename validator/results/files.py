"""Files that a user names for output: written in full or not at all."""

from __future__ import annotations

import os

from crosscurrent.knowledge.errors import InputError
from crosscurrent.knowledge.storage import write_atomic

__all__ = ["require_folder", "write_whole"]


def require_folder(file: str) -> None:
    """Raise `InputError` unless the folder of a file is there."""
    folder = os.path.dirname(file) or "."
    if not os.path.isdir(folder):
        raise InputError(f"{file}: there is no folder {folder}; make it, or name another file")


def write_whole(file: str, content: bytes) -> None:
    """Write a file; if that fails, what was there before is there still, and nothing else.

    Raises
    ------
    InputError
        Its folder is not there.
    OSError
        It cannot be written; it names the file.
    """
    require_folder(file)
    try:
        write_atomic(file, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, file) from error

"""Writing a file in full or not at all."""

from __future__ import annotations

import contextlib
import os

__all__ = ["write_whole"]


def write_whole(file: str, content: bytes) -> None:
    """Write a file; if that fails, what was there before is there still, and nothing else.

    Raises
    ------
    OSError
        It cannot be written.
    """
    partial = f"{file}.partial"
    try:
        with open(partial, "wb") as stream:
            stream.write(content)
        os.replace(partial, file)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(partial)
        raise

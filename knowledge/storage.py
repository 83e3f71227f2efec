"""Files of the user's own: the folders for data and caches, and writing in full or not at all."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

__all__ = ["TEMPORARY", "cache_folder", "data_folder", "discard", "write_atomic", "write_temporary"]

TEMPORARY = ".tmp"
"""The ending of files that are being written."""


def data_folder() -> str:
    """Return the user's folder for results and jobs: ``crosscurrent`` below ``$XDG_DATA_HOME``."""
    home = os.environ.get("XDG_DATA_HOME") or os.path.join(
        os.path.expanduser("~"), ".local", "share"
    )
    return os.path.join(home, "crosscurrent")


def cache_folder() -> str | None:
    """Return the user's folder for what can be made again; None for a user without a home."""
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(os.path.expanduser("~"), ".cache")
    # a user without a home has no such folder, and "~" is not to be made where we happen to be
    return os.path.join(home, "crosscurrent") if os.path.isabs(home) else None


def write_atomic(path: str, content: bytes, *, mode: int = 0o666, durable: bool = False) -> None:
    """Write a file; if that fails, what was there before is there still, and nothing else.

    Parameters
    ----------
    path : str
        The file; its folder must exist.
    content : bytes
        All of its content.
    mode : int
        Permissions of the file, less the process's umask.
    durable : bool
        Whether the content must survive a loss of power.

    Raises
    ------
    OSError
        It cannot be written.
    """
    temporary = write_temporary(path, content, mode=mode, durable=durable)
    try:
        os.replace(temporary, path)
    except BaseException:
        discard(temporary)
        raise


def write_temporary(path: str, content: bytes, *, mode: int = 0o666, durable: bool = False) -> str:
    """Write a new file beside `path` and return its path, for a rename or a link to `path`.

    Parameters and errors are those of `write_atomic`.
    """
    temporary = f"{path}.{os.urandom(8).hex()}{TEMPORARY}"

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, mode)

    try:
        with open(temporary, "xb", opener=opener) as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
    except BaseException:
        discard(temporary)
        raise
    return temporary


def discard(path: str) -> None:
    """Remove a file, if it is there and may be removed."""
    with suppress(OSError):
        os.unlink(path)

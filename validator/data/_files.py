"""Opening of data files, with clear errors for what cannot be read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from crosscurrent.knowledge.errors import InputError, clip, legible, suggest

__all__ = ["reading", "require_file"]


def require_file(path: str, most: int | None = None, advice: str = "") -> None:
    """Make sure that a path is a file.

    Parameters
    ----------
    path : str
        The path, as the user wrote it.
    most : int, optional
        Bytes that it may hold.
    advice : str
        What to do about a larger one.

    Raises
    ------
    InputError
        If it is not, with names beside it that are close; or if it is larger.
    """
    shown = legible(path)
    try:
        found = os.stat(path)
    except FileNotFoundError:
        close = suggest(os.path.basename(path), _beside(path))
        hint = f" (did you mean {' or '.join(map(clip, close))}?)" if close else ""
        raise InputError(f"{shown}: no such file{hint}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{shown}: can't be read: {_reason(error)}") from None
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{shown}: is a folder; give the path of a file in it")
    if not stat.S_ISREG(found.st_mode):  # a pipe would block for ever when opened
        raise InputError(f"{shown}: is not a file")
    if most is not None and found.st_size > most:
        raise InputError(f"{shown}: larger than {most >> 20} MiB; {advice}")


@contextmanager
def reading(path: str, kind: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn what readers raise at a damaged file into a message.

    Parameters
    ----------
    path : str
        The file.
    kind : str
        What it should be, such as ``Parquet``.
    *errors : exception types
        What its reader raises where it is not.

    Raises
    ------
    InputError
        In place of ``errors``, and of what the system raises.
    """
    shown = legible(path)
    try:
        yield
    except MemoryError:
        raise InputError(f"{shown}: does not fit into memory; give fewer records") from None
    except errors as error:
        reason = clip(str(error).partition("\n")[0], 200)
        raise InputError(f"{shown}: not sound {kind}, write it again: {reason}") from None
    except OSError as error:
        raise InputError(f"{shown}: can't be read: {clip(_reason(error), 200)}") from None


def _beside(path: str) -> list[str]:
    try:
        return sorted(os.listdir(os.path.dirname(path) or "."))
    except (OSError, ValueError):
        return []


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)

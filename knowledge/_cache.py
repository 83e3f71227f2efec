"""Compiled knowledge kept between runs, where the user keeps such things.

An entry is named after the content it was compiled from, and stamped with a digest of its own
content: an entry can be missing, never stale, and a damaged one counts as missing. Writing goes
through a temporary file and a rename, so two processes may compile at once. Whatever goes wrong
here costs time, not an answer.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import time
from contextlib import suppress

from .storage import TEMPORARY, cache_folder, discard, write_atomic

__all__ = ["fetch", "folder", "store"]

VARIABLE = "CROSSCURRENT_CACHE"
_STAMP = b"crosscurrent-knowledge "
_HEAD = len(_STAMP) + 64 + 1
_KEEP = 16
_PREFIX = "crosscurrent-"
_OURS = rf"{_PREFIX}[0-9a-f]{{64}}\.json(\.[0-9a-f]{{16}}{TEMPORARY})?"
_HOUR = 3600


def folder() -> str | None:
    """Return the folder for compiled knowledge, or None if it is switched off.

    ``CROSSCURRENT_CACHE`` names another folder, or is ``off``.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen:
        return None if chosen == "off" else chosen
    return cache_folder()


def fetch(key: str) -> bytes | None:
    """Return what was stored under a key, or None if there is nothing sound."""
    place = folder()
    if place is None:
        return None
    try:
        with open(_entry(place, key), "rb", opener=_open) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return None
            if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
                return None  # somebody else's file in a shared folder is not to be believed
            data = file.read()
    except (OSError, ValueError):
        return None
    content = data[_HEAD:]
    return content if data[:_HEAD] == _stamp(content) else None


def store(key: str, content: bytes) -> None:
    """Keep content under a key; say so on standard error if that is impossible."""
    place = folder()
    if place is None:
        return
    target = _entry(place, key)
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
        write_atomic(target, _stamp(content) + content)
        _prune(place)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        note = (
            f"note: compiled knowledge can't be kept in {place} ({reason}), so every start is slow;"
            f" set {VARIABLE} to a folder that can be written, or to 'off'"
        )
        if sys.stderr is not None:  # print would take standard output instead
            print(note, file=sys.stderr)


def _entry(place: str, key: str) -> str:
    return os.path.join(place, f"{_PREFIX}{key}.json")


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _stamp(content: bytes) -> bytes:
    return _STAMP + hashlib.sha256(content).hexdigest().encode() + b"\n"


def _prune(place: str) -> None:
    """Keep the newest entries only; old ones, and what killed writers left, go."""
    entries = []
    with os.scandir(place) as files:
        ours = [file for file in files if re.fullmatch(_OURS, file.name)]
    for file in ours:
        with suppress(OSError):  # gone already
            changed = file.stat(follow_symlinks=False).st_mtime
            if not file.name.endswith(TEMPORARY):
                entries.append((changed, file.path))
            elif changed < time.time() - _HOUR:
                discard(file.path)
    for _, path in sorted(entries)[:-_KEEP]:
        discard(path)  # unless another process was faster, or the folder is not ours to clean

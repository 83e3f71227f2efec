"""Lists in pages: opaque tokens that say where to go on."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from .problems import ProblemError

__all__ = ["LARGEST", "cut"]

LARGEST = 1000
_CHECK = 9
_TOKEN = 128


def cut(
    items: Sequence[Any], what: str, limit: int, token: str | None
) -> tuple[Sequence[Any], str | None]:
    """Return one page of a list, and the token of the next page if there is one.

    Parameters
    ----------
    items : sequence
        The whole list.
    what : str
        What names the list and its state: a token of another list, or of what this one was
        before the knowledge changed, is refused.
    limit : int
        How many items a page has at most.
    token : str, optional
        Where to start; by default at the beginning.

    Raises
    ------
    ProblemError
        If the token is none that this list gave out.
    """
    start = 0 if token is None else _start(what, token)
    end = start + limit
    return items[start:end], _token(what, end) if end < len(items) else None


def _token(what: str, start: int) -> str:
    return urlsafe_b64encode(_check(what, start) + str(start).encode()).decode().rstrip("=")


def _start(what: str, token: str) -> int:
    try:
        raw = urlsafe_b64decode(token[:_TOKEN] + "=" * (-len(token) % 4))
        start = int(raw[_CHECK:].decode("ascii"))
        if _token(what, start) == token:
            return start
    except ValueError:
        pass
    detail = "next is not a token of this list, or the knowledge has changed: start again without"
    raise ProblemError(400, detail, kind="page-token")


def _check(what: str, start: int) -> bytes:
    return hashlib.sha256(f"{start} {what}".encode()).digest()[:_CHECK]

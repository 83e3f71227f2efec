"""Lists in pages: opaque tokens that say where to go on."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from .problems import ProblemError

__all__ = ["LARGEST", "decode_token", "encode_token", "paginate"]

LARGEST = 1000
_CHECK = 9
_TOKEN = 128


def paginate(
    items: Sequence[Any], listing: str, limit: int, token: str | None
) -> tuple[Sequence[Any], str | None]:
    """Return one page of a list, and the token of the next page if there is one.

    Parameters
    ----------
    items : sequence
        The whole list.
    what : str
        Name of the list and its state: a token of another list, or of this one before the
        knowledge changed, is refused.
    limit : int
        How many items a page has at most.
    token : str, optional
        Where to start; by default at the beginning.

    Raises
    ------
    ProblemError
        If the token is none that this list gave out.
    """
    start = 0 if token is None else int(decode_token(listing, token))
    end = start + limit
    return items[start:end], encode_token(listing, str(end)) if end < len(items) else None


def encode_token(listing: str, place: str) -> str:
    """Return the token for a place in a list."""
    return urlsafe_b64encode(_check(listing, place) + place.encode()).decode().rstrip("=")


def decode_token(listing: str, token: str) -> str:
    """Return the place that a token is for.

    Raises
    ------
    ProblemError
        If the token is none that this list gave out.
    """
    try:
        raw = urlsafe_b64decode(token[:_TOKEN] + "=" * (-len(token) % 4))
        place = raw[_CHECK:].decode("ascii")
        if encode_token(listing, place) == token:
            return place
    except ValueError:
        pass
    detail = "next is not a token of this list, or the knowledge has changed: start again without"
    raise ProblemError(400, detail, kind="page-token")


def _check(listing: str, place: str) -> bytes:
    return hashlib.sha256(f"{place} {listing}".encode()).digest()[:_CHECK]

"""Where a request comes from that changes something: from a page of ours, or not at all."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Depends, Request

from ..rest.problems import ProblemError

__all__ = ["OURS", "expect_ours"]

_OURS = ("same-origin", "none")
"""What browsers say of a request that one of our own pages made, or the person themselves."""


async def expect_ours(request: Request) -> None:
    """Refuse what a page from elsewhere makes a browser send: it comes with our user's sign-in.

    Programs say nothing of where they are, and pass.

    Raises
    ------
    ProblemError
        403, if the browser says that the request comes from another site.
    """
    headers = request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    host = headers.get("host", "").lower()
    # a proxy may change the host, but not what the browser says of the site
    known = site in _OURS if site is not None else origin is None or _host(origin) == host
    if not known:
        raise ProblemError(
            403,
            "this was sent by a page of another site, so nothing was done; open the page here and"
            " send it from there",
            kind="cross-site",
        )


def _host(origin: str) -> str | None:
    """Return host and port of an origin; None for one that is none, such as ``null``."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


OURS = Depends(expect_ours)
"""For routes that change something: only pages of ours may ask."""

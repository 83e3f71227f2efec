"""Why there is no page: the same problems as those of the API, told to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request, Response

from ..rest.problems import FOR_PROGRAMS
from .rendering import html, unasked
from .request import Asked

if TYPE_CHECKING:
    from ..rest.problems import ProblemError

__all__ = ["APART", "failed"]

APART = ("/v1", "/health", "/metrics", "/openapi.json", "/static")
"""What is not for people to look at."""

_FOR_PEOPLE = {404: "There is no such page"}


def failed(request: Request, error: ProblemError, title: str, request_id: str) -> Response | None:
    """Return a page about a problem, if a page was asked for.

    Parameters
    ----------
    request : Request
        What was asked.
    error : ProblemError
        Why it can't be answered.
    title : str
        The same in a few words.
    request_id : str
        By which the log knows the request.
    """
    media = request.headers.get("accept", "")
    if request.url.path.startswith(APART) or "text/html" not in media:
        return None
    try:
        known = Asked(request).context() if _admitted(request) else unasked()
    except Exception:  # noqa: BLE001 - that may be the very problem
        known = unasked()
    more = {name: error.more.get(name, ()) for name in ("suggestions", "problems")}
    context = {
        **known,
        **more,
        "view": "",
        "title": _FOR_PEOPLE.get(error.status, title),
        "detail": error.detail.removesuffix(FOR_PROGRAMS),
        "status": error.status,
        "request_id": request_id,
    }
    headers = {"Cache-Control": "no-store", **error.headers}
    return html("problem.html", context, error.status, headers)


def _admitted(request: Request) -> bool:
    """Say whether who asks may see which knowledge sets there are."""
    open_to_all = request.app.state.service.keyring is None
    return open_to_all or "crosscurrent.owner" in request.scope

"""Pages about errors: the same problems as those of the API, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request, Response

from crosscurrent.knowledge.errors import suggest

from ..rest.middleware import MCP, OWNER
from ..rest.problems import FOR_PROGRAMS
from .rendering import VIEWS, anonymous_context, page_response
from .request import PageRequest

if TYPE_CHECKING:
    from ..rest.problems import ProblemError

__all__ = ["NOT_PAGES", "problem_page"]

NOT_PAGES = ("/v1", MCP, "/health", "/metrics", "/openapi.json", "/static")
"""Beginnings of paths that are no pages."""

_FOR_PEOPLE = {404: "There is no such page"}


def problem_page(
    request: Request, error: ProblemError, title: str, request_id: str
) -> Response | None:
    """Return a page about a problem, if a page was asked for.

    Parameters
    ----------
    request : Request
        The request that failed.
    error : ProblemError
        The problem.
    title : str
        The problem in a few words.
    request_id : str
        Id of the request in the log.
    """
    media = request.headers.get("accept", "")
    if request.url.path.startswith(NOT_PAGES) or "text/html" not in media:
        return None
    try:
        known = PageRequest(request).context() if _admitted(request) else anonymous_context()
    except Exception:  # noqa: BLE001 - that may be the very problem
        known = anonymous_context()
    context = {
        **known,
        "suggestions": _suggestions(request.scope["path"], error),
        "problems": error.more.get("problems", ()),
        "view": "",
        "title": _FOR_PEOPLE.get(error.status, title),
        "detail": error.detail.removesuffix(FOR_PROGRAMS),
        "status": error.status,
        "request_id": request_id,
    }
    headers = {"Cache-Control": "no-store", **error.headers}
    return page_response("problem.html", context, error.status, headers)


def _suggestions(path: str, error: ProblemError) -> list[tuple[str, str | None]]:
    """Return what was perhaps meant, each with the path that it makes of the one asked, if any."""
    close = error.more.get("suggestions", ())
    parts = path.split("/")
    wrong = [i for i, part in enumerate(parts) if part and repr(_bare(part)) in error.detail]
    if close and wrong:
        place = wrong[0]
        stage = parts[place].removeprefix(_bare(parts[place]))
        return [
            (each, "/".join([*parts[:place], f"{each}{stage}", *parts[place + 1 :]]))
            for each in close
        ]
    if error.status == 404 and not close and len(parts) == 2:
        views = {view.removeprefix("/"): view for view, *_ in VIEWS}
        return [(each, views[each]) for each in suggest(parts[1], list(views))]
    return [(each, None) for each in close]


def _bare(name: str) -> str:
    return name.partition("@")[0]


def _admitted(request: Request) -> bool:
    """Say whether who asks may see which knowledge sets there are."""
    open_to_all = request.app.state.service.keyring is None
    return open_to_all or OWNER in request.scope

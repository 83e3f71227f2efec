"""Routes of the page: all views, and the files that they load."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Response

from ..rest.problems import ProblemError
from ..rest.service import ANSWERING
from . import auth
from .assets import ASSETS
from .measurements.progress import EventCache
from .measurements.summaries import ResultSummaries
from .request import page_cache
from .views import (
    assess,
    collude,
    combine,
    learn,
    matrices,
    measurements,
    plan,
    predict,
    start,
)

__all__ = ["add_pages"]

_FOR_GOOD = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}

_VIEWS = (start, matrices, predict, combine, plan, collude, learn)

_files = APIRouter()


@_files.get("/static/{digest}/{name}")
async def asset(digest: str, name: str) -> Response:
    """Return a static file; a request can only name one that is there."""
    found = ASSETS.get(name)
    if found is None or found.address != f"/static/{digest}/{name}":
        raise ProblemError(404, "there is no such file")
    return Response(found.content, headers=_FOR_GOOD, media_type=found.media)


def add_pages(app: FastAPI) -> None:
    """Add the views to an application; they are not part of its described API."""
    app.state.results, app.state.event_cache = ResultSummaries(), EventCache()
    app.state.pages = page_cache()
    app.include_router(_files, include_in_schema=False)
    for view in _VIEWS:
        app.include_router(view.router, dependencies=[ANSWERING], include_in_schema=False)
    app.include_router(auth.router, include_in_schema=False)
    most = app.state.service.settings.max_body_size
    app.include_router(
        assess.router, dependencies=[ANSWERING], include_in_schema=False, max_body_size=most
    )
    app.include_router(measurements.router, include_in_schema=False, max_body_size=most)

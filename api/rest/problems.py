"""Problem documents (RFC 9457), the same for every error."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from crosscurrent.api.jobs.errors import (
    BeingAccepted,
    DifferentPayload,
    NoSuchJob,
    NotEnded,
    NotFinished,
    Refused,
    TooManyJobs,
    Unavailable,
)
from crosscurrent.knowledge.errors import (
    BrokenDeployment,
    BrokenFiles,
    InputError,
    UnknownName,
    legible,
    suggest,
)
from crosscurrent.predictor.budget import TooCostly

from .introspection import fields

__all__ = [
    "FOR_PROGRAMS",
    "MEDIA_TYPE",
    "ProblemError",
    "ProblemPage",
    "handle_problems",
    "problem",
    "problem_of",
    "titled",
]

MEDIA_TYPE = "application/problem+json"
FOR_PROGRAMS = "; see /openapi.json"
"""Pointer for programs to the description of the service."""
_IDEMPOTENCY_KEY = "idempotency-key"
"""Kind of the problems about that header, which `api.jobs.service` checks."""
_TITLES = {
    400: ("bad-request", "The request can't be read"),
    401: ("key-needed", "An API key is needed"),
    403: ("not-yours", "This belongs to another key"),
    404: ("not-found", "There is no such resource"),
    405: ("method-not-allowed", "The resource does not take this method"),
    406: ("not-acceptable", "The answer has another media type"),
    409: ("conflict", "The state of the resource does not allow it"),
    410: ("retired", "The knowledge set is retired"),
    413: ("too-large", "The request is too large"),
    415: ("media-type", "The body has another media type"),
    421: ("other-host", "The request is for another host"),
    422: ("invalid", "The request asks for something that can't be answered"),
    429: ("quota", "That is more than one may ask for at a time"),
    500: ("internal", "Something went wrong in the service"),
    503: ("not-ready", "The service is not ready"),
    507: ("no-room", "The service has no room left"),
}

_NARROWER = {
    "not-ended": "The validation has not ended",
    "busy": "Too many of your requests wait",
    "head-too-large": "The head of the request is too large",
    "head-too-slow": "The head of the request took too long",
    "too-costly": "The answer costs more than one may",
    "cross-site": "The request came from another site",
}


class ProblemError(Exception):
    """An error with its problem document.

    Parameters
    ----------
    status : int
        HTTP status.
    detail : str
        What is wrong with this very request.
    kind : str, optional
        The last part of the problem's type, where it is narrower than the status.
    headers : mapping from str to str, optional
        Further headers.
    **more
        Further members of the document.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind = status, detail, kind
        self.headers, self.more = dict(headers or {}), more


ProblemPage = Callable[[Request, ProblemError, str, str], Response | None]


def problem(error: ProblemError, request_id: str) -> Response:
    """Return the response for an error."""
    kind, title = titled(error)
    document = {
        "type": f"urn:crosscurrent:problem:{error.kind or kind}",
        "title": title,
        "status": error.status,
        "detail": error.detail,
        "request_id": request_id,
        **error.more,
    }
    # escaped, so that half a surrogate pair in what was asked can be told as well
    body = json.dumps(document).encode("ascii")
    headers = {"Cache-Control": "no-store", **error.headers}
    return Response(body, error.status, headers, media_type=MEDIA_TYPE)


def titled(error: ProblemError) -> tuple[str, str]:
    """Return what kind of problem an error is: as its type says it, and for people."""
    kind, title = _TITLES.get(error.status, ("error", "The request failed"))
    return kind, _NARROWER.get(error.kind or kind, title)


def handle_problems(app: FastAPI, page: ProblemPage) -> None:
    """Let every error that a request may meet be answered with a problem, or a page about it.

    Parameters
    ----------
    app : FastAPI
        The application.
    page : callable
        Makes a page of a request, an error, what that is called, and the request's id; None where
        the request is not for a page.
    """

    async def handle(request: Request, error: Exception) -> Response:
        found, identity = problem_of(request, error), request.scope.get("crosscurrent.id", "")
        if found.status >= 500:
            log = request.app.state.service.log
            detail = str(error) if isinstance(error, Unavailable) else found.detail
            log.error("problem", request_id=identity, status=found.status, detail=detail)
        told = await run_in_threadpool(page, request, found, titled(found)[1], identity)
        return told or problem(found, identity)

    kinds = (
        ProblemError,
        InputError,
        NoSuchJob,
        NotEnded,
        NotFinished,
        Unavailable,
        RequestValidationError,
        HTTPException,
    )
    for kind in kinds:
        app.add_exception_handler(kind, handle)


def problem_of(request: Request, error: Exception) -> ProblemError:
    """Return what an asker is told of an error; raise it if that is our own failure."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, BrokenFiles):
        found = [each._asdict() for each in error.problems]
        count = f"{len(found)} problem{'s' * (len(found) != 1)}"
        deployment = isinstance(error, BrokenDeployment)
        kind = "broken-deployment" if deployment else "broken-knowledge"
        undone = error.what if deployment else "nothing was kept"
        detail = f"{count} in the {error.where.removeprefix('the ')}; {undone}"
        return ProblemError(422, detail, kind=kind, problems=found)
    if isinstance(error, UnknownName):
        asked = {legible(str(value)) for value in request.path_params.values()}
        status = 404 if legible(error.name) in asked else 422
        close = list(error.suggestions)
        return ProblemError(status, str(error), kind="unknown-name", suggestions=close)
    if isinstance(error, TooManyJobs):
        return ProblemError(429, str(error), kind="too-many-jobs", headers={"Retry-After": "30"})
    if isinstance(error, BeingAccepted | DifferentPayload):
        early = isinstance(error, BeingAccepted)
        soon = {"Retry-After": "2"} if early else None
        return ProblemError(409 if early else 422, str(error), kind=_IDEMPOTENCY_KEY, headers=soon)
    if isinstance(error, Refused):
        return ProblemError(422, str(error), **_hint(error.suggestions))
    if isinstance(error, NoSuchJob):
        return ProblemError(404, str(error))
    if isinstance(error, NotEnded):
        return ProblemError(409, str(error), kind="not-ended")
    if isinstance(error, NotFinished):
        return ProblemError(409, str(error), kind="no-result", state=error.state)
    if isinstance(error, Unavailable):
        folder = os.path.join(os.path.abspath(request.app.state.service.settings.data), "")
        told = str(error).replace(f"sqlite:///{folder}", "").replace(folder, "")
        return ProblemError(503, told, headers={"Retry-After": "5"})
    if isinstance(error, TooCostly):
        return ProblemError(422, str(error), kind="too-costly")
    if isinstance(error, InputError):
        return ProblemError(422, str(error))
    if isinstance(error, RequestValidationError):
        meant = [_close(request, each) for each in error.errors()]
        faults = [_fault(*each) for each in zip(error.errors(), meant, strict=True)]
        hints = tuple(dict.fromkeys(name for names in meant for name in names))
        detail = "; ".join(f"{each['field']}: {each['message']}" for each in faults[:3])
        return ProblemError(422, detail, errors=faults, **_hint(hints))
    if isinstance(error, HTTPException):
        known = {
            400: "the body can't be read as JSON",
            404: f"there is nothing at {_path(request)}{FOR_PROGRAMS}",
            405: f"{legible(request.method[:20])} is not possible here",
            413: "the body is larger than the service takes",
        }
        detail = known.get(error.status_code, str(error.detail))
        headers = dict(error.headers or {})
        if error.status_code == 405:  # the router knows only the first of a path's methods
            path = getattr(request.scope.get("route"), "path", "")
            headers["Allow"] = request.app.state.methods.get(path, headers.get("Allow", ""))
        return ProblemError(error.status_code, detail, headers=headers)
    raise error


def _path(request: Request) -> str:
    """Return the path that was asked for, and what it may lack or have too much."""
    path = request.url.path
    slash = " (leave out the slash at its end)" if len(path) > 1 and path.endswith("/") else ""
    return f"{legible(path[:200])}{slash}"


def _hint(close: Sequence[str]) -> dict[str, Any]:
    return {"suggestions": list(close)} if close else {}


def _close(request: Request, error: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what may have been meant by a field that there is not."""
    place = error["loc"]
    if error["type"] != "extra_forbidden" or len(place) != 2:
        return ()
    known = fields(request.scope["route"])
    return suggest(str(place[1])[:60], known[place[0]]) if place[0] in known else ()


def _fault(error: Mapping[str, Any], close: Sequence[str]) -> dict[str, str]:
    """Say what is wrong with one field, without repeating what was sent."""
    place: Sequence[int | str] = error["loc"]
    name = legible(".".join(str(part)[:60] for part in place[1:] or place))
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "there is no such field"
        message += f" (did you mean {' or '.join(close)}?)" if close else ""
    if error["type"] == "json_invalid":
        message = f"is not JSON: {error['ctx']['error']} at character {place[-1]}"
        name = "body"
    return {"field": f"{place[0]}.{name}" if place[1:] and name != "body" else name,
            "message": message}  # fmt: skip

"""Validations: jobs that train models to see whether a prediction holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from enum import Enum
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from crosscurrent.api.jobs.errors import Unavailable
from crosscurrent.api.jobs.records import Event, Job
from crosscurrent.api.jobs.service import Jobs

from ..bodies import PatientRoute
from ..middleware import HEAD
from ..pagination import decode_token, encode_token
from ..responses import refusals
from ..service import (
    CHECKING,
    STREAMING,
    JobSeconds,
    Owner,
    ServiceDep,
    in_database_thread,
)
from ..shapes.validations import Evidence, Validation, Validations, Verdict

__all__ = ["media_router", "router"]

_TAGS: list[str | Enum] = ["validations"]
_POLL_LATER = {"Retry-After": "2"}
_TEXT = {"type": "string"}
_BYTES = {"type": "string", "format": "binary"}
_POLLED = 0.5
"""Seconds between two looks at what has happened to a job."""

router = APIRouter(prefix="/v1", tags=_TAGS, route_class=PatientRoute)
media_router = APIRouter(prefix="/v1", tags=_TAGS)
"""Routes whose responses are not JSON: events, pictures, reports."""

Identity = Annotated[
    str, Path(alias="id", max_length=64, description="the id that POST /v1/validations returned")
]


class JobListQuery(BaseModel):
    """Query for a page of jobs."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="validations on a page")
    next: str | None = Field(None, max_length=200, description="token of the page, from the last")


class EndQuery(BaseModel):
    """Query for the end of a job."""

    model_config = ConfigDict(extra="forbid")

    delete: bool = Field(False, description="delete it for good; it must have ended")


@in_database_thread
def _jobs(service: ServiceDep) -> Jobs:
    return service.jobs()


def _job_owner(owner: Owner) -> str:
    """Return the owner of the jobs; where no keys are asked for, they are everybody's."""
    return owner or "*"


JobsDep = Annotated[Jobs, Depends(_jobs)]
JobOwner = Annotated[str, Depends(_job_owner)]


@router.post(
    "/validations",
    operation_id="submit_validation",
    dependencies=[CHECKING],
    summary="Measure whether a prediction holds: a job is accepted, a worker trains models",
    status_code=202,
    responses={
        202: {
            "description": "Accepted; the job will end exactly once.",
            "model": Validation,
            "headers": {
                "Location": {"description": "the job", "schema": {"type": "string"}},
                "Retry-After": {
                    "description": "seconds until it is worth looking; not if it has ended",
                    "schema": {"type": "string"},
                },
            },
        },
        **refusals(409, 413, 415, 503),
    },
)
@in_database_thread
def submit_validation(
    jobs: JobsDep,
    owner: JobOwner,
    seconds: JobSeconds,
    response: Response,
    request: Annotated[dict[str, Any], Body()],
    idempotency_key: Annotated[
        str | None,
        Header(max_length=255, description="your own name for this request: asked again, same job"),
    ] = None,
) -> Validation:
    """Accept what `crosscurrent validate` takes, checked completely as it does."""
    job = jobs.submit(request, owner, idempotency_key, seconds)
    response.headers["Location"] = f"/v1/validations/{job.id}"
    if not job.over:
        response.headers.update(_POLL_LATER)
    return _shown(job)


@router.get(
    "/validations",
    operation_id="list_validations",
    summary="Your validations, the latest first",
    responses=refusals(503),
)
@in_database_thread
def list_validations(
    jobs: JobsDep, owner: JobOwner, query: Annotated[JobListQuery, Query()]
) -> Validations:
    """List the jobs of the key that asks."""
    what = f"validations {owner}"
    after = None if query.next is None else decode_token(what, query.next)
    page = jobs.list(owner, after, query.limit)
    following = None if page.next is None else encode_token(what, page.next)
    return {"validations": [_shown(job) for job in page.jobs], "next": following}


@router.get(
    "/validations/{id}",
    operation_id="get_validation",
    summary="What has become of a validation",
    responses=refusals(503),
)
@in_database_thread
def get_validation(
    jobs: JobsDep, owner: JobOwner, identity: Identity, response: Response
) -> Validation:
    """Return its state."""
    job = jobs.get(identity, owner)
    if not job.over:
        response.headers.update(_POLL_LATER)
    return _shown(job)


@router.delete(
    "/validations/{id}",
    operation_id="cancel_validation",
    summary="Cancel a validation unless it has ended, or delete one that has",
    responses=refusals(409, 413, 503),
)
@in_database_thread
def cancel_validation(
    jobs: JobsDep, owner: JobOwner, identity: Identity, query: Annotated[EndQuery, Query()]
) -> Validation:
    """End it; trials that are finished stay known. Deleted are its request, events and result."""
    return _shown(jobs.delete(identity, owner) if query.delete else jobs.cancel(identity, owner))


@router.get(
    "/validations/{id}/result",
    operation_id="get_validation_result",
    summary="The verdict, as validate --json prints it",
    responses=refusals(409, 503),
)
@in_database_thread
def get_validation_result(jobs: JobsDep, owner: JobOwner, identity: Identity) -> Verdict:
    """Return the document of a validation that succeeded."""
    return jobs.result(identity, owner)


@router.get(
    "/validations/{id}/evidence",
    operation_id="get_validation_evidence",
    dependencies=[CHECKING],
    summary="What was measured, as knowledge files for an overlay",
    responses=refusals(409, 503),
)
@in_database_thread
def get_validation_evidence(jobs: JobsDep, owner: JobOwner, identity: Identity) -> Evidence:
    """Return the files; PUT /v1/knowledge/NAME takes them as they are."""
    found = jobs.evidence(identity, owner)
    return {"files": {name: content.decode() for name, content in found.items()}}


@media_router.get(
    "/validations/{id}/report",
    operation_id="get_validation_report",
    summary="The verdict in words",
    response_class=Response,
    responses={
        200: {"description": "The report.", "content": {"text/plain": {"schema": _TEXT}}},
        **refusals(409, 503),
    },
)
@in_database_thread
def get_validation_report(jobs: JobsDep, owner: JobOwner, identity: Identity) -> Response:
    """Return what the command line prints."""
    return Response(jobs.report(identity, owner), media_type="text/plain")


@media_router.get(
    "/validations/{id}/plot.{kind}",
    operation_id="get_validation_plot",
    dependencies=[CHECKING],
    summary="The verdict as a picture",
    response_class=Response,
    responses={
        200: {
            "description": "The picture.",
            "content": {"image/svg+xml": {"schema": _TEXT}, "image/png": {"schema": _BYTES}},
        },
        **refusals(409, 503),
    },
)
@in_database_thread
def get_validation_plot(
    jobs: JobsDep, owner: JobOwner, identity: Identity, kind: Literal["svg", "png"]
) -> Response:
    """Draw paired seeds, and the effect against the smallest effect of interest."""
    media = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    return Response(jobs.picture(identity, owner, kind), media_type=media)


@in_database_thread
def _watched_job(jobs: JobsDep, owner: JobOwner, identity: Identity) -> str:
    """Find the job before anything is streamed, so that a problem can still be told."""
    return jobs.get(identity, owner).id


@media_router.get(
    "/validations/{id}/events",
    operation_id="watch_validation",
    summary="What happens to a validation, as it happens (server-sent events)",
    dependencies=[STREAMING],
    response_class=EventSourceResponse,
    responses=refusals(503),
)
async def watch_validation(
    request: Request,
    service: ServiceDep,
    jobs: JobsDep,
    owner: JobOwner,
    identity: Annotated[str, Depends(_watched_job)],
    last_event_id: Annotated[
        int, Header(ge=0, le=2**31, description="number of the last event that was seen")
    ] = 0,
) -> AsyncIterator[ServerSentEvent]:
    """Send every event with its number as id, until the last one or the end of this process."""
    seen = last_event_id
    if request.scope.get(HEAD):
        return
    while not service.stopping():
        try:
            over, events = await _events_since(jobs, owner, identity, seen)
        except Unavailable as error:  # what was promised is an end: it comes with the database
            service.log.warning("events wait", job=identity, reason=str(error))
            over, events = False, ()
        for event in events:
            seen = event.number
            yield _sent(event)
        if over:
            return
        await asyncio.sleep(_POLLED)


@in_database_thread
def _events_since(jobs: Jobs, owner: str, identity: str, seen: int) -> tuple[bool, Sequence[Event]]:
    """Return whether a job is over, and its events after one; if it is, the last one is there."""
    over = jobs.get(identity, owner).over
    return over, jobs.events(identity, owner, seen)


def _shown(job: Job) -> Validation:
    return cast("Validation", job.document())


def _sent(event: Event) -> ServerSentEvent:
    return ServerSentEvent(
        id=str(event.number), event=event.kind, data={"at": event.at, **event.data}
    )

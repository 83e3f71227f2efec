"""Knowledge sets: a team's own records, uploaded by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from crosscurrent.predictor.document_types import Differences

from ..bodies import PatientRoute
from ..knowledge_sets import Version, described
from ..pagination import LARGEST, paginate
from ..responses import answered, refusals
from ..service import SMALLER, Owner, ResponderDep, ServiceDep
from ..shapes.service import KnowledgeSet, KnowledgeSets, KnowledgeVersion

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["knowledge"], route_class=PatientRoute)

Name = Annotated[str, Path(max_length=200, description="NAME, or NAME@VERSION")]


class SetListQuery(BaseModel):
    """Query for a page of versions."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=LARGEST, description="versions on a page")
    next: str | None = Field(None, max_length=200, description="token of the page, from the last")


class DiffQuery(BaseModel):
    """Query for two sets to compare."""

    model_config = ConfigDict(extra="forbid")

    from_: str | None = Field(
        None, alias="from", max_length=100, description="a set; without it the service's own"
    )
    to: str | None = Field(None, max_length=100, description="a set; without it the service's own")


class Files(BaseModel):
    """Knowledge files."""

    model_config = ConfigDict(extra="forbid", strict=True)

    files: dict[str, str] = Field(
        min_length=1, max_length=200, description="the text of each file, by its name"
    )


@router.get(
    "/knowledge",
    operation_id="list_knowledge",
    summary="The versions of all knowledge sets",
    responses={200: {"description": "Versions by name, newest first.", "model": KnowledgeSets}},
)
def list_knowledge(service: ServiceDep, query: Annotated[SetListQuery, Query()]) -> KnowledgeSets:
    """List what was uploaded, retired versions too."""
    versions, damaged = service.sets.listed()
    for each in damaged:
        service.log.error("knowledge left out of the list", reason=each)
    state = f"sets {[(v.name, v.version) for v in versions]}"
    shown, token = paginate(versions, state, query.limit, query.next)
    return {
        "sets": [described(each) for each in shown],
        "next": token,
        "knowledge": service.kb.digest,
    }


@router.get(
    "/knowledge/diff",
    operation_id="diff_knowledge",
    summary="What one knowledge set says differently from another",
    responses=answered(Differences, "What changes in records and predictions."),
)
async def diff_knowledge(responder: ResponderDep, query: Annotated[DiffQuery, Query()]) -> Response:
    """Answer as `crosscurrent kb diff --json` does."""
    return await responder.compare(query.from_, query.to)


@router.get(
    "/knowledge/{name}",
    operation_id="get_knowledge",
    summary="One version of a knowledge set, with its files",
    responses={200: {"description": "The version.", "model": KnowledgeSet}},
)
def get_knowledge(service: ServiceDep, name: Name) -> KnowledgeSet:
    """Return the version that is named, or the newest that is not retired."""
    found = service.sets.get(name)
    return {
        **described(found),
        "contents": dict(found.files),
        "versions": service.sets.numbers(found.name),
    }


@router.put(
    "/knowledge/{name}",
    operation_id="put_knowledge",
    summary="Keep knowledge files as the newest version of a set",
    status_code=201,
    responses={
        201: {
            "description": "A new version.",
            "model": KnowledgeVersion,
            "headers": {"Location": {"description": "the version", "schema": {"type": "string"}}},
        },
        200: {
            "description": "The newest version has these files already.",
            "model": KnowledgeVersion,
        },
        **refusals(403, 413, 415, 507),
    },
)
async def put_knowledge(
    service: ServiceDep,
    owner: Owner,
    name: Annotated[str, Path(max_length=200, description="NAME")],
    body: Annotated[Files, Body()],
    response: Response,
) -> KnowledgeVersion:
    """Check the files on top of the service's own knowledge; keep them if all are sound."""

    def put() -> tuple[Version, bool]:
        return service.sets.put(name, body.files, owner)

    version, new = await service.compute(owner, put, SMALLER)
    if new:
        service.log.info("knowledge kept", name=name, version=version.version, key=owner)
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/knowledge/{version.name}@{version.version}"
    return described(version)


@router.delete(
    "/knowledge/{name}",
    operation_id="retire_knowledge",
    summary="Take a version, or a whole set, out of use; nothing is deleted",
    status_code=204,
    responses={204: {"description": "It is retired."}, **refusals(403, 413, 507)},
)
def retire_knowledge(service: ServiceDep, owner: Owner, name: Name) -> None:
    """Retire the version that is named, or all of a set."""
    service.sets.retire(name, owner)
    service.log.info("knowledge retired", name=name, key=owner)

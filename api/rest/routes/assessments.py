"""Assessments and checks of deployments: what the whole of a described system lets expect."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from crosscurrent import __version__
from crosscurrent.api.answers.checks import day
from crosscurrent.api.answers.deployments import assess_sent
from crosscurrent.api.reports.deployments import deployment_report
from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.deployment_files import MAX_BYTES
from crosscurrent.predictor.deployments.check_document_types import DeploymentCheck
from crosscurrent.predictor.deployments.check_documents import check_document
from crosscurrent.predictor.deployments.document_types import DeploymentAssessment
from crosscurrent.predictor.deployments.documents import deployment_document
from crosscurrent.predictor.deployments.gate import judge

from ..knowledge_sets import now
from ..problems import ProblemError
from ..response_cache import LARGEST_ANSWER, encoded
from ..responses import refusals, when_described
from ..service import KnowledgeQuery, Owner, ServiceDep

__all__ = ["ASSESSMENT_LESS", "REPORT_HEADERS", "router"]

router = APIRouter(prefix="/v1")

Media = Literal["application/json", "text/html"]

ASSESSMENT_LESS: Final = "describe fewer adversaries or defenses"
"""What to ask instead of an assessment that takes too much."""

REPORT_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of a report: it brings its own style, and runs and loads nothing."""

_NAMES: Final = {
    "application/json": "deployment.json",
    "application/yaml": "deployment.yaml",
    "application/x-yaml": "deployment.yaml",
    "text/yaml": "deployment.yaml",
}
"""What problems call the body, by its media type."""

_JSON: Final = frozenset({"application/json", "application/*", "*/*"})
_PAGE: Final = frozenset({"text/html"})
_QUALITY: Final = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")

_BODY: Final = {
    "requestBody": {
        "description": "a deployment file; results of the machine it comes from are refused",
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/DeploymentFile"}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}


async def chosen_media(request: Request) -> Media:
    """Return the media type of the answer: JSON, unless the request prefers a page.

    Raises
    ------
    ProblemError
        406, if it takes neither.
    """
    accept = request.headers.get("accept", "").strip() or "*/*"
    json, page = _quality(accept, _JSON), _quality(accept, _PAGE)
    if not json and not page:
        raise ProblemError(406, "this is answered in application/json or text/html")
    return "text/html" if page > json else "application/json"


async def require_json_answer(request: Request) -> None:
    """Refuse a request that takes no JSON."""
    if not _quality(request.headers.get("accept", "").strip() or "*/*", _JSON):
        raise ProblemError(406, "this is answered in application/json")


def _quality(accept: str, wanted: frozenset[str]) -> float:
    """Return how much a header likes the best of some media types; 0 if it takes none."""
    best = 0.0
    for part in accept[:4096].lower().split(","):
        media, *parameters = (each.strip() for each in part.split(";"))
        stated = (_QUALITY.fullmatch(each) for each in parameters)
        quality = next((float(each[1]) for each in stated if each), 1.0)
        if media in wanted:
            best = max(best, quality)
    return best


async def named_body(request: Request) -> str:
    """Return what problems call the body.

    Raises
    ------
    ProblemError
        415, if it is not said to be JSON or YAML.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _NAMES:
        detail = "send the deployment with Content-Type: application/json or application/yaml"
        raise ProblemError(415, detail)
    return _NAMES[media]


@router.post(
    "/assessments",
    operation_id="assess",
    summary="What all defenses of a deployment let expect, and what to do next",
    tags=["assessments"],
    response_class=Response,
    openapi_extra=_BODY,
    responses={
        200: {
            "description": "The assessment, or with Accept: text/html the report.",
            "model": when_described(DeploymentAssessment),
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
        **refusals(413, 415),
    },
)
async def post_assessment(
    request: Request,
    service: ServiceDep,
    owner: Owner,
    query: Annotated[KnowledgeQuery, Query()],
    media: Annotated[Media, Depends(chosen_media)],
    name: Annotated[str, Depends(named_body)],
) -> Response:
    """Answer as `crosscurrent assess --json` does; nothing of the body is kept."""
    body = await _body(request)

    def made() -> bytes:
        return _answered(service.knowledge(query.knowledge), body, name, media)

    content = await service.compute(owner, made, ASSESSMENT_LESS)
    headers = REPORT_HEADERS if media == "text/html" else {}
    return Response(content, headers=headers, media_type=media)


class CheckQuery(KnowledgeQuery):
    """What `crosscurrent check` takes beside the deployment."""

    today: str | None = Field(
        None,
        max_length=10,
        description="the day on which acceptances have expired or not, as 2027-06-30; by default"
        " today, in UTC",
    )


@router.post(
    "/checks",
    operation_id="check",
    summary="Whether a deployment passes the policy of its file",
    tags=["assessments"],
    response_class=Response,
    openapi_extra=_BODY,
    dependencies=[Depends(require_json_answer)],
    responses={
        200: {
            "description": "The check, whether it passes or not.",
            "model": when_described(DeploymentCheck),
        },
        **refusals(413, 415),
    },
)
async def post_check(
    request: Request,
    service: ServiceDep,
    owner: Owner,
    query: Annotated[CheckQuery, Query()],
    name: Annotated[str, Depends(named_body)],
) -> Response:
    """Answer as `crosscurrent check --json` does, compared with nothing; nothing is kept."""
    today, body = day(query.today), await _body(request)

    def made() -> bytes:
        found = assess_sent(service.knowledge(query.knowledge), body, name)
        return encoded(check_document(judge(found, today)))

    content = await service.compute(owner, made, ASSESSMENT_LESS)
    return Response(content, media_type="application/json")


async def _body(request: Request) -> bytes:
    body = await request.body()
    if len(body) > MAX_BYTES:
        raise ProblemError(413, f"a deployment may have {MAX_BYTES // 1024} KiB")
    return body


def _answered(kb: KnowledgeBase, body: bytes, name: str, media: Media) -> bytes:
    found = assess_sent(kb, body, name)
    if media == "application/json":
        return encoded(deployment_document(kb, found))
    content = deployment_report(kb, found, made_on=now()[:10], version=__version__).encode()
    if len(content) > LARGEST_ANSWER:
        raise ProblemError(422, "the report is too large to be sent", kind="too-costly")
    return content

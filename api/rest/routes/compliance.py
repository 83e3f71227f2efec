"""Compliance: which defenses a standard asks for, and which of its requirements conflict."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from crosscurrent.api.answers import compliance
from crosscurrent.predictor.compliance_document_types import Compliance

from ..responses import answered
from ..service import KnowledgeQuery, ResponderDep

__all__ = ["router"]

router = APIRouter(prefix="/v1")

Standard = Annotated[str, Path(max_length=200, description="id or alias of a standard")]
Name = Annotated[str, Field(max_length=200)]


class ComplianceQuery(KnowledgeQuery):
    """What `crosscurrent comply` takes beside the standard."""

    level: str | None = Field(
        None, max_length=20, description="a level of the standard; by default the most demanding"
    )
    have: Annotated[list[Name], Field(max_length=50)] = Field(
        [], description="a defense that is in place; repeated"
    )


@router.get(
    "/standards/{name}/compliance",
    operation_id="get_compliance",
    summary="Which defenses a standard asks for, and which of its requirements endanger others",
    tags=["standards"],
    responses=answered(Compliance, "What is asked for, the dangers, an order, and repairs."),
)
async def get_compliance(
    responder: ResponderDep, name: Standard, query: Annotated[ComplianceQuery, Query()]
) -> Response:
    """Answer as `crosscurrent comply --json` does."""
    return await responder.answer(
        query.knowledge,
        compliance.comply,
        less="ask for a lower level, or name fewer defenses",
        standard=name,
        level=query.level,
        have=query.have,
    )

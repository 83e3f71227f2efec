"""Plans: sets of defenses that cover the risks one names."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from crosscurrent.api.answers import plans
from crosscurrent.predictor.joint_document_types import Plans

from ..responses import answered
from ..service import KnowledgeQuery, ResponderDep

__all__ = ["router"]

router = APIRouter(prefix="/v1")

Name = Annotated[str, Field(max_length=200)]
Names = Annotated[list[Name], Field(max_length=50)]


class PlanQuery(KnowledgeQuery):
    """What `crosscurrent plan` takes."""

    protect: Names = Field(min_length=1, description="a risk to cover; repeated")
    avoid: Names = Field([], description="a risk that no chosen defense may raise; repeated")
    have: Names = Field([], description="a defense that is there already and stays; repeated")
    max: int | None = Field(None, ge=1, le=1000, description="how many defenses at most")


@router.get(
    "/plans",
    operation_id="get_plans",
    summary="Which defenses to choose",
    tags=["plans"],
    responses=answered(Plans, "Sets of defenses of which none is better in every respect."),
)
async def get_plans(responder: ResponderDep, query: Annotated[PlanQuery, Query()]) -> Response:
    """Answer as `crosscurrent plan --json` does."""
    return await responder.answer(
        query.knowledge,
        plans.plan,
        less="protect fewer risks, or give a smaller max",
        protect=query.protect,
        avoid=query.avoid,
        have=query.have,
        most=query.max,
    )

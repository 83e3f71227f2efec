"""Published attacks: those that an adversary can mount."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from crosscurrent.api.answers import attacks
from crosscurrent.predictor.joint_document_types import PublishedAttacks

from ..responses import answered
from ..service import KnowledgeQuery, ResponderDep

__all__ = ["router"]

router = APIRouter(prefix="/v1")

Name = Annotated[str, Field(max_length=200)]


class AttackQuery(KnowledgeQuery):
    """What `crosscurrent attacks` takes."""

    risk: Name | None = Field(None, description="only attacks on this risk")
    capability: Name | None = None
    optimization: Name | None = None
    model_knowledge: Name | None = None
    output: Name | None = None
    interaction: Name | None = None
    data_knowledge: Name | None = None
    blindness: Name | None = None


@router.get(
    "/published-attacks",
    operation_id="get_published_attacks",
    summary="The published attacks that an adversary can mount",
    tags=["attacks"],
    responses=answered(PublishedAttacks, "Attacks that need no more than the adversary has."),
)
async def get_published_attacks(
    responder: ResponderDep, query: Annotated[AttackQuery, Query()]
) -> Response:
    """Answer as `crosscurrent attacks --json` does."""
    stated = {key: value for key in attacks.SCALES if (value := getattr(query, key)) is not None}
    return await responder.answer(
        query.knowledge,
        attacks.attacks,
        less="name a risk",
        risk=query.risk,
        adversary=stated,
    )

"""Collusions of attacks: pairs, sequences and chains."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from crosscurrent.api.answers import collusions
from crosscurrent.api.answers.adversaries import adversary_pairs
from crosscurrent.predictor.joint_document_types import (
    Chains,
    Collusion,
    Collusions,
    CollusionSequence,
)

from ..responses import answered
from ..service import KnowledgeQuery, ResponderDep

__all__ = ["router"]

router = APIRouter(prefix="/v1")

Name = Annotated[str, Field(max_length=200)]
Names = Annotated[list[Name], Field(max_length=50)]
_ADVERSARY = "what the adversary is, KEY=VALUE; may be repeated"


class CollusionQuery(KnowledgeQuery):
    """What `crosscurrent collude` takes."""

    attack: Names = Field(
        [],
        description="id, code or alias of an attack; none: all pairs, one: against all others, two:"
        " that pair, more: link by link",
    )
    adversary: Names = Field([], description=_ADVERSARY)


class ChainQuery(KnowledgeQuery):
    """What `crosscurrent collude --target` takes."""

    target: Name = Field(description="the attack that the chains end in")
    first: Name | None = Field(None, description="the attack that they begin with")
    adversary: Names = Field([], description=_ADVERSARY)
    limit: int = Field(collusions.CHAINS, ge=1, le=1000, description="chains to list")


@router.get(
    "/collusions",
    operation_id="get_collusions",
    summary="Which attacks amplify which",
    tags=["collusions"],
    responses=answered(
        Collusion | CollusionSequence | Collusions,
        "A pair if two attacks are named, a sequence if more are, many pairs otherwise.",
    ),
)
async def get_collusions(
    responder: ResponderDep, query: Annotated[CollusionQuery, Query()]
) -> Response:
    """Answer as `crosscurrent collude --json` does."""
    return await responder.answer(
        query.knowledge,
        collusions.collude,
        less="name two attacks: attack=NAME&attack=NAME",
        attacks=query.attack,
        adversary=adversary_pairs(query.adversary, "adversary"),
    )


@router.get(
    "/collusions/chains",
    operation_id="get_chains",
    summary="Chains of attacks that end in one, and what breaks them",
    tags=["collusions"],
    responses=answered(Chains, "The chains that are best shown first."),
)
async def get_chains(responder: ResponderDep, query: Annotated[ChainQuery, Query()]) -> Response:
    """Answer as `crosscurrent collude --target --json` does."""
    return await responder.answer(
        query.knowledge,
        collusions.chains,
        less="list fewer (limit), or state what the adversary is",
        target=query.target,
        first=query.first,
        adversary=adversary_pairs(query.adversary, "adversary"),
        limit=query.limit,
    )

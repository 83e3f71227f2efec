"""Combinations of defenses: conflicts, orders and repairs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from crosscurrent.api.answers import combinations
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.joint_document_types import Combination, Combinations

from ..responses import answered
from ..service import KnowledgeQuery, ResponderDep

__all__ = ["router"]

router = APIRouter(prefix="/v1")

Name = Annotated[str, Field(max_length=200)]
Names = Annotated[list[Name], Field(max_length=50)]


class CombinationQuery(KnowledgeQuery):
    """What `crosscurrent combine` takes."""

    defense: Names = Field(
        [], description="id, code or alias of a defense, with its @stage; repeated; none: every two"
    )
    tensions: bool = Field(False, description="also hints from the factor graph")


@router.get(
    "/conflicts",
    operation_id="get_conflicts",
    summary="Whether defenses can be combined, in which order, and if not, what to change",
    tags=["conflicts"],
    responses=answered(Combination | Combinations, "The combination; all pairs if none is named."),
)
async def get_conflicts(
    responder: ResponderDep, query: Annotated[CombinationQuery, Query()]
) -> Response:
    """Answer as `crosscurrent combine --json` does, or `crosscurrent matrix combinations`."""
    if not query.defense:
        if query.tensions:
            raise InputError("tensions are of defenses that are named: add defense=NAME")
        return await responder.answer(
            query.knowledge,
            combinations.combinations,
            less="name two defenses or more: defense=NAME&defense=NAME",
        )
    return await responder.answer(
        query.knowledge,
        combinations.combination,
        less="name fewer defenses, or some at other stages: defense=NAME@STAGE",
        defenses=query.defense,
        tensions=query.tensions,
    )

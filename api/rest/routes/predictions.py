"""Predictions: the matrix, a defense, a pair, and what assumptions change."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from crosscurrent.api.answers import assumptions, predictions
from crosscurrent.knowledge.errors import InputError
from crosscurrent.predictor.document_types import Matrix, Prediction, Predictions, WhatIf

from ..bodies import PatientRoute
from ..responses import answered, refusals, when_described
from ..service import SMALLER, KnowledgeQuery, ResponderDep

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["predictions"], route_class=PatientRoute)

Question = Annotated[KnowledgeQuery, Query()]
Defense = Annotated[
    str,
    Path(
        max_length=200, description="id, code or alias of a defense, also at a stage: DEFENSE@STAGE"
    ),
]
Risk = Annotated[str, Path(max_length=200, description="id, code or alias of a risk")]
Names = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=50)]


class Assumptions(BaseModel):
    """What `crosscurrent what-if` takes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    defense: str = Field(
        max_length=200, description="id, code or alias of a defense, also at a stage: DEFENSE@STAGE"
    )
    risk: str | None = Field(
        None, max_length=200, description="id, code or alias of a risk; null: all"
    )
    raise_: Names = Field([], alias="raise", description="factors that the context raises")
    lower: Names = Field([], description="factors that the context lowers")
    hold: Names = Field([], description="factors that are kept constant by other means")
    adversary: Annotated[dict[str, str], Field(max_length=50)] = Field(
        {}, description="what the adversary is, by characteristic"
    )
    given: Annotated[dict[str, str], Field(max_length=50)] = Field(
        {}, description="conditions of models, data and attack, by condition"
    )


@router.get(
    "/predictions",
    operation_id="get_matrix",
    summary="What every defense does to every risk",
    responses=answered(Matrix, "A prediction for each pair."),
)
async def get_matrix(responder: ResponderDep, query: Question) -> Response:
    """Answer as `crosscurrent matrix --json` does."""
    return await responder.answer(
        query.knowledge,
        predictions.matrix,
        less="ask about one defense at a time: /v1/predictions/DEFENSE",
    )


@router.get(
    "/predictions/{defense}",
    operation_id="get_predictions",
    summary="What one defense does to every risk",
    responses=answered(Predictions, "A prediction for each risk."),
)
async def get_predictions(responder: ResponderDep, defense: Defense, query: Question) -> Response:
    """Answer as `crosscurrent predict DEFENSE --json` does."""
    return await responder.answer(
        query.knowledge,
        predictions.predictions,
        less="ask about one risk at a time: /v1/predictions/DEFENSE/RISK",
        defense=defense,
    )


@router.get(
    "/predictions/{defense}/{risk}",
    operation_id="get_prediction",
    summary="What one defense does to one risk, and why",
    responses=answered(Prediction, "The prediction with every path and source."),
)
async def get_prediction(
    responder: ResponderDep, defense: Defense, risk: Risk, query: Question
) -> Response:
    """Answer as `crosscurrent predict DEFENSE RISK --json` does."""
    return await responder.answer(
        query.knowledge, predictions.prediction, less=SMALLER, defense=defense, risk=risk
    )


@router.post(
    "/what-if",
    operation_id="what_if",
    summary="What assumptions change in the predictions of one defense",
    responses={
        200: {"description": "Predictions before and after.", "model": when_described(WhatIf)},
        **refusals(413, 415),
    },
)
async def what_if(
    responder: ResponderDep, query: Question, body: Annotated[Assumptions, Body()]
) -> Response:
    """Answer as `crosscurrent what-if --json` does."""
    if not (body.raise_ or body.lower or body.hold or body.adversary or body.given):
        raise InputError("nothing is assumed: give raise, lower, hold, adversary or given")
    return await responder.answer(
        query.knowledge,
        assumptions.what_if,
        less="name one risk",
        defense=body.defense,
        risk=body.risk,
        raise_=body.raise_,
        lower=body.lower,
        hold=body.hold,
        adversary=body.adversary,
        given=body.given,
    )

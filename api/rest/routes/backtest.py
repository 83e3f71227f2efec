"""Backtest of the conjectures against the explored pairs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from crosscurrent.api.answers import backtests
from crosscurrent.predictor.backtest_document_types import Backtest

from ..responses import answered
from ..service import KnowledgeQuery, ResponderDep

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["backtest"])

_MOST_RESAMPLES = 5000


class BacktestQuery(KnowledgeQuery):
    """What `crosscurrent backtest` takes, with fewer resamples at most: they take seconds."""

    seed: int = Field(0, ge=0, le=999_999_999, description="seed of the bootstrap")
    resamples: int = Field(
        backtests.RESAMPLES, ge=1, le=_MOST_RESAMPLES, description="bootstrap resamples"
    )


@router.get(
    "/backtest",
    operation_id="get_backtest",
    summary="How good the conjectures are, against every explored pair",
    responses=answered(Backtest, "Scores of all methods, with intervals."),
)
async def get_backtest(
    responder: ResponderDep, query: Annotated[BacktestQuery, Query()]
) -> Response:
    """Answer as `crosscurrent backtest --json` does."""
    return await responder.answer(
        query.knowledge,
        backtests.backtest,
        less="ask for fewer resamples",
        seed=query.seed,
        resamples=query.resamples,
    )

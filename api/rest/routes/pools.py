"""Pools: what was measured, over several data sets or models."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from crosscurrent.api.answers import pools
from crosscurrent.validator.results.pool_types import Pools

from ..responses import refusals, when_described
from ..service import ServiceDep, in_database_thread
from .validations import JobOwner, JobsDep

__all__ = ["router"]

router = APIRouter(prefix="/v1")


class PoolQuery(BaseModel):
    """What `crosscurrent results pool` takes."""

    model_config = ConfigDict(extra="forbid")

    defense: str | None = Field(None, max_length=200, description="of this defense only")
    risk: str | None = Field(None, max_length=200, description="of this risk only")
    over: Literal["data", "model"] = Field(
        "data", description="what the pooled results differ in: data, or model on the same data"
    )


@router.get(
    "/pools",
    operation_id="get_pools",
    summary="Mean effects over data sets, of what your latest 200 validations have measured",
    tags=["validations"],
    response_model=when_described(Pools),
    responses=refusals(503),
)
@in_database_thread
def get_pools(
    service: ServiceDep, jobs: JobsDep, owner: JobOwner, query: Annotated[PoolQuery, Query()]
) -> Pools:
    """Answer as `crosscurrent results pool --json` does."""
    return pools.pools(service.kb, jobs.studies(owner), query.defense, query.risk, query.over)

"""Whether the service lives and can answer, and its figures."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from crosscurrent.api.jobs.errors import Unavailable

from ..problems import ProblemError
from ..responses import refusals
from ..service import Here, apart
from ..shapes.service import Health

__all__ = ["router"]

router = APIRouter(tags=["service"])


@router.get("/health/live", operation_id="get_live", summary="Whether the process answers")
async def get_live() -> Health:
    """Answer at once."""
    return {"status": "live"}


@router.get(
    "/health/ready",
    operation_id="get_ready",
    summary="Whether knowledge is loaded, and the data folder and the jobs can be written",
    responses=refusals(503),
)
@apart
def get_ready(here: Here) -> Health:
    """Look at what a request may need."""
    try:
        here.check()
    except Unavailable:
        raise
    except OSError as error:
        raise ProblemError(503, f"the data folder can't be written: {error.strerror}") from error
    return {"status": "ready"}


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Figures in Prometheus's text format.",
            "content": {CONTENT_TYPE_LATEST: {"schema": {"type": "string"}}},
        }
    },
)
@apart
def get_metrics(here: Here) -> Response:
    """Write all figures."""
    here.metrics.see(here.unfinished())
    return Response(here.metrics.text(), media_type=CONTENT_TYPE_LATEST)

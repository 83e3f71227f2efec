"""Health checks and metrics."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from crosscurrent.api.jobs.errors import Unavailable

from ..problems import ProblemError
from ..responses import refusals
from ..service import ServiceDep, in_database_thread
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
@in_database_thread
def get_ready(service: ServiceDep) -> Health:
    """Look at what a request may need."""
    try:
        service.check()
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
@in_database_thread
def get_metrics(service: ServiceDep) -> Response:
    """Write all figures."""
    service.metrics.see(service.unfinished())
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

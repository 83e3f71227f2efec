"""One measurement: what was asked, how far it is, and what came out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from crosscurrent.api.jobs.records import Job
from crosscurrent.validator.experiments.assignments import DEFAULT_SEEDS
from crosscurrent.validator.requests import from_json

from ...rest.service import in_database_thread
from ...text.wording import STATE_MARKS
from ..drawings.interval import Interval, intervals
from ..measurements.form import again
from ..measurements.outcome import cell_outcomes, template_context
from ..measurements.progress import Progress, log_lines, progress
from ..measurements.subject import KINDS, circumstances, kind, subject
from ..measurements.summaries import JobOwner
from ..request import SAME_ORIGIN, PageRequest, PageRequestDep

__all__ = ["router"]

router = APIRouter()

_PAIRED = ("verdict", "collusion")
"""Kinds of documents with one effect."""


@router.get("/validate/{identity}")
@in_database_thread
def measurement(asked: PageRequestDep, owner: JobOwner, identity: str) -> Response:
    """Show a job as it is now."""
    asked.expect()
    jobs, state = asked.service.jobs(), asked.request.app.state
    job = jobs.get(identity, owner)
    events = state.event_cache.of(jobs, job)
    document = jobs.result(identity, owner) if job.state == "succeeded" else None
    what = kind(job.request)
    far = progress(events)
    found, smallest, seeds = _intervals(job, far, document if what in _PAIRED else None)
    needed = (document or {}).get("seeds_to_settle")
    return asked.render(
        "measurement.html",
        view="validate",
        job=job,
        sign=STATE_MARKS[job.state],
        kind=what,
        kind_name=KINDS[what],
        subject=subject(asked.words, asked.kb, job.request),
        circumstances=circumstances(job.request),
        command=(document or {}).get("command") or from_json(job.request).command_line(),
        far=far,
        intervals=found,
        drawings=[
            intervals(found, smallest, seeds, towards=_towards(what), narrow=narrow)
            for narrow in (False, True)
        ],
        again=again(job.request),
        more=again(job.request, needed) if needed else None,
        needed=needed,
        log=log_lines(asked.words, events),
        document=document,
        out=_outcome(asked, what, far, document),
    )


@router.post("/validate/{identity}/cancel", dependencies=[SAME_ORIGIN])
@in_database_thread
def cancel(asked: PageRequestDep, owner: JobOwner, identity: str) -> Response:
    """Cancel a job unless it has ended, and go back to it."""
    job = asked.service.jobs().cancel(identity, owner)
    return Response(status_code=303, headers={"Location": asked.link(f"/validate/{job.id}")})


def _intervals(
    job: Job, far: Progress, document: dict[str, Any] | None
) -> tuple[list[Interval], float, list[float]]:
    """Return the effect as it was after each batch, the last as the result has it."""
    of = job.request.get("seeds", DEFAULT_SEEDS)
    found = [
        Interval(f"after {each['seeds']} of {of} seeds", *_numbers(each)) for each in far.intervals
    ]
    if document is None:
        smallest = far.intervals[-1].get("smallest_effect", 0.0) if found else 0.0
        return found, smallest, []
    effect, seeds = document["effect"], len(document["seeds"])
    before = [
        each for each, seen in zip(found, far.intervals, strict=True) if seen["seeds"] < seeds
    ]
    last = Interval(f"all {seeds} seeds", *_numbers(effect), document["outcome"])
    return [*before, last], effect["smallest_effect"], effect["differences"]


def _towards(what: str) -> tuple[str, str]:
    if what == "collusion":
        return "weaker attack", "stronger attack"
    return "less susceptible", "more susceptible"


def _numbers(effect: Any) -> tuple[float, float, float]:
    return effect["estimate"], effect["low"], effect["high"]


def _outcome(
    asked: PageRequest, what: str, far: Progress, document: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what came out, or of a grid what has come out so far."""
    if document is not None:
        return template_context(what, asked.kb, asked.words, document)
    return {"rows": cell_outcomes(asked.kb, asked.words, far.cells) if what == "grid" else []}

"""Jobs and events as their owners see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dbos import StepInfo, WorkflowStatus

__all__ = ["ENDED", "UNFINISHED", "Event", "Job", "JobPage", "event_of", "job_of", "state_of"]

ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
"""States that a job never leaves."""
_STATES: Final = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "succeeded",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
UNFINISHED: Final = ("ENQUEUED", "DELAYED", "PENDING")
"""The states of DBOS of what has not ended."""
_LOST = "every worker that ran this job was lost; it is not tried again"


@dataclass(frozen=True)
class Job:
    """One validation.

    Attributes
    ----------
    id : str
        What it is called by.
    owner : str
        Whose it is.
    state : str
        ``queued``, ``running``, ``succeeded``, ``failed`` or ``cancelled``.
    request : dict
        What was asked for, without what is so by default.
    submitted : str
        When it was accepted, in UTC (ISO 8601).
    ended : str or None
        When it ended.
    error : str or None
        Why it failed.
    """

    id: str
    owner: str
    state: str
    request: dict[str, Any]
    submitted: str
    ended: str | None
    error: str | None

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state in ENDED

    def document(self) -> dict[str, Any]:
        """Return what its owner may see, ready for JSON."""
        return {name: value for name, value in vars(self).items() if name != "owner"}


@dataclass(frozen=True)
class JobPage:
    """Some of an owner's jobs, the latest first.

    Attributes
    ----------
    jobs : tuple of Job
        These.
    next : str or None
        Where the next page begins, if there is one.
    """

    jobs: tuple[Job, ...]
    next: str | None


@dataclass(frozen=True)
class Event:
    """Something that happened to a job.

    Attributes
    ----------
    number : int
        From 1 on, without gaps.
    kind : str
        ``accepted``, ``started``, ``planned``, ``working``, ``trials``, ``cell``,
        ``interrupted``, ``unfit``, ``refused``, ``raised``, ``stopped``, ``verdict``, and last
        ``succeeded``, ``failed`` or ``cancelled``.
    at : str
        When, in UTC (ISO 8601).
    data : dict
        The particulars, ready for JSON.
    """

    number: int
    kind: str
    at: str
    data: dict[str, Any]

    @property
    def last(self) -> bool:
        """Whether nothing comes after it."""
        return self.kind in ENDED


def state_of(status: str) -> str:
    """Return the state of a job in our words, from that of its workflow."""
    return _STATES[status]


def job_of(status: WorkflowStatus, latest: int = 0) -> Job:
    """Return the job behind a workflow.

    Parameters
    ----------
    status : WorkflowStatus
        What DBOS knows.
    latest : int
        When the last step of an ended job was kept, in milliseconds: by its own clock DBOS may
        have ended it before, since on SQLite that counts whole seconds.
    """
    state = state_of(status.status)
    error = None
    if status.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
        error = _LOST
    elif state == "failed" and status.error is not None:
        error = str(status.error)
    arguments: Any = status.input or {"args": ({},)}
    ended = max(status.completed_at or status.updated_at or 0, status.created_at or 0, latest)
    return Job(
        id=status.workflow_id,
        owner=status.authenticated_user or "",
        state=state,
        request=arguments["args"][0],
        submitted=_when(status.created_at),
        ended=_when(ended) if state in ENDED else None,
        error=error,
    )


def event_of(step: StepInfo) -> Event:
    """Return the event that a step of the workflow recorded."""
    message = dict(step["output"] or {})
    kind = message.pop("event", "interrupted")
    for inner in ("results", "ran", "memory"):  # for another worker, should this one be lost
        message.pop(inner, None)
    if kind == "verdict":
        document = message["document"]
        # of a grid the counts, of a variation the trend
        shown = ("id", "outcome", "verdict", "effect", "counts", "trend")
        message = {key: document[key] for key in shown if key in document}
    return Event(step["function_id"] + 1, kind, _when(step["completed_at_epoch_ms"]), message)


def _when(milliseconds: int | None) -> str:
    moment = datetime.fromtimestamp((milliseconds or 0) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds")

"""Queries of jobs: their states, events and results, as DBOS keeps them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from .database import APPLICATION, WORKFLOW, engine, migrate, reachable
from .errors import NoSuchJob, NoSuchPage, NotFinished
from .records import ENDED, UNFINISHED, Event, Job, JobPage, event_of, job_of, state_of
from .settings import JobSettings

if TYPE_CHECKING:
    from dbos import WorkflowStatus

__all__ = ["JobQueries"]

_LAST_ROUND = 2**31 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOKEN = re.compile(r"(\d{1,14})\.(\d{1,6})")


class JobQueries:
    """Queries that any number of processes and threads may make at once.

    Parameters
    ----------
    settings : JobSettings
        The database of jobs; made ready if it is not.

    Raises
    ------
    Unavailable
        By every method: the database cannot be used now.
    """

    def __init__(self, settings: JobSettings) -> None:
        from dbos import DBOSClient, DBOSPortableJSONSerializer  # not before there are jobs

        migrate(settings)
        self._settings = settings
        self._engine = engine(settings)
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )

    def get(self, identity: str, owner: str) -> Job:
        """Return one job.

        Raises
        ------
        NoSuchJob
            There is none of that name that is this owner's.
        """
        return self._job(self._own(identity, owner))

    def list(self, owner: str, after: str | None = None, limit: int = 50) -> JobPage:
        """Return an owner's jobs, the latest first.

        Parameters
        ----------
        owner : str
            Whose.
        after : str, optional
            `JobPage.next` of the page before.
        limit : int
            As many jobs as a page has.

        Raises
        ------
        NoSuchPage
            The token is none of ours.
        """
        until, skip = _place(after)
        with reachable(self._settings):
            found = self._client.list_workflows(
                user=owner,
                name=WORKFLOW,
                end_time=until,
                offset=skip,
                limit=limit + 1,
                sort_desc=True,
                load_output=False,
            )
        shown = found[:limit]
        latest = self._latest(shown)
        jobs = tuple(job_of(each, latest.get(each.workflow_id, 0)) for each in shown)
        if len(found) == len(shown) or not shown:
            return JobPage(jobs, None)
        last = shown[-1].created_at
        same = sum(each.created_at == last for each in shown)
        if len(jobs) == same and after and after.startswith(f"{last}."):
            same += skip
        return JobPage(jobs, f"{last}.{same}")

    def events(self, identity: str, owner: str, after: int = 0) -> Sequence[Event]:
        """Return what has happened to a job so far, in order, from the event past `after` on.

        Raises
        ------
        NoSuchJob
            There is none of that name that is this owner's.
        """
        job = self.get(identity, owner)  # first: an ended job has no further steps
        with reachable(self._settings):
            steps = self._client.list_workflow_steps(identity, offset=max(0, after - 1))
        events = [Event(1, "accepted", job.submitted, {}), *map(event_of, steps)]
        if job.state in ENDED:
            before = steps[-1]["function_id"] if steps else self._steps(identity)
            why = {} if job.error is None else {"error": job.error}
            events.append(Event(before + 2, job.state, job.ended or "", why))
        return [event for event in events if event.number > after]

    def result(self, identity: str, owner: str) -> dict[str, Any]:
        """Return the document that ``crosscurrent validate --json`` prints.

        Raises
        ------
        NoSuchJob
            There is none of that name that is this owner's.
        NotFinished
            The job has not succeeded.
        """
        status = self._own(identity, owner)
        state = job_of(status).state
        if state != "succeeded":
            raise NotFinished(identity, state)
        return cast("dict[str, Any]", status.output)

    def counted(self) -> dict[str, int]:
        """Return how many jobs of all owners wait, and how many run: ``queued``, ``running``."""
        name: sa.ColumnClause[str] = sa.column("name")
        status: sa.ColumnClause[str] = sa.column("status")
        workflows = sa.table("workflow_status", name, status, schema=self._schema)
        wanted = (
            sa.select(status, sa.func.count())
            .select_from(workflows)
            .where(name == WORKFLOW, status.in_(UNFINISHED))
            .group_by(status)
        )
        found = dict.fromkeys(map(state_of, UNFINISHED), 0)
        with reachable(self._settings), self._engine.connect() as connection:
            for kept, count in connection.execute(wanted):
                found[state_of(kept)] += count
        return found

    def _unfinished(self, connection: sa.Connection, owner: str, beside: str) -> int:
        """Return how many of an owner's jobs have not ended, beside one."""
        identity: sa.ColumnClause[str] = sa.column("workflow_uuid")
        name: sa.ColumnClause[str] = sa.column("name")
        status: sa.ColumnClause[str] = sa.column("status")
        user: sa.ColumnClause[str] = sa.column("authenticated_user")
        workflows = sa.table("workflow_status", identity, name, status, user, schema=self._schema)
        counted = (
            sa.select(sa.func.count())
            .select_from(workflows)
            .where(name == WORKFLOW, status.in_(UNFINISHED), user == owner, identity != beside)
        )
        return int(connection.execute(counted).scalar_one())

    def _round(self, connection: sa.Connection, owner: str, queue: str) -> int:
        """Return the round of a queue in which an owner's next job is taken, from 1 on.

        The first jobs of all owners come before their second ones (start-time fair queueing,
        Goyal, Vin and Cheng, SIGCOMM 1996): a job's round follows that of the owner's job before
        it, and is not before that of the jobs which are taken now.
        """
        name: sa.ColumnClause[str] = sa.column("name")
        status: sa.ColumnClause[str] = sa.column("status")
        user: sa.ColumnClause[str] = sa.column("authenticated_user")
        within: sa.ColumnClause[str] = sa.column("queue_name")
        priority: sa.ColumnClause[int] = sa.column("priority")
        workflows = sa.table(
            "workflow_status", name, status, user, within, priority, schema=self._schema
        )
        rounds = (
            sa.select(
                sa.func.max(sa.case((user == owner, priority))),
                sa.func.max(sa.case((status == "PENDING", priority))),
                sa.func.min(sa.case((status != "PENDING", priority))),
            )
            .select_from(workflows)
            .where(name == WORKFLOW, within == queue, status.in_(UNFINISHED))
        )
        own, running, waiting = connection.execute(rounds).one()
        now = running if running is not None else waiting
        return min(_LAST_ROUND, max((own or 0) + 1, now or 0))

    @property
    def _schema(self) -> str | None:
        """Schema of the tables of DBOS, where the database has schemas."""
        return None if self._engine.dialect.name == "sqlite" else "dbos"

    def _status(self, identity: str) -> WorkflowStatus | None:
        with reachable(self._settings):
            found = self._client.list_workflows(workflow_ids=[identity], name=WORKFLOW)
        return found[0] if found else None

    def _own(self, identity: str, owner: str) -> WorkflowStatus:
        status = self._status(identity) if identity.isprintable() else None
        if status is None or status.authenticated_user != owner:
            raise NoSuchJob(f"there is no job {identity}")
        return status

    def _job(self, status: WorkflowStatus) -> Job:
        return job_of(status, self._latest([status]).get(status.workflow_id, 0))

    def _latest(self, found: Sequence[WorkflowStatus]) -> dict[str, int]:
        """Return when the last step of each was kept, if it has ended and had any."""
        over = [each.workflow_id for each in found if job_of(each).over]
        if not over:
            return {}
        workflow: sa.ColumnClause[str] = sa.column("workflow_uuid")
        kept: sa.ColumnClause[int] = sa.column("completed_at_epoch_ms")
        steps = sa.table("operation_outputs", workflow, kept, schema=self._schema)
        wanted = (
            sa.select(workflow, sa.func.max(kept))
            .select_from(steps)
            .where(workflow.in_(over))
            .group_by(workflow)
        )
        with reachable(self._settings), self._engine.connect() as connection:
            return {identity: latest or 0 for identity, latest in connection.execute(wanted)}

    def _steps(self, identity: str) -> int:
        with reachable(self._settings):
            return len(self._client.list_workflow_steps(identity, load_output=False))


def _place(token: str | None) -> tuple[str | None, int]:
    """Read a page token: a time, and how many jobs of that very millisecond were shown."""
    if token is None:
        return None, 0
    read = _TOKEN.fullmatch(token)
    if read is None:
        raise NoSuchPage("there is no such page: use the token of the page before")
    # to the middle of the millisecond: what is compared is rounded down to whole ones
    until = _EPOCH + timedelta(milliseconds=int(read[1]), microseconds=500)
    return until.isoformat(), int(read[2])

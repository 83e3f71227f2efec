"""Jobs as their owners deal with them: submit, look, cancel, fetch what came out."""

from __future__ import annotations

import hashlib
import re
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer, WorkflowStatus

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.requests import Request, from_json

from .database import (
    APPLICATION,
    QUEUE,
    VERSION,
    WORKFLOW,
    engine,
    migrate,
    reachable,
    writable,
)
from .errors import (
    BeingAccepted,
    DifferentPayload,
    NoSuchJob,
    NoSuchPage,
    NotFinished,
    Refused,
    TooManyJobs,
)
from .records import ENDED, UNFINISHED, Event, Job, Page, event_of, job_of, state_of
from .sandbox import Checks
from .settings import JobSettings

__all__ = ["PICTURES", "Jobs"]

PICTURES = {"png": ".png", "svg": ".svg"}
_LONGEST_KEY = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOKEN = re.compile(r"(\d{1,14})\.(\d{1,6})")


class Jobs:
    """The jobs of one service; any number of processes and threads may use them at once.

    Parameters
    ----------
    settings : JobSettings
        Where they are kept, and what they may ask for.
    checks : Checks, optional
        By which requests are checked; by default its own, which it closes.
    kb : KnowledgeBase, optional
        Of which they ask what is expected; by default what is built in.

    Raises
    ------
    Unavailable
        By every method: the database cannot be used now.
    """

    def __init__(
        self,
        settings: JobSettings,
        checks: Checks | None = None,
        kb: KnowledgeBase | None = None,
    ) -> None:
        migrate(settings)
        self._settings = settings
        self._kb = kb or load()
        self._engine = engine(settings)
        self._client = DBOSClient(
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )
        self._checks = checks or Checks()
        self._close_checks = checks is None
        self._accepting: set[str] = set()
        self._catalogue: Mapping[str, Sequence[dict[str, Any]]] | None = None
        self._lock = threading.Lock()

    def submit(
        self, request: Mapping[str, Any], owner: str, idempotency_key: str | None = None
    ) -> Job:
        """Accept a job; once this returns, it will end in exactly one way whatever is killed.

        Parameters
        ----------
        request : mapping
            Options of ``crosscurrent validate``, as `validator.requests.json_schema` lists them.
        owner : str
            Who asks.
        idempotency_key : str, optional
            The owner's own name for this request: asked again, it is the same job.

        Raises
        ------
        Refused
            What is asked for cannot be measured here.
        DifferentPayload
            The key was used for another request.
        BeingAccepted
            The key is in use by a request that is being checked.
        TooManyJobs
            The owner has as many unfinished jobs as one may have.
        """
        asked = _read(request)
        wanted = asked.to_json()
        identity = _identity(owner, idempotency_key)
        with self._alone(identity):
            known = self._status(identity)
            if known is None:
                self._has_room(owner)
                beforehand = self._checks.check(wanted, self._settings, self._kb)
                self._enqueue(identity, owner, asked, beforehand)
                known = self._status(identity)
        if known is None:
            raise NoSuchJob(identity)
        job = self._job(known)
        if job.request != wanted:
            raise DifferentPayload(
                f"Idempotency-Key {idempotency_key!r} was used for another request"
            )
        return job

    def get(self, identity: str, owner: str) -> Job:
        """Return one job.

        Raises
        ------
        NoSuchJob
            There is none of that name that is this owner's.
        """
        return self._job(self._own(identity, owner))

    def list(self, owner: str, after: str | None = None, limit: int = 50) -> Page:
        """Return an owner's jobs, the latest first.

        Parameters
        ----------
        owner : str
            Whose.
        after : str, optional
            `Page.next` of the page before.
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
            return Page(jobs, None)
        last = shown[-1].created_at
        same = sum(each.created_at == last for each in shown)
        if len(jobs) == same and after and after.startswith(f"{last}."):
            same += skip
        return Page(jobs, f"{last}.{same}")

    def cancel(self, identity: str, owner: str) -> Job:
        """Cancel a job unless it has ended; return what has become of it.

        Raises
        ------
        NoSuchJob
            There is none of that name that is this owner's.
        """
        job = self.get(identity, owner)
        if job.state not in ENDED:
            writable(self._engine, self._settings)
            with reachable(self._settings):
                self._client.cancel_workflow(identity)
        return self.get(identity, owner)

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

    def report(self, identity: str, owner: str) -> str:
        """Return the result in the words of the command line; raises as `result` does."""
        from crosscurrent.api.text.measured import describe
        from crosscurrent.api.text.terminal import Style

        look = Style(colour=False, unicode=True)
        return describe(self.result(identity, owner), look, here=False)

    def picture(self, identity: str, owner: str, kind: str = "svg") -> bytes:
        """Draw the result as ``png`` or ``svg``; raises as `result` does."""
        if kind not in PICTURES:
            raise InputError(f"a picture is {' or '.join(PICTURES)}")
        return self._checks.picture(self.result(identity, owner), PICTURES[kind])

    def evidence(self, identity: str, owner: str) -> dict[str, bytes]:
        """Return the result as knowledge files, by name; raises as `result` does."""
        return self._checks.evidence(self.result(identity, owner))

    def page(self, identity: str, owner: str) -> str:
        """Return the result as an HTML page that refers to nothing; raises as `result` does."""
        return self._checks.page(self.result(identity, owner), self._kb)

    def catalogue(self) -> Mapping[str, Sequence[dict[str, Any]]]:
        """Return what can be asked for, as ``validate --list --json`` gives it."""
        if self._catalogue is None:
            self._catalogue = self._checks.catalogue()
        return self._catalogue

    def counted(self) -> dict[str, int]:
        """Return how many jobs of all owners wait, and how many run: ``queued``, ``running``."""
        schema = None if self._engine.dialect.name == "sqlite" else "dbos"
        name: sa.ColumnClause[str] = sa.column("name")
        status: sa.ColumnClause[str] = sa.column("status")
        workflows = sa.table("workflow_status", name, status, schema=schema)
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

    def ready(self) -> None:
        """Raise `Unavailable` unless a job could be accepted now."""
        writable(self._engine, self._settings)

    def close(self) -> None:
        """Let connections and processes go."""
        if self._close_checks:
            self._checks.close()
        self._client.destroy()
        self._engine.dispose()

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
        schema = None if self._engine.dialect.name == "sqlite" else "dbos"
        workflow: sa.ColumnClause[str] = sa.column("workflow_uuid")
        kept: sa.ColumnClause[int] = sa.column("completed_at_epoch_ms")
        steps = sa.table("operation_outputs", workflow, kept, schema=schema)
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

    def _has_room(self, owner: str) -> None:
        """Raise `TooManyJobs` if an owner has enough to wait for."""
        most = self._settings.max_jobs
        with reachable(self._settings):
            unfinished = self._client.list_workflows(
                user=owner,
                name=WORKFLOW,
                status=list(UNFINISHED),
                limit=most,
                load_input=False,
                load_output=False,
            )
        if len(unfinished) >= most:
            raise TooManyJobs(
                f"{most} of your validations have not ended: wait for some, or cancel them"
            )

    def _enqueue(
        self, identity: str, owner: str, request: Request, beforehand: dict[str, Any]
    ) -> None:
        """Write a job in one transaction; if another server was faster, its job stands."""
        with reachable(self._settings), self._engine.begin() as connection:
            self._client.enqueue_in_transaction(
                connection,
                {
                    "workflow_name": WORKFLOW,
                    "queue_name": QUEUE.format(device=request.device),
                    "workflow_id": identity,
                    "app_version": VERSION,
                    "authenticated_user": owner,
                },
                request.to_json(),
                beforehand,
            )

    @contextmanager
    def _alone(self, identity: str) -> Iterator[None]:
        with self._lock:
            if identity in self._accepting:
                raise BeingAccepted("a request with this Idempotency-Key is being checked")
            self._accepting.add(identity)
        try:
            yield
        finally:
            with self._lock:
                self._accepting.discard(identity)


def _read(request: Mapping[str, Any]) -> Request:
    """Read a request, or raise `Refused`."""
    try:
        return from_json(request)
    except InputError as error:
        raise Refused(str(error), tuple(getattr(error, "suggestions", ()))) from error


def _identity(owner: str, key: str | None) -> str:
    """Return a name for a job: the same for the same owner and key, otherwise a new one."""
    if key is None:
        return uuid.uuid4().hex
    if not 0 < len(key) <= _LONGEST_KEY:
        raise InputError(f"Idempotency-Key should have 1 to {_LONGEST_KEY} characters")
    return hashlib.sha256(f"{len(owner)} {owner} {key}".encode()).hexdigest()[:32]


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

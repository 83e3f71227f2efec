"""Jobs as their owners deal with them: submitted, looked at, cancelled, and their results."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.requests import Request, from_json

from .database import QUEUE, VERSION, WORKFLOW, begin_writing, reachable, writable
from .errors import (
    BeingAccepted,
    DifferentPayload,
    NoSuchJob,
    NotEnded,
    Refused,
    TooManyJobs,
)
from .queries import JobQueries
from .records import ENDED, Job
from .sandbox import Checks
from .settings import LIMIT, JobSettings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crosscurrent.validator.results.pools import Study

__all__ = ["PICTURES", "POOLED", "Jobs"]

POOLED = 200
"""Latest jobs of an owner whose results are pooled."""
PICTURES = {"png": ".png", "svg": ".svg"}
_LONGEST_KEY = 255


class Jobs(JobQueries):
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
        super().__init__(settings)
        self._kb = kb or load()
        self._checks = checks or Checks()
        self._close_checks = checks is None
        self._accepting: set[str] = set()
        self._catalogue: Mapping[str, Sequence[dict[str, Any]]] | None = None
        self._lock = threading.Lock()

    def submit(
        self,
        request: Mapping[str, Any],
        owner: str,
        idempotency_key: str | None = None,
        seconds: int | None = None,
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
        seconds : int, optional
            For which it may train, if that is less than any job may.

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
                with reachable(self._settings), self._engine.connect() as connection:
                    # before it is checked, which takes long, and again when it is accepted
                    self._has_room(connection, owner, identity)
                beforehand = self._checks.check(wanted, self._settings, self._kb)
                most = self._settings.max_job_seconds
                limited = {**beforehand, LIMIT: min(most, seconds or most)}
                self._enqueue(identity, owner, asked, limited)
                known = self._status(identity)
        if known is None:
            raise NoSuchJob(identity)
        job = self._job(known)
        if job.request != wanted:
            raise DifferentPayload(
                f"Idempotency-Key {idempotency_key!r} was used for another request"
            )
        return job

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

    def delete(self, identity: str, owner: str) -> Job:
        """Delete a job that has ended, with its events and its result; return what it was.

        Raises
        ------
        NoSuchJob
            There is none of that name that is this owner's.
        NotEnded
            It has not ended.
        """
        job = self.get(identity, owner)
        if not job.over:
            raise NotEnded(f"job {identity} is {job.state}: cancel it first")
        writable(self._engine, self._settings)
        with reachable(self._settings):
            self._client.delete_workflow(identity)
        return job

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

    def studies(self, owner: str) -> list[Study]:
        """Return results of the owner's latest jobs as pooling takes them, the latest last.

        Those of pairs and grids; the data of a variation are not as they are.

        Raises
        ------
        Unavailable
            The database cannot be used now.
        """
        from crosscurrent.validator.results.documents import verdicts_of
        from crosscurrent.validator.results.pools import study

        listed = self.list(owner, limit=POOLED).jobs
        return [
            study(each)
            for job in reversed(listed)
            if job.state == "succeeded" and not job.request.get("vary")
            for each in verdicts_of(self.result(job.id, owner))
        ]

    def catalogue(self) -> Mapping[str, Sequence[dict[str, Any]]]:
        """Return what can be asked for, as ``validate --list --json`` gives it."""
        if self._catalogue is None:
            self._catalogue = self._checks.catalogue()
        return self._catalogue

    def ready(self) -> None:
        """Raise `Unavailable` unless a job could be accepted now."""
        writable(self._engine, self._settings)

    def close(self) -> None:
        """Let connections and processes go."""
        if self._close_checks:
            self._checks.close()
        self._client.destroy()
        self._engine.dispose()

    def _has_room(self, connection: sa.Connection, owner: str, identity: str) -> None:
        """Raise `TooManyJobs` if an owner has enough to wait for beside a job."""
        most = self._settings.max_jobs
        if self._unfinished(connection, owner, identity) >= most:
            raise TooManyJobs(
                f"{most} of your validations have not ended: wait for some, or cancel them"
            )

    def _enqueue(
        self, identity: str, owner: str, request: Request, beforehand: dict[str, Any]
    ) -> None:
        """Write a job in one transaction; if another server was faster, its job stands."""
        queue = QUEUE.format(device=request.device)
        with reachable(self._settings), self._engine.begin() as connection:
            begin_writing(connection, owner)
            self._has_room(connection, owner, identity)
            turn = self._round(connection, owner, queue)
            self._client.enqueue_in_transaction(
                connection,
                {
                    "workflow_name": WORKFLOW,
                    "queue_name": queue,
                    "priority": turn,
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

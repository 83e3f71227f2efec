"""Parts of one running service, and the dependencies by which routes reach them."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial, wraps
from threading import Lock
from time import monotonic
from typing import Annotated, Any, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from crosscurrent.api.answers import comparisons
from crosscurrent.api.answers.budgets import MOST_STEPS, bounded
from crosscurrent.api.jobs.errors import Unavailable
from crosscurrent.api.jobs.sandbox import PROCESSES
from crosscurrent.api.jobs.service import Jobs
from crosscurrent.knowledge import KnowledgeBase, load
from crosscurrent.knowledge.errors import legible
from crosscurrent.predictor.budget import Budget, TooCostly
from crosscurrent.validator.extra import absent

from ..logs import Log
from .introspection import fields
from .keys import KeyFile, Keyring
from .knowledge_sets import KnowledgeSets
from .metrics import Metrics
from .middleware import JOB_SECONDS, OWNER, accepts_json
from .problems import ProblemError
from .response_cache import CachedResponse, ResponseCache, code_digest
from .settings import Settings
from .turns import Share, Turns

__all__ = [
    "ANSWERING",
    "CHECKING",
    "SMALLER",
    "STREAMING",
    "JobSeconds",
    "KnowledgeQuery",
    "Owner",
    "Responder",
    "ResponderDep",
    "Service",
    "ServiceDep",
    "in_database_thread",
    "owner",
    "reject_repeated_parameters",
    "require_json",
    "service",
]


SMALLER = "use a smaller knowledge set"
"""What to ask instead of a question that is as small as it can be."""

P = ParamSpec("P")
T = TypeVar("T")

_DATABASE = CapacityLimiter(16)
"""Threads that may wait for the database or a check: however slow these are, others answer."""
_COMPUTED = 2
"""Questions that are computed at a time: each takes a part of the time of the event loop."""
_COMPUTING = CapacityLimiter(_COMPUTED)
_WAITING = 100
"""Requests of one key that may wait for either."""
_ROOM = 16 * 1024 * 1024
"""Bytes that have to be free where data are kept."""
_STREAMS = 100
"""Streams of events that one key may have open: each looks at the database again and again."""
_AWAY = 5.0
"""Seconds for which a database that could not be used is not asked again."""


class Service:
    """The parts of one running service; ``request.app.state.service`` is one.

    Parameters
    ----------
    settings : Settings
        How it is set.
    log
        Where it writes what happens.

    Attributes
    ----------
    kb : KnowledgeBase
        The service's own knowledge, asked unless a request names a set; it never changes.
    sets : KnowledgeSets
        The sets that users uploaded.
    responses : ResponseCache
        Responses as bytes.
    keyring : Keyring or None
        The keys that open it.
    metrics : Metrics
        Its figures.
    questions, checks : Turns
        Turns at computing an answer, and at checking a request or drawing a result.
    streams : Share
        Streams of events that are open.
    stopping : callable
        Says whether the process is about to end.
    """

    def __init__(self, settings: Settings, log: Log) -> None:
        self.settings, self.log = settings, log
        self.kb = load(settings.knowledge)
        folder = f"{settings.data}/knowledge"
        self.sets = KnowledgeSets(folder, settings.knowledge, settings.max_versions)
        self.responses = ResponseCache(code_digest())
        self.keyring = Keyring(KeyFile(settings.keys)) if settings.keys else None
        self.metrics = Metrics()
        self.questions = Turns("questions are being answered", _COMPUTED, 1, _WAITING)
        self.streams = Share("streams of events", _STREAMS)
        self.checks = Turns("requests are being checked", PROCESSES, 1, _WAITING)
        self.stopping: Callable[[], bool] = lambda: False
        self._jobs: Jobs | None = None
        self._folder: tuple[int, int] | None = None
        self._away: tuple[float, Unavailable] | None = None
        self._lock = Lock()

    def jobs(self) -> Jobs:
        """Return the validation jobs; the database is made ready when they are first asked for.

        Raises
        ------
        ProblemError
            The extra ``validate`` is not installed here.
        Unavailable
            The database can't be used.
        """
        with self._lock:
            if self._jobs is None:
                if missing := absent():
                    raise ProblemError(
                        503, f"this service measures nothing: {', '.join(missing)} not installed"
                    )
                if self._away is not None and monotonic() - self._away[0] < _AWAY:
                    raise self._away[1]  # not each request should find that out again
                try:
                    self._jobs = Jobs(self.settings.for_jobs(), kb=self.kb)
                    self._folder = _identity(self.settings.data)
                except Unavailable as error:
                    self._away = monotonic(), error
                    raise
            self._same_folder()
            return self._jobs

    def existing_jobs(self) -> Jobs | None:
        """Return the jobs if there may be any; None if not, or if they can't be reached."""
        with self._lock:
            if self._jobs is not None:
                return self._jobs
        if absent() or not self.settings.for_jobs().begun:
            return None
        try:
            return self.jobs()
        except (OSError, ProblemError) as error:
            self.log.warning("jobs can't be looked at", reason=str(error))
            return None

    def unfinished(self) -> dict[str, int]:
        """Return how many validations wait and run; empty where that can't be known now."""
        with self._lock:
            jobs = self._jobs
        if jobs is not None:
            with suppress(Unavailable):
                return jobs.counted()
        return {}

    def check(self) -> None:
        """Raise OSError unless knowledge, and jobs if there are any, could be kept now."""
        self._same_folder()
        self.sets.check()
        free = os.statvfs(self.settings.data)
        if free.f_bavail * free.f_frsize < _ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.settings.data)
        with self._lock:
            jobs = self._jobs
        if jobs is not None:
            jobs.ready()

    def _same_folder(self) -> None:
        """Raise `Unavailable` if the data folder was taken away under an open database."""
        if self._folder is not None and _identity(self.settings.data) != self._folder:
            raise Unavailable(
                "the data folder was removed or replaced while the service ran: what is accepted"
                " now would be lost; start the service again"
            )

    def close(self) -> None:
        """Let go what was opened."""
        with self._lock:
            if self._jobs is not None:
                self._jobs.close()
                self._jobs = None

    def budget(self) -> Budget:
        """Return what one question may take of the thread that computes it."""
        return bounded(self.settings.max_seconds)

    async def compute(self, owner: str | None, task: Callable[[], T], less: str) -> T:
        """Compute something for a key when it is its turn, within the budget of a question.

        Parameters
        ----------
        owner : str or None
            The key's name.
        task : callable
            It runs in a thread of its own.
        less : str
            What to ask instead should it take too much, as an instruction.

        Raises
        ------
        ProblemError
            It takes too much, or others of the key's requests wait already.
        """
        async with self.questions.turn(owner):
            with self.budget():
                try:
                    return await to_thread.run_sync(task, limiter=_COMPUTING)
                except TooCostly as error:
                    seconds = self.settings.max_seconds
                    most = f"{seconds} s of computing or {MOST_STEPS:,} steps"
                    detail = f"this would take more than {most}: {less}"
                    raise ProblemError(422, detail, kind="too-costly") from error
                except ProblemError as error:
                    if error.kind == "too-costly":
                        error.detail += f": {less}"
                    raise

    def knowledge(self, name: str | None) -> KnowledgeBase:
        """Return the service's own knowledge, or that of a set, ``NAME`` or ``NAME@VERSION``.

        ``papers``, ``literature`` and ``all`` are the service's own with that built in.
        """
        return self.kb if name is None else self.sets.base(name)


def _identity(folder: str) -> tuple[int, int] | None:
    """Return by what the file system knows a folder; None if it is not there."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def in_database_thread(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Run a function that may wait for the database in a thread of the few that may."""

    @wraps(function)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return await to_thread.run_sync(partial(function, *args, **kwargs), limiter=_DATABASE)

    return run


# what routes depend on is async, though it never waits: FastAPI takes all else to another thread


async def service(request: Request) -> Service:
    """Return the service that a request was made of."""
    found: Service = request.app.state.service
    return found


async def owner(request: Request) -> str | None:
    """Return the name of the key that a request came with; None where no keys are asked for."""
    found: str | None = request.scope.get(OWNER)
    return found


ServiceDep = Annotated[Service, Depends(service)]
"""The service, for routes."""

Owner = Annotated[str | None, Depends(owner)]
"""Name of the key that a request came with, for routes."""


async def job_seconds(request: Request) -> int | None:
    """Return for how long a job of the key that asks may train, if the key says so."""
    found: int | None = request.scope.get(JOB_SECONDS)
    return found


JobSeconds = Annotated[int | None, Depends(job_seconds)]
"""Seconds for which a job of the key may train, for routes."""


async def answering(service: ServiceDep, owner: Owner) -> AsyncIterator[None]:
    """Hold a turn at computing, and its budget, while a route's function runs."""
    async with service.questions.turn(owner):
        with service.budget():
            yield


async def checking(service: ServiceDep, owner: Owner) -> AsyncIterator[None]:
    """Hold a turn at checking or drawing while a route's function runs."""
    async with service.checks.turn(owner):
        yield


async def streaming(service: ServiceDep, owner: Owner) -> AsyncIterator[None]:
    """Hold one of the streams of a key until the response is sent."""
    with service.streams.held(owner):
        yield


STREAMING = Depends(streaming)
"""For routes that stream events."""
ANSWERING, CHECKING = (Depends(each, scope="function") for each in (answering, checking))
"""For routes whose function computes, and those that have something checked or drawn."""


class KnowledgeQuery(BaseModel):
    """Query that every question takes; an unknown parameter is refused."""

    model_config = ConfigDict(extra="forbid")

    knowledge: str | None = Field(
        None,
        max_length=100,
        description="a knowledge set, NAME or NAME@VERSION, on top of the service's own knowledge;"
        " or papers, literature, all: that knowledge with the three papers alone built in, with the"
        " literature since on top of them, or with the measured tables on top of both",
    )


class Responder:
    """Answers one request with one function of `api.answers`.

    Parameters
    ----------
    request : Request
        The request.
    """

    def __init__(self, request: Request) -> None:
        self._request: Request = request
        self._service: Service = request.app.state.service

    async def answer(
        self,
        name: str | None,
        question: Callable[..., Mapping[str, Any]],
        /,
        *,
        less: str,
        **parameters: Any,
    ) -> Response:
        """Return the answer to a question, asked of a knowledge set or of the service's own.

        Parameters
        ----------
        name : str or None
            Of the set.
        question : callable
            The function of `api.answers`.
        less : str
            What to ask instead should that take too much.
        **parameters
            What it takes.
        """
        return await self.built(
            name, question, parameters, lambda kb: question(kb, **parameters), less=less
        )

    async def built(
        self,
        name: str | None,
        question: Callable[..., Any],
        parameters: Mapping[str, Any],
        build: Callable[[KnowledgeBase], Mapping[str, Any]],
        *,
        less: str,
    ) -> Response:
        """Return the response that `build` makes, or made before for the same question.

        Parameters
        ----------
        name : str or None
            Of the set that is asked.
        question, parameters
            They name the answer.
        build : callable
            Makes it.
        less : str
            What to ask instead should that take too much.
        """
        service, key = self._service, f"{question.__module__}.{question.__name__}"

        def made() -> CachedResponse:
            kb = service.knowledge(name)
            return service.responses.make(kb, key, parameters, lambda: build(kb))

        # what is known of the service's own knowledge is answered at once
        known = service.responses.known(service.kb, key, parameters) if name is None else None
        return await self._respond(known, made, less)

    async def compare(self, before: str | None, after: str | None) -> Response:
        """Return what one knowledge set says differently from another."""
        service, question = self._service, comparisons.diff

        def made() -> CachedResponse:
            old, new = service.knowledge(before), service.knowledge(after)
            key = f"{question.__module__}.{question.__name__}"
            return service.responses.make(old, key, {"to": new.digest}, lambda: question(old, new))

        return await self._respond(None, made, "compare smaller knowledge sets")

    async def _respond(
        self, known: CachedResponse | None, made: Callable[[], CachedResponse], less: str
    ) -> Response:
        if known is None:
            known = await self._service.compute(self._request.scope.get(OWNER), made, less)
        return self._service.responses.respond(self._request, known)


async def responder(request: Request) -> Responder:
    """Return the responder of a request."""
    return Responder(request)


ResponderDep = Annotated[Responder, Depends(responder)]
"""The responder of a request, for routes."""


async def reject_repeated_parameters(request: Request) -> None:
    """Refuse a parameter that is repeated but counts once, and any where there are none."""
    if not request.scope["query_string"]:
        return
    known = fields(request.scope["route"])["query"]
    names = [name for name, _ in request.query_params.multi_items()]
    faults = []
    for name in dict.fromkeys(names):
        if not known:
            message = "there are no parameters here"
        elif names.count(name) > 1 and not known.get(name, True):
            message = "is there more than once"
        else:
            continue
        faults.append({"field": f"query.{legible(name[:60])}", "message": message})
    if faults:
        detail = "; ".join(f"{each['field']}: {each['message']}" for each in faults[:3])
        raise ProblemError(422, detail, errors=faults[:100])


async def require_json(request: Request) -> None:
    """Refuse a request that takes no JSON, or whose body is none."""
    accept = request.headers.get("accept")
    if accept is not None and not accepts_json(accept.encode("latin-1", "replace")):
        raise ProblemError(406, "this service answers in application/json")
    if request.method in ("POST", "PUT"):
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            raise ProblemError(415, "send the body with Content-Type: application/json")

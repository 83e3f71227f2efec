"""What jobs measured, in short: looked up once, since what has ended never changes."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Annotated

from anyio import CapacityLimiter, move_on_after, to_thread
from fastapi import Depends, Request

from ...rest.problems import ProblemError
from .findings import Findings, Summary, summary

if TYPE_CHECKING:
    from crosscurrent.api.jobs.records import Job
    from crosscurrent.api.jobs.service import Jobs

    from ...rest.service import Service

__all__ = ["Holder", "Known", "Results", "holder", "known"]

_MOST = 5000
"""Summaries that are kept; each is small, but for grids."""
_LOOKED = 200
"""Latest jobs of a holder that the matrix looks at."""
_OWNERS = 1000
_PATIENCE = 2.0
"""Seconds that predictions wait for what was measured."""
_LOOKING = CapacityLimiter(4)
"""Threads that look for them: not those that wait for checks."""
_AWAY = 5.0
"""Seconds for which a database that could not be read, or took too long, is not asked again."""


class Results:
    """Summaries of jobs that have succeeded, as many as were asked for of late."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Summary] = OrderedDict()
        self._last: OrderedDict[str, Findings] = OrderedDict()
        self._lock = Lock()
        self._away = 0.0

    def summary(self, jobs: Jobs, job: Job) -> Summary | None:
        """Return what came out of a job; None unless it has succeeded.

        Raises
        ------
        Unavailable
            The database can't be read.
        """
        if job.state != "succeeded":
            return None
        with self._lock:
            if job.id in self._kept:
                self._kept.move_to_end(job.id)
                return self._kept[job.id]
        made = summary(jobs.result(job.id, job.owner), job)
        with self._lock:
            self._kept[job.id] = made
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return made

    def findings(self, jobs: Jobs, owner: str) -> Findings:
        """Return what the latest jobs of an owner measured of pairs.

        Raises
        ------
        Unavailable
            The database can't be read.
        """
        listed = jobs.list(owner, limit=_LOOKED).jobs
        summaries = [made for job in listed if (made := self.summary(jobs, job))]
        return Findings(
            [each for made in summaries for each in made.findings],
            [made.joint for made in summaries if made.joint],
        )

    def findings_if_any(self, service: Service, owner: str) -> Findings:
        """Do as `findings` does; if that can't be, say so in the log and return what was known."""
        if monotonic() < self._away or (jobs := service.kept()) is None:
            return self.last(owner)
        try:
            found = self.findings(jobs, owner)
        except Exception as error:  # noqa: BLE001 - predictions are shown whatever becomes of jobs
            self.rest()
            service.log.warning("results can't be read", reason=str(error))
            return self.last(owner)
        with self._lock:
            self._last[owner] = found
            self._last.move_to_end(owner)
            while len(self._last) > _OWNERS:
                self._last.popitem(last=False)
        return found

    def rest(self) -> None:
        """Don't look for a while: each page would wait as long again."""
        self._away = monotonic() + _AWAY

    def last(self, owner: str) -> Findings:
        """Return what `findings_if_any` found last."""
        with self._lock:
            return self._last.get(owner) or Findings()


async def holder(request: Request) -> str:
    """Return whose jobs a page is about; where no keys are asked for, they are everybody's.

    Raises
    ------
    ProblemError
        401, if there are keys and the request comes with none.
    """
    owner = _owner(request)
    if owner is None:
        raise ProblemError(401, "measurements belong to a key of this service: sign in with it")
    return owner


def _owner(request: Request) -> str | None:
    owner: str | None = request.scope.get("crosscurrent.owner")
    if owner is None and request.app.state.service.keyring is None:
        return "*"
    return owner


async def known(request: Request) -> Findings:
    """Return what whoever asks has measured; what was known before if looking takes too long."""
    owner = _owner(request)
    if owner is None:
        return Findings()
    results: Results = request.app.state.results
    look = partial(results.findings_if_any, request.app.state.service, owner)
    with move_on_after(_PATIENCE):
        return await to_thread.run_sync(look, limiter=_LOOKING, abandon_on_cancel=True)
    results.rest()
    return results.last(owner)


Holder = Annotated[str, Depends(holder)]
"""Whose jobs a page is about, for routes."""

Known = Annotated[Findings, Depends(known)]
"""What whoever asks has measured, for routes."""

"""Sandbox processes of a server: they check requests, draw, and write evidence.

Its tasks import torch and matplotlib, read users' data sets and may import users' models: a server
stays small, and outlives whatever happens there.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import signal
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, TimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import lru_cache, partial
from multiprocessing import get_context
from typing import Any, ParamSpec, TypeVar

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.knowledge.errors import InputError
from crosscurrent.validator.requests import from_json

from .blame import blamed
from .errors import Refused, Unavailable
from .settings import JobSettings

__all__ = ["PROCESSES", "Checks"]

P = ParamSpec("P")
T = TypeVar("T")

PROCESSES = 2
"""Tasks at a time: one that takes long does not hold up all others."""
_QUEUED = 60.0
"""Seconds for which a task may wait for others: the slowest take nearly that long."""
_PATIENCE = 120.0
"""Seconds within which a request is checked or a picture drawn."""


class Checks:
    """Processes that check requests and draw, each started when it is first needed.

    Parameters
    ----------
    memory : int, optional
        Bytes that each may take; by default 4 GiB, or a quarter of the machine's if that is more.
    """

    def __init__(self, memory: int | None = None) -> None:
        self._memory = memory or _usual_memory()
        self._idle: list[ProcessPoolExecutor] = []
        self._busy: set[ProcessPoolExecutor] = set()
        self._pickled: tuple[KnowledgeBase, bytes] | None = None
        self._lock = threading.Lock()
        self._turn = threading.Semaphore(PROCESSES)

    def check(
        self, request: Mapping[str, Any], settings: JobSettings, kb: KnowledgeBase
    ) -> dict[str, Any]:
        """Check a request as ``crosscurrent validate`` does before it trains anything.

        Returns
        -------
        dict
            What is known beforehand, as `Plan.beforehand` tells it.

        Raises
        ------
        Refused
            Something in it will not work.
        Unavailable
            It could not be checked.
        """
        return self._run(_check, dict(request), settings, self._sent(kb))

    def picture(self, document: dict[str, Any], ending: str) -> bytes:
        """Draw a result; the ending is ``.png``, ``.svg`` or ``.pdf``."""
        return self._run(_picture, document, ending)

    def evidence(self, document: dict[str, Any]) -> dict[str, bytes]:
        """Return a result as knowledge files, by name; there are none for a placebo."""
        return self._run(_evidence, document)

    def catalogue(self) -> dict[str, list[dict[str, Any]]]:
        """Return what can be measured, on what, and what can be set."""
        return self._run(_catalogue)

    def page(self, document: dict[str, Any], kb: KnowledgeBase) -> str:
        """Write a result as an HTML page; of several experiments, each that was measured."""
        return self._run(_page, document, self._sent(kb))

    @property
    def pids(self) -> list[int]:
        """The processes that check now."""
        with self._lock:
            return [pid for pool in (*self._idle, *self._busy) for pid in _pids(pool)]

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            pools = [*self._idle, *self._busy]
            self._idle.clear()
        for pool in pools:
            pool.shutdown(cancel_futures=True)

    def _sent(self, kb: KnowledgeBase) -> bytes:
        """Return knowledge as it is sent; to pickle it stops all threads for a moment."""
        with self._lock:
            if self._pickled is None or self._pickled[0] is not kb:
                self._pickled = kb, pickle.dumps(kb)
            return self._pickled[1]

    def _run(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if not self._turn.acquire(timeout=_QUEUED):
            raise Unavailable("other requests are being checked; try again")
        try:
            return self._alone(task, *args, **kwargs)
        finally:
            self._turn.release()

    def _alone(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a task in a process that does nothing else: what it takes is its own time."""
        with self._lock:
            if not self._idle:  # the one that was used last: it is warm
                self._idle.append(
                    ProcessPoolExecutor(1, get_context("spawn"), _begin, (self._memory,))
                )
            pool = self._idle.pop()
            self._busy.add(pool)
        sound = True
        try:
            return pool.submit(_bounded, partial(task, *args, **kwargs)).result(_PATIENCE)
        except (BrokenProcessPool, TimeoutError) as error:
            sound = False
            _end(pool)
            late = isinstance(error, TimeoutError)
            why = f"took more than {_PATIENCE:.0f} s" if late else "ended the process that did it"
            raise Unavailable(f"checking or drawing {why}; try again") from error
        finally:
            with self._lock:
                self._busy.discard(pool)
                if sound:
                    self._idle.append(pool)


def _end(broken: ProcessPoolExecutor) -> None:
    """End a process that does not answer; the next task gets a new one."""
    for process in _pids(broken):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    broken.shutdown(wait=False, cancel_futures=True)


def _pids(pool: ProcessPoolExecutor) -> list[int]:
    """Return the processes of a pool; there is no public name for them."""
    return list(getattr(pool, "_processes", None) or ())


def _begin(memory: int) -> None:
    """Prepare a process: it ends with the server, and takes no more memory than it may."""
    from crosscurrent.validator.machine.parents import end_with_parent

    end_with_parent()
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _bounded(task: Callable[[], T]) -> T:
    """Run a task; a request for which memory does not suffice is refused."""
    try:
        return task()
    except Exception as error:
        if blamed(error) != "memory":
            raise
        raise Refused(
            "this takes more memory than a service checks requests with: ask for less data, or"
            " measure it on the command line"
        ) from None


def _usual_memory() -> int:
    return max(4 << 30, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4)


@lru_cache(maxsize=1)
def _received(knowledge: bytes) -> KnowledgeBase:
    """Return the knowledge that the server sent, which is nearly always the same."""
    kb: KnowledgeBase = pickle.loads(knowledge)  # noqa: S301 - of our own parent
    return kb


def _check(request: dict[str, Any], settings: JobSettings, knowledge: bytes) -> dict[str, Any]:
    from crosscurrent.validator.measurements import prepare

    from .policy import admitted, outward

    try:
        asked = admitted(from_json(request), settings)
        # other devices are the workers'
        return prepare(_received(knowledge), replace(asked, device="cpu")).beforehand()
    except InputError as error:
        raise Refused(
            outward(str(error), settings), tuple(getattr(error, "suggestions", ()))
        ) from None


def _picture(document: dict[str, Any], ending: str) -> bytes:
    from crosscurrent.validator.measurements import draw

    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, f"verdict{ending}")
        draw(document, file)
        with open(file, "rb") as stream:
            return stream.read()


def _catalogue() -> dict[str, list[dict[str, Any]]]:
    from crosscurrent.validator.experiments.catalogue import catalogue

    return catalogue()


def _page(document: dict[str, Any], knowledge: bytes) -> str:
    from crosscurrent.validator.measurements import Report

    from ..reports.verdicts import report

    return report(_received(knowledge), Report(document).verdicts())


def _evidence(document: dict[str, Any]) -> dict[str, bytes]:
    from crosscurrent.validator.measurements import Report
    from crosscurrent.validator.results.evidence import export

    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for file in export(Report(document).verdicts(), folder):
            with open(file, "rb") as stream:
                files[os.path.basename(file)] = stream.read()
    return files

"""Training process as its worker sees it: started, listened to, killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from time import monotonic
from typing import Any, cast

from .blame import Kills, last_line, started_in_vain
from .settings import LIMIT, JobSettings

__all__ = ["TrainingProcess"]

_log = logging.getLogger("crosscurrent.worker")

_LONGEST_LINE = 256 * 1024 * 1024
"""Bytes of one message at most: it may hold the results of a thousand seeds."""


class TrainingProcess:
    """One job's training, in a process (and process group) of its own.

    Parameters
    ----------
    identity : str
        The job's id, for the log.
    job : dict
        What is to be measured, and what the server knew of it when it accepted that.
    settings : JobSettings
        Of this service.
    device : str
        Where this worker trains.

    Attributes
    ----------
    unfit : str or None
        Why this machine cannot go on with it, once that is known.
    """

    stopping = False
    """Whether the worker ends: what becomes of the processes then is nobody's failure."""

    def __init__(
        self, identity: str, job: dict[str, Any], settings: JobSettings, device: str
    ) -> None:
        self._identity = identity
        self._job, self._settings, self._device = job, settings, device
        self._limit: float = job["beforehand"].get(LIMIT, settings.max_job_seconds)
        self._results: list[Any] = []
        self._process: Process | None = None
        self._kills: Kills | None = None
        self._used, self._since = 0.0, monotonic()
        self.unfit: str | None = None

    def remember(self, message: dict[str, Any]) -> None:
        """Take note of what a message says, for a process that may know nothing of it.

        That is finished trials, and for how long training has gone on.
        """
        self._results += message.get("results", [])
        self._used, self._since = message.get("ran", self._used), monotonic()

    async def next(self) -> dict[str, Any]:
        """Return the next message; start the process if there is none."""
        try:
            message = await self._next()
        except Exception as error:
            if not started_in_vain(error):
                raise
            message = {"event": "unfit", "error": last_line(error)}
        trace = message.pop("trace", None)
        if message["event"] == "unfit":
            # no fault of the job: another worker takes it over
            memory = " (memory)" if message.get("memory") else ""
            self.unfit = f"this machine cannot measure{memory}: {message['error']}"
        if trace:
            _log.error("job %s: training raised\n%s", self._identity, trace)
        if self._process is not None:
            message["ran"] = round(self._ran(), 3)
        return message

    async def _next(self) -> dict[str, Any]:
        if self._process is None:
            if self._used >= self._limit:
                return self._late()
            await self._start()
            self._since = monotonic()
            return {"event": "started", "worker": os.uname().nodename, "device": self._device}
        reading = cast("asyncio.StreamReader", self._process.stdout).readline()
        try:
            line = await asyncio.wait_for(reading, max(0.0, self._limit - self._ran()))
        except TimeoutError:
            return self._late()
        kills = cast("Kills", self._kills)
        kills.look()
        if line.endswith(b"\n"):
            message: dict[str, Any] = json.loads(line)
            return message
        status = await self._process.wait()
        if TrainingProcess.stopping:
            await asyncio.Event().wait()  # until this process ends
        ran = self._ran()
        self._process = None
        return {"event": "interrupted", "error": kills.told(status), "ran": round(ran, 3)}

    def stop(self) -> None:
        """Kill the process and all that it started."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _ran(self) -> float:
        """Return for how many seconds training has gone on, in all processes so far."""
        return self._used + (monotonic() - self._since if self._process is not None else 0.0)

    def _late(self) -> dict[str, Any]:
        self.stop()
        return {"event": "stopped", "error": f"it may train for {self._limit:.0f} s"}

    async def _start(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "crosscurrent.api.jobs.training_main",
            stdin=PIPE,
            stdout=PIPE,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        self._process, self._kills = process, Kills(process.pid)
        stdin = cast("asyncio.StreamWriter", process.stdin)
        told = {
            **self._job,
            "settings": self._settings.document(),
            "device": self._device,
            "results": self._results,
        }
        with contextlib.suppress(ConnectionError):  # killed already: reading says so
            stdin.write(json.dumps(told).encode() + b"\n")
            await stdin.drain()

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
from typing import Any, cast

from .settings import JobSettings

__all__ = ["TrainingProcess"]

_log = logging.getLogger("crosscurrent.worker")

_LONGEST_LINE = 256 * 1024 * 1024
"""Bytes of one message at most: it may hold the results of a thousand seeds."""


class TrainingProcess:
    """One job's training, in a process (and process group) of its own.

    Parameters
    ----------
    job : dict
        What is to be measured, and what the server knew of it when it accepted that.
    settings : JobSettings
        Of this service.
    device : str
        Where this worker trains.
    """

    stopping = False
    """Whether the worker ends: what becomes of the processes then is nobody's failure."""

    def __init__(self, job: dict[str, Any], settings: JobSettings, device: str) -> None:
        self._job, self._settings, self._device = job, settings, device
        self._results: list[Any] = []
        self._process: Process | None = None

    def remember(self, results: list[Any]) -> None:
        """Take note of finished trials, for a process that may know nothing of them."""
        self._results += results

    async def next(self) -> dict[str, Any]:
        """Return the next message; start the process if there is none."""
        if self._process is None:
            await self._start()
            return {"event": "started", "worker": os.uname().nodename, "device": self._device}
        line = await cast("asyncio.StreamReader", self._process.stdout).readline()
        if line.endswith(b"\n"):
            message: dict[str, Any] = json.loads(line)
            if message["event"] == "unfit":
                # no fault of the job: nothing of this is kept, and another worker takes it over
                _log.error("this machine cannot measure: %s", message["error"])
                os._exit(1)
            return message
        status = await self._process.wait()
        if TrainingProcess.stopping:
            await asyncio.Event().wait()  # until this process ends
        self._process = None
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return {"event": "interrupted", "error": f"the process that trains ended with {how}"}

    def stop(self) -> None:
        """Kill the process and all that it started."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

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
        self._process = process
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

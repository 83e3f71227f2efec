"""Workers on this machine: processes beside a server, or several for one command."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from contextlib import suppress
from time import monotonic
from typing import IO, cast

from ..logs import logger, standard_logging
from .errors import Unavailable
from .parents import end_with_parent
from .settings import JobSettings

__all__ = ["LocalWorkers", "main"]

_EVERY = 1.0
"""Seconds between two looks whether all are alive."""
_LONGEST_WAIT = 60.0
"""Seconds after which a worker that ended by itself, again and again, is started at the latest."""
_SOUND = 120.0
"""Seconds after which a worker was no failure, however it ends."""
_log = logging.getLogger("crosscurrent.workers")


class LocalWorkers:
    """Some worker processes, each started again should it end; they end with this process.

    One that ends by itself cannot work now, so the time until it is started again doubles; one that
    was killed is started again at once.

    Parameters
    ----------
    settings : JobSettings
        Of the service.
    devices : list of str
        One worker for each: ``cpu``, ``cuda``, ``cuda:1``.
    """

    def __init__(self, settings: JobSettings, devices: list[str]) -> None:
        self._settings, self._devices = settings, devices
        self._processes = [self._start(device) for device in devices]
        self._waits = [_Wait() for _ in devices]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="local workers", daemon=True)
        self._thread.start()

    @property
    def pids(self) -> list[int]:
        """The ids of the processes."""
        return [process.pid for process in self._processes]

    def close(self, patience: float = 10.0) -> None:
        """End them; what they were doing goes on when there are workers again."""
        self._stop.set()
        self._thread.join()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _input(process).close()

    def _keep(self) -> None:
        while not self._stop.wait(_EVERY):
            for i, process in enumerate(self._processes):
                if process.poll() is None:
                    continue
                _input(process).close()
                if self._waits[i].over(process.returncode, self._devices[i]):
                    with suppress(OSError):  # no room for a process now: it is tried again
                        self._processes[i] = self._start(self._devices[i])
                        self._waits[i].begin()

    def _start(self, device: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "crosscurrent.api.jobs.local"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # an interrupt at the keyboard is ours to pass on
        )
        told = {"settings": self._settings.document(), "device": device}
        with suppress(BrokenPipeError):  # ended already: it is started again
            _input(process).write(json.dumps(told).encode() + b"\n")
            _input(process).flush()
        return process


class _Wait:
    """How long the place of one worker stays empty."""

    def __init__(self) -> None:
        self._began, self._failures = monotonic(), 0
        self._until: float | None = None

    def begin(self) -> None:
        """Take note that a worker has started."""
        self._began, self._until = monotonic(), None

    def over(self, status: int, device: str) -> bool:
        """Say whether it is time to start the next one, the last having ended with a status."""
        now = monotonic()
        if self._until is None:
            failed = status > 0 and now - self._began < _SOUND
            self._failures = self._failures + 1 if failed else 0
            wait = min(_LONGEST_WAIT, 2.0 ** (self._failures - 1)) if failed else 0.0
            self._until = now + wait
            if self._failures > 1:
                _log.warning(
                    "a worker for %s has ended %d times in a row; the next one starts in %.0f s",
                    device, self._failures, wait,
                )  # fmt: skip
        return now >= self._until


def _input(process: subprocess.Popen[bytes]) -> IO[bytes]:
    """Return what keeps a worker running for as long as it is open."""
    return cast("IO[bytes]", process.stdin)


def main() -> None:
    """Be one of them."""
    told = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_parent, daemon=True).start()
    standard_logging(logger("info"))
    from .worker import work

    try:
        work(JobSettings.read(told["settings"]), told["device"])
    except Unavailable as error:
        raise SystemExit(f"worker: {error}") from None


if __name__ == "__main__":
    main()

"""Workers on this machine: processes beside a server, or several for one command."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, cast

from ..logs import logger, standard_logging
from .errors import Unavailable
from .parents import end_with_parent
from .settings import JobSettings

__all__ = ["LocalWorkers", "main"]

_EVERY = 1.0
"""Seconds between two looks whether all are alive."""


class LocalWorkers:
    """Some worker processes, each started again should it end; they end with this process.

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
                if process.poll() is not None:
                    _input(process).close()
                    with suppress(OSError):  # no room for a process now: it is tried again
                        self._processes[i] = self._start(self._devices[i])

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

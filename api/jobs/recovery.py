"""Recovery of a lost worker's jobs: they go back into their queue, with all that was kept of them.

DBOS does so where an executor is launched again, for the workflows of its own name only. It has no
public call that does it for others: `resume_workflow` would revive what was just cancelled, and
forget how often a job was lost. So a process of its own takes on the name of the lost worker, and
its sign of life, for as long as that takes; it runs nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from time import monotonic, sleep
from typing import IO, cast

from ..logs import logger, standard_logging
from .database import VERSION, configuration, quiet
from .liveness import announce
from .parents import end_with_parent
from .settings import JobSettings

__all__ = ["Recovery", "main"]

_PATIENCE = 10.0
"""Seconds after which one attempt is given up; the worker makes another one."""
_POLLED = 0.05
"""Seconds between two looks whether it is done."""


class Recovery:
    """Processes that put the jobs of lost workers back; they end with this one.

    Parameters
    ----------
    settings : JobSettings
        Of the service.
    """

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, lost: str) -> bool:
        """Put the jobs of a lost worker back, unless that is being done; return at once.

        Parameters
        ----------
        lost : str
            The name of the worker.

        Returns
        -------
        bool
            Whether it is started now.
        """
        if lost in self._processes:
            return False
        process = subprocess.Popen(
            [sys.executable, "-m", "crosscurrent.api.jobs.recovery"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # an interrupt at the keyboard is the worker's
        )
        self._processes[lost] = process
        told = {"settings": self._settings.document(), "worker": lost}
        with suppress(BrokenPipeError):  # ended already: the next attempt may do better
            _input(process).write(json.dumps(told).encode() + b"\n")
            _input(process).flush()
        return True

    def tidy(self) -> None:
        """Let go of processes that have ended."""
        for lost, process in list(self._processes.items()):
            if process.poll() is not None:
                _input(process).close()
                del self._processes[lost]


def _input(process: subprocess.Popen[bytes]) -> IO[bytes]:
    """Return what keeps a process running for as long as it is open."""
    return cast("IO[bytes]", process.stdin)


def main() -> None:
    """Be the lost worker until none of its jobs is running any more."""
    told = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_parent, daemon=True).start()
    standard_logging(logger("info"))
    settings, lost = JobSettings.read(told["settings"]), told["worker"]
    _alive = announce(settings, lost)  # held until the end: other workers need not do the same
    quiet()
    from dbos import DBOS

    DBOS(config=configuration(settings, lost))
    DBOS.listen_queues([])
    DBOS.launch()
    end = monotonic() + _PATIENCE
    while monotonic() < end and DBOS.list_workflows(
        status="PENDING", executor_id=lost, app_version=VERSION, load_input=False, load_output=False
    ):
        sleep(_POLLED)
    sys.stderr.flush()
    os._exit(0)  # threads of DBOS that wait for jobs need not be waited for


if __name__ == "__main__":
    main()

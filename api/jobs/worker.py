"""Worker process: takes jobs from the queue one at a time, and over from workers that were lost.

It ends at once when it is asked to (SIGTERM), as if it had been killed: whatever it was doing goes
on where it was, in another worker or in the next one.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import uuid
from collections.abc import Set

from crosscurrent.knowledge.errors import InputError

from .database import QUEUE, VERSION, configuration, migrate, quiet, reachable
from .errors import Unavailable
from .liveness import Liveness, announce
from .recovery import Recovery
from .settings import JobSettings
from .training_process import TrainingProcess

__all__ = ["fit", "work"]

_EVERY = 1.0
"""Seconds between two looks for lost workers."""
_POLLED = 0.5
"""Seconds between two looks for jobs."""
_LIMBO = 20.0
"""Seconds for which a job may be ours without being run, as after an error of the database."""
_log = logging.getLogger("crosscurrent.worker")


def work(settings: JobSettings, device: str = "cpu") -> None:
    """Work until SIGTERM or SIGINT.

    Parameters
    ----------
    settings : JobSettings
        Which jobs, and what they may use.
    device : str
        Where to train: ``cpu``, ``cuda`` or ``cuda:N``. Only jobs for that kind are taken.

    Raises
    ------
    Unavailable
        The database, the file of results or the device cannot be used.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.umask(0o077)  # what is kept is read by the worker's own user alone
    quiet()
    migrate(settings)
    fit(settings, device)
    worker = uuid.uuid4().hex
    liveness = announce(settings, worker)
    with reachable(settings):
        running = _launch(settings, device, worker)
    _log.info("worker %s takes jobs for %s", worker[:8], device)
    recovery, idle = Recovery(settings), 0
    while not stop.wait(_EVERY):
        try:
            liveness.renew()
            recovery.tidy()
            mine = _take_over(liveness, worker, recovery)
            idle = idle + 1 if mine > len(running) else 0
        except Exception as error:  # noqa: BLE001 - the database is away: it may come back
            _log.warning("cannot look for lost workers: %s", str(error).partition("\n")[0])
        if idle * _EVERY > _LIMBO:
            _log.error("worker %s has a job that it does not run; it ends", worker[:8])
            os._exit(1)
    TrainingProcess.stopping = True
    _log.info("worker %s ends", worker[:8])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # what trains sees that and ends too


def fit(settings: JobSettings, device: str) -> None:
    """Raise `Unavailable` unless this machine can train and keep results: no job is to blame."""
    from crosscurrent.validator.results.store import Store

    try:
        Store(settings.results).check()
        if device != "cpu":  # looking for others takes torch, and thereby memory
            from crosscurrent.validator.experiments.experiment import available

            available(device)
    except InputError as error:
        raise Unavailable(str(error)) from error


def _launch(settings: JobSettings, device: str, worker: str) -> Set[str]:
    from dbos import DBOS

    from .workflow import define

    DBOS(config=configuration(settings, worker))
    queue = QUEUE.format(device=device.partition(":")[0])
    running = define(settings, device)
    DBOS.listen_queues([queue])
    DBOS.launch()
    # one job in a process of DBOS: its limit holds for all workers of a queue alike
    DBOS.register_queue(
        queue, worker_concurrency=1, polling_interval_sec=_POLLED, on_conflict="always_update"
    )
    return running


def _take_over(liveness: Liveness, worker: str, recovery: Recovery) -> int:
    """Put jobs of lost workers back into their queue; return how many are this one's own."""
    from dbos import DBOS

    taken = DBOS.list_workflows(
        status="PENDING", app_version=VERSION, load_input=False, load_output=False
    )
    for other in {each.executor_id for each in taken} - {worker, None}:
        if other is not None and not liveness.is_alive(other) and recovery.start(other):
            _log.info("worker %s is lost; its jobs go on", other[:8])
    return sum(each.executor_id == worker for each in taken)

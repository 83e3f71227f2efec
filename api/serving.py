"""A server process: from settings to a socket, until it is told to stop.

Told to stop, it answers the requests that run, for at most `grace` seconds, and ends. What is
still computing then, or waits for a database that does not answer, is left: a thread cannot be
ended from outside, so the process ends with it.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
from contextlib import closing
from time import sleep
from types import FrameType

import uvicorn

from crosscurrent.validator.extra import absent

from .app import create_app
from .jobs.local import LocalWorkers
from .logs import Log, logger, standard_logging
from .rest.protocol import LimitedProtocol
from .rest.service import Service
from .rest.settings import Settings, unknown

__all__ = ["serve"]

_BACKLOG = 2048
_UMASK = 0o077
"""What the service keeps is read by its own user alone."""
_CLOSING = 2.0
"""Seconds after `grace` in which workers and connections are let go."""
_TOLD = 0.5
"""Seconds for the last line of the log."""
_SWITCHED = 0.0002
"""Seconds for which a thread that computes keeps the event loop waiting."""
_COLLECTED = 60.0
"""Seconds between two collections of what lived long: in each, all threads stand still."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; running requests are then answered, for `grace` seconds.

    Raises
    ------
    BrokenKnowledge, InputError, OSError
        If it can't start: the knowledge, the keys, or the address can't be used, or the address is
        open to strangers and nobody said that it may be.
    """
    settings.require_intent()
    log = logger(settings.log_level)
    with closing(_listen(settings.host, settings.port)) as listening:
        os.umask(_UMASK)
        app = create_app(settings, log)
        app.state.service.sets.check()
        standard_logging(log)
        workers = _workers(settings, app.state.service)
        sys.setswitchinterval(_SWITCHED)
        _collect_rarely()
        server = _Server(
            uvicorn.Config(
                app,
                http=LimitedProtocol,
                lifespan="on",
                log_config=None,
                access_log=False,  # each request has a line already
                server_header=False,
                timeout_graceful_shutdown=settings.grace,
            ),
            log,
        )
        app.state.service.stopping = lambda: server.should_exit

        # before anybody is told that we serve; the server has handlers of its own once it runs, and
        # raises the signal again when it is done, which is no reason to fail
        signal.signal(signal.SIGTERM, server.handle_exit)
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        log.info("serving", url=f"http://{shown}:{port}", knowledge=app.state.service.kb.digest)
        for name in unknown():
            log.warning("no such setting", name=name)
        try:
            server.run(sockets=[listening])
        finally:
            if workers is not None:
                workers.close()
            app.state.service.close()
        log.info("stopped")


class _Server(uvicorn.Server):
    """A server that ends in time, whatever its threads do.

    Parameters
    ----------
    config : uvicorn.Config
        Of the server.
    log
        Takes the line that says what was left.
    """

    def __init__(self, config: uvicorn.Config, log: Log) -> None:
        super().__init__(config)
        self._log = log

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end, and set the latest time for it."""
        if not self.should_exit:
            patience = (self.config.timeout_graceful_shutdown or 0) + _CLOSING
            timer = threading.Timer(patience, self._leave)
            timer.daemon = True
            timer.start()
        super().handle_exit(sig, frame)

    def _leave(self) -> None:
        """End the process; workers that it started end with it."""
        told = threading.Thread(
            target=self._log.warning,
            args=("stopped",),
            kwargs={"left": "requests that were still running"},
            daemon=True,
        )
        told.start()
        told.join(_TOLD)  # nobody may read what is logged
        os._exit(0)


def _collect_rarely() -> None:
    """Let garbage collection look at long-lived objects now and then only.

    Python does so whenever there are a quarter more of them, which takes a tenth of a second or
    more while a question makes many. What is there now stays, so it is not looked at again.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, 2**30)

    def collect() -> None:
        while True:
            sleep(_COLLECTED)
            if gc.get_count()[2]:  # something has come of age
                gc.collect()

    threading.Thread(target=collect, name="garbage collection", daemon=True).start()


def _workers(settings: Settings, service: Service) -> LocalWorkers | None:
    """Start the workers of this machine, if it can measure and is to."""
    if not settings.workers:
        return None
    if missing := absent():
        service.log.warning("nothing is measured", missing=missing)
        return None
    service.jobs()  # makes the database ready, or says why it can't be used
    return LocalWorkers(settings.for_jobs(), list(settings.workers))


def _listen(host: str, port: int) -> socket.socket:
    """Take the address first: to find out that it is in use should not take a second."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number and number > 0 else error
        raise OSError(f"can't listen on {host} port {port}: {reason}") from error

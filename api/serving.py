"""A server process: from settings to a socket, until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing

import uvicorn

from crosscurrent.validator.extra import absent

from .app import create_app
from .jobs.local import LocalWorkers
from .logs import logger, standard_logging
from .rest.service import Service
from .rest.settings import Settings, unknown

__all__ = ["serve"]

_BACKLOG = 2048


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; running requests are then answered, as long as that may take.

    Raises
    ------
    BrokenKnowledge, InputError, OSError
        If it can't start: the knowledge, the keys, or the address can't be used, or the address is
        open to strangers and nobody said that it may be.
    """
    settings.require_intent()
    log = logger(settings.log_level)
    with closing(_listen(settings.host, settings.port)) as listening:
        app = create_app(settings, log)
        app.state.service.sets.check()
        standard_logging(log)
        workers = _workers(settings, app.state.service)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="on",
                log_config=None,
                access_log=False,  # each request has a line already
                server_header=False,
                timeout_graceful_shutdown=settings.grace,
            )
        )
        app.state.service.stopping = lambda: server.should_exit

        def end(*_: object) -> None:
            server.should_exit = True

        # before anybody is told that we serve; the server has handlers of its own once it runs, and
        # raises the signal again when it is done, which is no reason to fail
        signal.signal(signal.SIGTERM, end)
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

"""A server process: from settings to a socket, until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing

import uvicorn

from .app import create_app
from .logs import logger, standard_logging
from .settings import Settings

__all__ = ["serve"]

_BACKLOG = 2048


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; running requests are then answered, as long as that may take.

    Raises
    ------
    BrokenKnowledge, InputError, OSError
        If it can't start: the knowledge, the keys, or the address can't be used.
    """
    log = logger(settings.log_level)
    with closing(_listen(settings.host, settings.port)) as listening:
        app = create_app(settings, log)
        app.state.service.sets.check()
        standard_logging(log)
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
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        log.info("serving", url=f"http://{shown}:{port}", knowledge=app.state.service.kb.digest)
        # the server raises the signal again when it is done, which is no reason to fail
        signal.signal(signal.SIGTERM, lambda *_: None)
        server.run(sockets=[listening])
        log.info("stopped")


def _listen(host: str, port: int) -> socket.socket:
    """Take the address first: to find out that it is in use should not take a second."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number and number > 0 else error
        raise OSError(f"can't listen on {host} port {port}: {reason}") from error

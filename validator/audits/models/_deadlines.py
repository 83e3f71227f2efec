"""Deadlines of HTTP requests, which hold for headers and answers however slowly they come."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any, Self

__all__ = ["Deadline"]

_Watch = Callable[[socket.socket], None]


class Deadline:
    """A time after which the connections of a request are cut off, whatever they wait for.

    Parameters
    ----------
    seconds : float
        From the beginning of the ``with`` block.
    """

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._timer = threading.Timer(max(seconds, 0), self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        """Start."""
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the connections."""
        self._timer.cancel()
        with self._lock:
            for each in self._sockets:
                each.close()
            self._sockets.clear()

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return time.monotonic() >= self._until

    def handlers(self) -> tuple[urllib.request.BaseHandler, ...]:
        """Return what opens connections that it cuts off."""
        return _Plain(self._watched), _Secured(self._watched)

    def _watched(self, connection: socket.socket) -> None:
        # another handle of the same connection, as TLS takes the first one over
        with self._lock:
            self._sockets.append(connection.dup())
        if self.passed:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            for each in self._sockets:
                with contextlib.suppress(OSError):  # it has gone already
                    each.shutdown(socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """A connection that is told of as soon as there is one."""

    watch: _Watch | None = None

    def connect(self) -> None:
        super().connect()
        if self.watch is not None:
            self.watch(self.sock)


class _WatchedSecurely(HTTPSConnection, _Watched):
    """The same under TLS, told of before the two sides agree on keys."""


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        def connection(host: str, /, **options: Any) -> HTTPConnection:
            found = _Watched(host, **options)
            found.watch = self._watch
            return found

        return self.do_open(connection, req)


class _Secured(urllib.request.HTTPSHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        def connection(host: str, /, **options: Any) -> HTTPConnection:
            found = _WatchedSecurely(host, **options)
            found.watch = self._watch
            return found

        return self.do_open(connection, req)

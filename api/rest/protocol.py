"""HTTP/1.1 as uvicorn reads it, with limits on the heads of requests.

A head is read before anybody knows whose request it is. uvicorn has no limit on its size or time
where httptools parses it, so that strangers could fill the memory or hold connections for ever.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .problems import MEDIA_TYPE, ProblemError, titled

__all__ = ["HEAD_SECONDS", "LARGEST_HEAD", "LimitedProtocol"]

LARGEST_HEAD = 64 * 1024
"""Bytes of a request line and its headers at most."""
HEAD_SECONDS = 10.0
"""Seconds within which a head is to be read whole, counted from its first byte."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection, that is ended when the head of a request is too large or too slow.

    What follows a body (trailers) counts as a part of the head. A request that was answered before
    its end has as long to end as a head has.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = self._in_body = self._told = False
        self._untold = self._parsed = self._hosts = 0
        self._refusal: ProblemError | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a first request soon."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._relax()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and count what the parser keeps to itself."""
        self._told = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._told:
            self._untold = 0
        elif self._in_head or self._in_body:
            # a header that goes on is told to nobody before its end
            self._untold += len(data)
            if self._untold > LARGEST_HEAD:
                self._refuse(_too_large())
                return
        if self._timer is None and self._is_answered():
            # uvicorn waits no more once something came, be it an empty line
            self._expect()

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._in_head, self._untold, self._parsed, self._hosts = True, 0, 0, 0
        if self._timer is None:
            self._expect()

    def on_url(self, url: bytes) -> None:
        """Count a part of the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._told = True
        self._count(len(name) + len(value) + len(b": \r\n"))
        self._hosts += name.lower() == b"host"
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the head be answered, if it names one host (RFC 9112, section 3.2)."""
        if self._hosts != 1 and (self._hosts or self.parser.get_http_version() != "1.0"):
            self._refusal = ProblemError(400, "send one Host header")
            raise self._refusal
        self._in_head, self._in_body = False, True
        self._relax()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, which has limits of its own."""
        self._told = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take note that a request is there whole."""
        self._told, self._in_body = True, False
        self._relax()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong with a head, and end the connection."""
        refusal, self._refusal = self._refusal, None
        self._refuse(refusal or ProblemError(400, msg))

    def _count(self, size: int) -> None:
        self._parsed += size
        if self._parsed > LARGEST_HEAD:
            # one of its own: an error that was raised holds on to this connection
            self._refusal = _too_large()
            raise self._refusal  # ends the parser, which then calls `send_400_response`

    def _is_answered(self) -> bool:
        """Say whether no request waits for its answer."""
        return self.cycle is None or self.cycle.response_complete

    def _expect(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._late)

    def _relax(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self._in_head:
            self._refuse(_too_slow())
        else:  # nothing was asked, or what was asked has its answer
            self.transport.close()

    def _refuse(self, error: ProblemError) -> None:
        self._relax()
        if self._is_answered() and not self._in_body:
            self.transport.write(_response(error))
        self.transport.close()


def _too_large() -> ProblemError:
    return ProblemError(
        431,
        f"the request line and headers have more than {LARGEST_HEAD} bytes",
        kind="head-too-large",
    )


def _too_slow() -> ProblemError:
    return ProblemError(
        408,
        f"the request line and headers took more than {HEAD_SECONDS:.0f} s",
        kind="head-too-slow",
    )


def _response(error: ProblemError) -> bytes:
    """Return a problem as it is sent where there is no request that could be answered."""
    kind, title = titled(error)
    body = json.dumps(
        {
            "type": f"urn:crosscurrent:problem:{error.kind or kind}",
            "title": title,
            "status": error.status,
            "detail": error.detail,
        }
    ).encode()
    head = (
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body

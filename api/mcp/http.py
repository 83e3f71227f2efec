"""Answers over HTTP: one POST a question, nothing of a client kept between two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings

from .server import Run, make_server

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["Endpoint"]

_OURS = ("127.0.0.1", "localhost", "[::1]")


class Endpoint:
    """An ASGI application that answers the protocol's requests.

    Only requests that name one of the hosts are answered, and of those that a web page makes only
    those of its origins: else a page from elsewhere might ask us under a name of its own (DNS
    rebinding).

    Parameters
    ----------
    kb : KnowledgeBase
        What is asked.
    run : callable
        Runs one question; see `server.Run`.
    hosts : iterable of str
        Names, beside this machine's own, under which it is reached; their pages may ask, too. With
        ``*`` among them any host and any page may.
    origins : iterable of str
        Further origins whose pages may ask.
    max_body_size : int
        Bytes that a request may have.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        run: Run,
        *,
        hosts: Iterable[str],
        origins: Iterable[str],
        max_body_size: int,
    ) -> None:
        named = [*_OURS, *hosts]
        anywhere = "*" in named
        self._run = run
        self._kb = kb
        self._security = TransportSecuritySettings(
            enable_dns_rebinding_protection=not anywhere,
            allowed_hosts=[each for name in named for each in (name, f"{name}:*")],
            allowed_origins=[
                *(
                    each
                    for name in named
                    for scheme in ("http", "https")
                    for each in (f"{scheme}://{name}", f"{scheme}://{name}:*")
                ),
                *origins,
            ],
        )
        self._most = max_body_size
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def running(self, _: Any = None) -> AsyncIterator[None]:
        """Answer within the block, which is the lifespan of an application."""
        manager = StreamableHTTPSessionManager(
            make_server(self._kb, self._run),
            json_response=True,
            stateless=True,
            security_settings=self._security,
            max_request_body_size=self._most,
        )
        async with manager.run():
            self._manager = manager
            try:
                yield
            finally:
                self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._manager is None:
            raise RuntimeError("the endpoint is asked outside of its lifespan")
        scope["crosscurrent.route"] = scope["path"]
        await self._manager.handle_request(scope, receive, send)

"""Pace of requests: a key that sends many at once does not have them all begun at once.

The event loop does all that is ready before it looks for more. So what one key sends on many
connections would be begun in one go, and another key's next request would wait for the end of that.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from weakref import WeakKeyDictionary

from starlette.types import ASGIApp, Receive, Scope, Send

from .middleware import OWNER

__all__ = ["Paced"]

_AT_ONCE = 8
"""Requests of a key that are begun before the event loop looks for those of others."""


class Paced:
    """Begins the requests of each key one after the other, with room for others in between.

    Nothing waits for the end of another request, so a slow one holds up none of its key.

    Parameters
    ----------
    app : ASGIApp
        The application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._rounds: WeakKeyDictionary[asyncio.AbstractEventLoop, _Rounds] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on when it is its turn."""
        if scope["type"] == "http":
            loop = asyncio.get_running_loop()
            rounds = self._rounds.get(loop)
            if rounds is None:
                rounds = self._rounds[loop] = _Rounds(loop)
            await rounds.turn(scope.get(OWNER))
        await self.app(scope, receive, send)


class _Rounds:
    """Rounds of one event loop, in each of which so many requests of each key begin."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._begun: Counter[str | None] = Counter()
        self._waiting: dict[str | None, deque[asyncio.Future[None]]] = {}

    async def turn(self, owner: str | None) -> None:
        """Return when a request of a key may begin."""
        if not self._begun:
            self._loop.call_soon(self._next)
        if owner in self._waiting or self._begun[owner] >= _AT_ONCE:
            waiter = self._loop.create_future()
            self._waiting.setdefault(owner, deque()).append(waiter)
            await waiter
        else:
            self._begun[owner] += 1

    def _next(self) -> None:
        """Begin a round: let those begin that wait longest of each key."""
        self._begun.clear()
        for owner, waiting in list(self._waiting.items()):
            while waiting and self._begun[owner] < _AT_ONCE:
                waiter = waiting.popleft()
                if not waiter.done():  # who waited may have left
                    waiter.set_result(None)
                    self._begun[owner] += 1
            if not waiting:
                del self._waiting[owner]
        if self._begun or self._waiting:
            self._loop.call_soon(self._next)

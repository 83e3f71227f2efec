"""Turns at what few may do at once, such as computing: given to keys one after the other.

Who waits does so on the event loop, which holds no thread. A key that asks for much waits for its
own turns: however many of its requests wait, another key's next request comes after one of them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Lock

from .problems import ProblemError

__all__ = ["Share", "Turns"]

_PATIENCE = 60.0
"""Seconds for which a request may wait."""

Owner = str | None


class Turns:
    """Turns that requests of many event loops may wait for.

    Parameters
    ----------
    what : str
        What the turns are at, as a problem tells it: ``questions are being answered``.
    slots : int
        Turns at a time.
    share : int
        Turns at a time for one key.
    waiting : int
        As many requests of one key as may wait.
    patience : float
        Seconds after which one that waits is refused.
    """

    def __init__(
        self, what: str, slots: int, share: int, waiting: int, patience: float = _PATIENCE
    ) -> None:
        self._what, self._free, self._share = what, slots, share
        self._waiting, self._patience = waiting, patience
        self._taken: dict[Owner, int] = {}
        self._queues: OrderedDict[Owner, deque[_Waiter]] = OrderedDict()
        self._lock = Lock()

    @asynccontextmanager
    async def turn(self, owner: Owner) -> AsyncIterator[None]:
        """Wait for a turn of a key, and hold it within the block.

        Raises
        ------
        ProblemError
            429 if as many requests of the key wait as may, 503 if its turn does not come in time.
        """
        await self._take(owner)
        try:
            yield
        finally:
            with self._lock:
                self._release(owner)

    async def _take(self, owner: Owner) -> None:
        waiter = _Waiter()
        with self._lock:
            queue = self._queues.setdefault(owner, deque())
            if len(queue) >= self._waiting:
                raise ProblemError(
                    429,
                    f"{len(queue)} of your requests wait while {self._what}: wait for some of them",
                    kind="busy",
                    headers={"Retry-After": "5"},
                )
            queue.append(waiter)
            self._grant()
        if waiter.is_granted():
            return
        try:
            async with asyncio.timeout(self._patience):
                await waiter.called.wait()
        except (TimeoutError, asyncio.CancelledError) as error:
            with self._lock:
                if waiter.is_granted():
                    self._release(owner)
                else:
                    self._forget(owner, waiter)
            if isinstance(error, TimeoutError):
                detail = f"other {self._what}; try again"
                raise ProblemError(503, detail, headers={"Retry-After": "5"}) from None
            raise

    def _grant(self) -> None:
        """Give what is free to the keys that wait, each in its turn."""
        for owner in list(self._queues):
            if not self._free:
                return
            if self._taken.get(owner, 0) < self._share:
                queue = self._queues.pop(owner)
                waiter = queue.popleft()
                if queue:  # the next of this key waits for all others
                    self._queues[owner] = queue
                self._free -= 1
                self._taken[owner] = self._taken.get(owner, 0) + 1
                waiter.grant()

    def _release(self, owner: Owner) -> None:
        self._free += 1
        self._taken[owner] -= 1
        if not self._taken[owner]:
            del self._taken[owner]
        self._grant()

    def _forget(self, owner: Owner, waiter: _Waiter) -> None:
        queue = self._queues[owner]
        queue.remove(waiter)
        if not queue:
            del self._queues[owner]


class Share:
    """What one key may hold so many of at a time, such as streams of events.

    Parameters
    ----------
    what : str
        What is held, as a problem tells it.
    most : int
        As many as one key may hold.
    """

    def __init__(self, what: str, most: int) -> None:
        self._what, self._most = what, most
        self._held: dict[Owner, int] = {}
        self._lock = Lock()

    @contextmanager
    def held(self, owner: Owner) -> Iterator[None]:
        """Hold one more within the block; raise `ProblemError` if the key holds all it may."""
        with self._lock:
            count = self._held.get(owner, 0)
            if count >= self._most:
                detail = f"{count} {self._what} are all that one key may have at a time"
                raise ProblemError(429, detail, kind="busy", headers={"Retry-After": "5"})
            self._held[owner] = count + 1
        try:
            yield
        finally:
            with self._lock:
                self._held[owner] -= 1
                if not self._held[owner]:
                    del self._held[owner]


class _Waiter:
    """One request that waits; it may be called from a thread of another event loop."""

    def __init__(self) -> None:
        self.called, self._granted = asyncio.Event(), False
        self._loop = asyncio.get_running_loop()

    def is_granted(self) -> bool:
        return self._granted

    def grant(self) -> None:
        self._granted = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.called.set)

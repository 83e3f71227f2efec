"""Bodies of requests: JSON without a name twice; a large one is read apart from the event loop.

The standard library's parser is one call of C, during which no other thread of the process runs:
two MiB of small numbers would keep everybody waiting. That in Python lets others run in between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from json.scanner import py_make_scanner  # type: ignore[attr-defined]  # undocumented, and kept
from typing import Any

from anyio import to_thread
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from crosscurrent.knowledge.errors import clip

from .service import Service, owner

__all__ = ["PatientRoute"]

_SMALL = 32 * 1024
"""Bytes that are read in less than a millisecond, whatever they are."""


class PatientRoute(APIRoute):
    """A route whose requests' bodies are read as `_PatientRequest` does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle = super().get_route_handler()

        async def patiently(request: Request) -> Response:
            return await handle(_PatientRequest(request.scope, request.receive))

        return patiently


class _PatientRequest(Request):
    """A request whose body is read in its key's turn if it is large."""

    async def json(self) -> Any:
        """Return the document in the body."""
        body = await self.body()
        if len(body) <= _SMALL:
            return json.loads(body, object_pairs_hook=_once)
        service: Service = self.app.state.service
        async with service.questions.turn(await owner(self)):
            return await to_thread.run_sync(_interruptibly, body)


class _InterruptibleDecoder(json.JSONDecoder):
    """The decoder of the standard library, all but texts in Python."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.scan_once = py_make_scanner(self)


def _interruptibly(body: bytes) -> Any:
    return json.loads(body, cls=_InterruptibleDecoder, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; refuse one that says the same name twice, of which either might be meant.

    Raises
    ------
    HTTPException
        422, if it does.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise HTTPException(422, f"body: {clip(twice)} is given twice: leave one out")
    return found

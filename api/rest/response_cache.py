"""Responses as bytes: made once, named by an ETag, kept while there is room."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi import Request, Response

from crosscurrent import api, knowledge, predictor

from .lru_cache import LRUCache
from .problems import ProblemError

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["LARGEST_ANSWER", "CachedResponse", "ResponseCache", "code_digest", "encoded", "matches"]

MAX_BYTES = 64 * 1024 * 1024
LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes of one answer at most; the largest of the built-in knowledge has 0.8 MiB."""
_ROOMS = (knowledge, predictor, api)


class CachedResponse(NamedTuple):
    """A response as it is sent."""

    body: bytes
    etag: str

    @property
    def headers(self) -> dict[str, str]:
        """What is sent with it: it may be kept, but has to be asked about before it is used."""
        return {"ETag": self.etag, "Cache-Control": "private, no-cache"}


def code_digest() -> str:
    """Name the code that makes answers: other code may answer otherwise."""
    sha = hashlib.sha256()
    for room in _ROOMS:
        for folder, below, names in os.walk(os.path.dirname(os.path.abspath(str(room.__file__)))):
            below.sort()
            for name in sorted(names):
                if name.endswith(".py"):
                    with open(os.path.join(folder, name), "rb") as file:
                        sha.update(file.read())
    return sha.hexdigest()


class ResponseCache:
    """Responses that were used lately, as many as have room.

    Parameters
    ----------
    code : str
        Digest of the code that makes them.
    max_bytes : int
        Total size of the bodies that are kept.
    """

    def __init__(self, code: str, max_bytes: int = MAX_BYTES) -> None:
        self._code = code
        self._kept: LRUCache[str, CachedResponse] = LRUCache(max_bytes, lambda each: len(each.body))

    def make(
        self,
        kb: KnowledgeBase,
        question: str,
        parameters: Mapping[str, Any],
        build: Callable[[], Mapping[str, Any]],
    ) -> CachedResponse:
        """Return an answer, made now or before.

        Parameters
        ----------
        kb : KnowledgeBase
            What it is asked of.
        question, parameters
            What is asked; they and the knowledge's digest name the answer.
        build : callable
            Makes the document.

        Raises
        ------
        ProblemError
            The answer is larger than one may be.
        """
        etag = self.etag(kb, question, parameters)
        if (known := self._kept.get(etag)) is not None:
            return known
        ready = CachedResponse(encoded(build()), etag)
        self._kept.put(etag, ready)
        return ready

    def known(
        self, kb: KnowledgeBase, question: str, parameters: Mapping[str, Any]
    ) -> CachedResponse | None:
        """Return an answer if it was made before and is kept."""
        return self._kept.get(self.etag(kb, question, parameters))

    def etag(self, kb: KnowledgeBase, question: str, parameters: Mapping[str, Any]) -> str:
        """Name the answer to a question."""
        key = json.dumps([self._code, kb.digest, question, parameters], sort_keys=True)
        return f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'

    @staticmethod
    def respond(request: Request, ready: CachedResponse) -> Response:
        """Answer a request, in full or by saying that the asker has the answer already."""
        if request.method == "GET" and matches(request.headers.get("if-none-match"), ready.etag):
            return Response(status_code=304, headers=ready.headers)
        return Response(ready.body, headers=ready.headers, media_type="application/json")


def encoded(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON, piece by piece: a large one at once would let no thread run.

    Raises
    ------
    ProblemError
        The answer is larger than one may be.
    """
    size, pieces = 0, []
    for piece in _pieces(document):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise ProblemError(
                422,
                f"the answer has more than {LARGEST_ANSWER // 1024**2} MiB, which is all that is"
                " sent at a time",
                kind="too-costly",
            )
    return b"".join(pieces)


def _pieces(document: Mapping[str, Any]) -> Iterator[bytes]:
    before = "{"
    for name, value in document.items():
        yield f"{before}{_json(name)}:".encode()
        before = ","
        if isinstance(value, list) and value:
            for place, item in enumerate(value):
                yield f"{',' if place else '['}{_json(item)}".encode()
            yield b"]"
        else:
            yield _json(value).encode()
    yield b"}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def matches(header: str | None, etag: str) -> bool:
    """Say whether an ``If-None-Match`` header names an answer."""
    if header is None:
        return False
    return any(part.strip().removeprefix("W/") in (etag, "*") for part in header[:4096].split(","))

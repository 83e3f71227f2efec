"""Middleware: request ids, the access log and metrics; API keys; precomputed responses.

These are plain ASGI: each costs a function call, where middleware built on tasks and streams
would cost more than most answers.
"""

from __future__ import annotations

import errno
import ipaddress
import re
from collections.abc import Mapping, Sequence
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import ProblemError, ProblemPage, problem, titled
from .response_cache import CachedResponse, matches

if TYPE_CHECKING:
    from ..logs import Log
    from .keys import Key, Keyring
    from .metrics import Metrics

__all__ = [
    "HEAD",
    "JOB_SECONDS",
    "MCP",
    "OWNER",
    "ApiKeyAuth",
    "PrecomputedResponses",
    "RequestContext",
    "TrustedHost",
    "accepts_json",
    "authenticate",
]

_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_HOST = re.compile(rb"(\[[0-9a-f:.]*\]|[^:]*)(?::[0-9]*)?")
MCP = "/mcp"
"""Where the Model Context Protocol is answered, if it is."""
HEAD = "crosscurrent.head"
"""In the scope of a request of which only the head is asked for."""
JOB_SECONDS = "crosscurrent.job_seconds"
"""In the scope of such a request, for how long a job of the key may train, if that is said."""
OWNER = "crosscurrent.owner"
"""In the scope of a request that came with a key, the name of that."""
_KEYED = ("/v1", MCP)
_REQUEST_ID = "crosscurrent.id"
# of requests; they need not be secret, and asking the system would let other threads in
_IDS = Random()
_LOOPBACK = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
_NO_STORE = (b"cache-control", b"no-store")
_JSON = frozenset({b"*/*", b"application/json", b"application/*"})


class RequestContext:
    """Gives every request an id, answers failures, writes the access line, counts.

    Parameters
    ----------
    app : ASGIApp
        The application behind it.
    log, metrics
        They take the access line and the counts.
    max_body_size : int
        A body that says it is larger is refused here; one that does not say is, once it is.
    page : callable
        Renders a problem for people; see `handle_problems`.
    """

    def __init__(
        self, app: ASGIApp, log: Log, metrics: Metrics, max_body_size: int, page: ProblemPage
    ) -> None:
        self.app, self.log, self.metrics, self.most = app, log, metrics, max_body_size
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = perf_counter(), 0
        identity = _given_id(scope) or _new_id()
        scope[_REQUEST_ID] = identity
        method = scope["method"]
        if method == "HEAD":  # the server leaves the body out; routes need not know
            scope = {**scope, "method": "GET", HEAD: True}
        extra = (b"x-request-id", identity.encode())

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), extra]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append(_NO_STORE)
                message = {**message, "headers": headers}
            await send(message)

        try:
            if method != "GET":
                self._fits(scope)
            await self.app(scope, receive, named)
        except Exception as error:
            if not isinstance(error, ProblemError):
                self.log.exception("request failed", request_id=identity)
            if not status:
                found = _failure(error)
                kind = titled(found)[1]
                told = await run_in_threadpool(self.page, Request(scope), found, kind, identity)
                await (told or problem(found, identity))(scope, receive, named)
        finally:
            seconds = perf_counter() - start
            routed = getattr(scope.get("route"), "path", "none")
            route: str = scope.get("crosscurrent.route", routed)
            self.metrics.count(route, method, status, seconds)
            self.log.info(
                "request",
                method=method,
                path=scope["path"],
                route=route,
                status=status,
                ms=round(seconds * 1000, 3),
                request_id=identity,
                key=scope.get(OWNER),
            )

    def _fits(self, scope: Scope) -> None:
        """Refuse a body that is encoded, or says that it is too large."""
        coding = (_header(scope, b"content-encoding") or b"identity").strip().lower()
        if coding != b"identity":
            raise ProblemError(
                415,
                "the body is encoded: send it as it is, without Content-Encoding",
                headers={"Accept-Encoding": "identity"},
            )
        length = _header(scope, b"content-length") or b""
        if length.isdigit() and (len(length) > 15 or int(length) > self.most):
            raise ProblemError(413, f"the body is larger than {self.most} bytes")


class ApiKeyAuth:
    """Admits requests of programs only with an API key, and within its quota.

    These are requests under ``/v1`` and those to ``/mcp``.

    Parameters
    ----------
    app : ASGIApp
        The application behind it.
    keyring : Keyring
        The keys.
    """

    def __init__(self, app: ASGIApp, keyring: Keyring) -> None:
        self.app, self.keyring = app, keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] == "http" and scope["path"].startswith(_KEYED):
            try:
                key = self._authenticated(scope)
                scope[OWNER], scope[JOB_SECONDS] = key.name, key.job_seconds
            except ProblemError as error:
                await problem(error, scope[_REQUEST_ID])(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _authenticated(self, scope: Scope) -> Key:
        given = _header(scope, b"authorization") or b""
        scheme, _, secret = given.decode("latin-1").partition(" ")
        key = authenticate(self.keyring, secret.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            detail = "send a key of this service: Authorization: Bearer KEY"
            raise ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})
        return key


def authenticate(keyring: Keyring, secret: str) -> Key | None:
    """Return the key, and count the request; None if there is no such key.

    Raises
    ------
    ProblemError
        If the key's quota is used up.
    """
    key = keyring.holder(secret)
    if key is None:
        return None
    if wait := keyring.take(key):
        seconds = int(wait) + 1
        detail = f"{key.quota} requests a minute are all: wait {seconds} s"
        raise ProblemError(429, detail, headers={"Retry-After": str(seconds)})
    return key


class TrustedHost:
    """Admits only requests that name this service as their host.

    A service without keys trusts whoever reaches it; but a web page from elsewhere can make their
    browsers ask us under a name of its own (DNS rebinding). An address it can't be given so.

    Parameters
    ----------
    app : ASGIApp
        The application behind it.
    names : sequence of str
        Names under which it may be asked, beside this machine's own.
    addresses : bool
        Whether it may be asked under any address, too.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str], *, addresses: bool) -> None:
        named = [each.lower().encode() for each in names]
        self.app, self._addresses = app, addresses
        self._ours = frozenset({*named, *(b"[%s]" % each for each in named), *_LOOPBACK})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] == "http":
            given = _header(scope, b"host")
            found = None if given is None else _HOST.fullmatch(given.lower())
            if given is not None and (found is None or not self._is_ours(found[1])):
                detail = (
                    "this service does not answer under this name; whoever runs it may give it keys"
                    " or name it among its hosts (CROSSCURRENT_HOSTS)"
                )
                await problem(ProblemError(421, detail), scope[_REQUEST_ID])(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _is_ours(self, host: bytes) -> bool:
        return host in self._ours or (self._addresses and _is_address(host.decode("latin-1")))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class PrecomputedResponses:
    """Sends responses that were computed ahead, and passes other requests on.

    Parameters
    ----------
    app : ASGIApp
        The application behind it.
    ready : mapping
        The responses by path, each with its route; they are sent to requests without a query.
    """

    def __init__(self, app: ASGIApp, ready: Mapping[str, tuple[str, CachedResponse]]) -> None:
        self.app = app
        self._ready: dict[str, tuple[str, CachedResponse, list[tuple[bytes, bytes]]]] = {}
        for path, (route, answer) in ready.items():
            headers = {**answer.headers, "Content-Type": "application/json"}
            raw = [(k.lower().encode(), v.encode()) for k, v in headers.items()]
            self._ready[path] = (route, answer, raw)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        known = None if scope["type"] != "http" else self._ready.get(scope["path"])
        if known is None or scope["query_string"] or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        route, answer, headers = known
        held = None
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                held = value.decode("latin-1")
            elif name == b"accept" and not accepts_json(value):
                await self.app(scope, receive, send)
                return
        scope["crosscurrent.route"] = route
        if held is not None and matches(held, answer.etag):
            await send({"type": "http.response.start", "status": 304, "headers": headers[:2]})
            await send({"type": "http.response.body", "body": b""})
            return
        length = (b"content-length", b"%d" % len(answer.body))
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": answer.body})


def accepts_json(accept: bytes) -> bool:
    """Say whether an ``Accept`` header takes JSON."""
    if accept in _JSON:
        return True
    for part in accept[:4096].lower().split(b","):
        media, *parameters = (each.strip() for each in part.split(b";"))
        refused = any(re.fullmatch(rb"q\s*=\s*0(\.0*)?", each) for each in parameters)
        if media in _JSON and not refused:
            return True
    return not accept.strip()


def _failure(error: Exception) -> ProblemError:
    """Tell an asker what failed, without what is inside."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return ProblemError(507, "the service can't read or keep its data now; nothing was changed")
    return ProblemError(500, "the service could not answer; its log has the reason under this id")


def _given_id(scope: Scope) -> str | None:
    given = _header(scope, b"x-request-id")
    return given.decode() if given is not None and _ID.fullmatch(given) else None


def _header(scope: Mapping[str, Any], wanted: bytes) -> bytes | None:
    for name, value in scope["headers"]:
        if name == wanted:
            found: bytes = value
            return found
    return None


def _new_id() -> str:
    return f"{_IDS.getrandbits(96):024x}"

"""Signing in with a key: the middleware that admits requests for pages, and its two forms."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..rest.keys import Keyring
from ..rest.middleware import JOB_SECONDS, OWNER, authenticate
from ..rest.service import ServiceDep
from .errors import NOT_PAGES
from .rendering import address, anonymous_context, page_response
from .request import SAME_ORIGIN

__all__ = ["COOKIE", "SIGN_IN", "SIGN_OUT", "SessionAuth", "local_address", "router"]

router = APIRouter(max_body_size=4096)

COOKIE = "crosscurrent"
"""The cookie that carries a key; scripts can't read it, and other sites can't post with it."""
SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
_LONGEST = 1000
"""Characters of an address that signing in leads to: with more the form might not fit its limit."""


class SessionAuth:
    """Admits only requests for pages that carry a key in a cookie, within its quota.

    Other requests pass: ``/v1`` has a middleware of its own and takes keys in a header only, so
    that no other site can make a browser use them.

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
        """Pass one request on, or ask for a key first."""
        if scope["type"] == "http" and not scope["path"].startswith(
            (*NOT_PAGES, SIGN_IN, SIGN_OUT)
        ):
            request = Request(scope)
            key = authenticate(self.keyring, request.cookies.get(COOKIE, ""))
            if key is None:
                # what was to be changed is not: only to look can one go on afterwards
                onward = _requested_address(request) if scope["method"] == "GET" else None
                answer = RedirectResponse(address(SIGN_IN, {"next": onward}), 303)
                await answer(scope, receive, send)
                return
            scope[OWNER], scope[JOB_SECONDS] = key.name, key.job_seconds
            send = partial(_not_stored, send)
        await self.app(scope, receive, send)


def _requested_address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def _not_stored(send: Send, message: Message) -> None:
    """Let a browser keep nothing of it, so that going back after signing out shows nothing."""
    if message["type"] == "http.response.start":
        headers = MutableHeaders(raw=list(message.get("headers", ())))
        headers["Cache-Control"] = "no-store"
        message = {**message, "headers": headers.raw}
    await send(message)


def local_address(address: str) -> str:
    """Return an address if it is one on this service, and that of the first page otherwise."""
    ours = address.startswith("/") and address[1:2] not in ("/", "\\")
    return address if ours and address.isprintable() and len(address) <= _LONGEST else "/"


@router.get(SIGN_IN)
async def form(service: ServiceDep, next: str = "/") -> Response:
    """Ask for a key."""
    return _form(service, local_address(next))


@router.post(SIGN_IN, dependencies=[SAME_ORIGIN])
async def sign_in(request: Request, service: ServiceDep) -> Response:
    """Take a key, and go on to what was asked for."""
    given = parse_qs((await request.body()).decode("utf-8", "replace"))
    onward = local_address(given.get("next", [""])[0])
    secret = given.get("key", [""])[0].strip()
    if service.keyring is None:
        return RedirectResponse(onward, 303)
    if service.keyring.holder(secret) is None:
        return _form(service, onward, wrong=True)
    answer = RedirectResponse(onward, 303)
    safe = _by_tls(request)
    answer.set_cookie(COOKIE, secret, httponly=True, samesite="lax", secure=safe)
    return answer


def _by_tls(request: Request) -> bool:
    """Say whether a browser reached us by TLS, as far as anybody says so.

    No proxy need be trusted for that: who claims it wrongly gets a cookie that is kept closer.
    """
    headers = request.headers
    said = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return (
        request.url.scheme == "https"
        or said == "https"
        or headers.get("origin", "").startswith("https://")
    )


@router.post(SIGN_OUT, dependencies=[SAME_ORIGIN])
async def sign_out() -> Response:
    """Forget the key."""
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(COOKIE)
    return answer


def _form(service: ServiceDep, onward: str, *, wrong: bool = False) -> Response:
    context = {
        **anonymous_context(), "view": "", "onward": onward, "wrong": wrong,
        "needed": service.keyring is not None,
    }  # fmt: skip
    return page_response(
        "sign_in.html", context, 401 if wrong else 200, {"Cache-Control": "no-store"}
    )

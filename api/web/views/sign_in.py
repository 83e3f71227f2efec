"""Signing in with a key, and out, where keys are asked for."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from ...rest.service import Here
from ..auth import COOKIE, SIGN_IN, SIGN_OUT, local
from ..origins import OURS
from ..rendering import html, unasked

__all__ = ["router"]

router = APIRouter(max_body_size=4096)


@router.get(SIGN_IN)
async def form(here: Here, next: str = "/") -> Response:
    """Ask for a key."""
    return _form(here, local(next))


@router.post(SIGN_IN, dependencies=[OURS])
async def sign_in(request: Request, here: Here) -> Response:
    """Take a key, and go on to what was asked for."""
    given = parse_qs((await request.body()).decode("utf-8", "replace"))
    onward = local(given.get("next", [""])[0])
    secret = given.get("key", [""])[0].strip()
    if here.keyring is None:
        return RedirectResponse(onward, 303)
    if here.keyring.holder(secret) is None:
        return _form(here, onward, wrong=True)
    answer = RedirectResponse(onward, 303)
    safe = request.url.scheme == "https"
    answer.set_cookie(COOKIE, secret, httponly=True, samesite="lax", secure=safe)
    return answer


@router.post(SIGN_OUT, dependencies=[OURS])
async def sign_out() -> Response:
    """Forget the key."""
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(COOKIE)
    return answer


def _form(here: Here, onward: str, *, wrong: bool = False) -> Response:
    context = {
        **unasked(), "view": "", "onward": onward, "wrong": wrong,
        "needed": here.keyring is not None,
    }  # fmt: skip
    return html("sign_in.html", context, 401 if wrong else 200, {"Cache-Control": "no-store"})

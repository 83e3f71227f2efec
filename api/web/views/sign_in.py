"""Signing in with a key, and out, where keys are asked for."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import RedirectResponse

from ..asked import Page
from ..door import COOKIE, SIGN_IN, local

__all__ = ["router"]

router = APIRouter()

_LONGEST = 500


@router.get(SIGN_IN)
def form(asked: Page) -> Response:
    """Ask for a key."""
    return _form(asked, local(asked.one("next")))

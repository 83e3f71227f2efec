"""What came out of a measurement, as files: pictures, reports, evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Request, Response

from ...rest.service import Service, in_database_thread
from ..measurements.summaries import JobOwner

__all__ = ["router"]

router = APIRouter()

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_HEADERS: Mapping[str, str] = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Pictures and reports bring their own styles, and run and load nothing."""


@router.get("/validate/{identity}/plot.{kind}")
@in_database_thread
def plot(request: Request, owner: JobOwner, identity: str, kind: Literal["svg", "png"]) -> Response:
    """Return the picture."""
    media = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    content = _service(request).jobs().picture(identity, owner, kind)
    return Response(content, headers=_HEADERS, media_type=media)


@router.get("/validate/{identity}/report")
@in_database_thread
def page(request: Request, owner: JobOwner, identity: str) -> Response:
    """Return the report as a page by itself."""
    content = _service(request).jobs().page(identity, owner)
    policy = f"{_POLICY}; img-src data:"
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return Response(content, headers=headers, media_type="text/html")


@router.get("/validate/{identity}/report.txt")
@in_database_thread
def text(request: Request, owner: JobOwner, identity: str) -> Response:
    """Return the report in words, as a command line prints it."""
    content = _service(request).jobs().report(identity, owner)
    return Response(content, headers=_HEADERS, media_type="text/plain")


@router.get("/validate/{identity}/evidence")
@in_database_thread
def evidence(request: Request, owner: JobOwner, identity: str) -> Response:
    """Return knowledge files, as a request to put a knowledge set takes them."""
    found = _service(request).jobs().evidence(identity, owner)
    return _saved({"files": {name: file.decode() for name, file in found.items()}}, identity)


@router.get("/validate/{identity}/result")
@in_database_thread
def result(request: Request, owner: JobOwner, identity: str) -> Response:
    """Return the document."""
    return _saved(_service(request).jobs().result(identity, owner), identity, "result")


def _saved(document: Mapping[str, object], identity: str, what: str = "evidence") -> Response:
    content = json.dumps(document, indent=2, ensure_ascii=False)
    # it is the id of a job that was found, so it can stand in a header
    disposition = f'attachment; filename="{what}-{identity[:12]}.json"'
    headers = {**_HEADERS, "Content-Disposition": disposition}
    return Response(content, headers=headers, media_type="application/json")


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found

"""The application: routes, what every request passes, and answers made ahead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.cors import CORSMiddleware

from crosscurrent import __version__

from .answers import predictions
from .logs import Log, logger
from .rest.introspection import methods
from .rest.middleware import Front, Gate, Local, Prepared
from .rest.openapi import describe
from .rest.problems import handle_problems
from .rest.response_cache import Ready
from .rest.responses import REFUSALS
from .rest.routes import (
    backtest,
    catalogue,
    collusions,
    conflicts,
    health,
    knowledge,
    plans,
    published_attacks,
    validations,
)
from .rest.routes import predictions as prediction_routes
from .rest.service import Service, expect_json, expect_once
from .rest.settings import Settings
from .web import add_pages
from .web.auth import Door
from .web.errors import failed

__all__ = ["create_app"]

_ABOUT = """\
What one ML defense does to every other risk: predicted, explained and cited. The documents are
those of `crosscurrent ... --json`; names are ids or the papers' codes. Errors are
`application/problem+json`. Any question takes `?knowledge=NAME` to ask a knowledge set."""


def create_app(settings: Settings, log: Log | None = None) -> FastAPI:
    """Return the application; its `state.service` holds what routes share.

    Parameters
    ----------
    settings : Settings
        How it is set.
    log : optional
        Where it writes what happens; by default standard error.

    Raises
    ------
    BrokenKnowledge, InputError, OSError
        If the knowledge or the file of keys can't be used.
    """
    service = Service(settings, log or logger(settings.log_level))
    app = FastAPI(
        title="Crosscurrent",
        version=__version__,
        description=_ABOUT,
        redirect_slashes=False,
        # the pages at these would fetch scripts from elsewhere
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    handle_problems(app, failed)
    # here rather than on the application, whose limit would answer before `Front` is passed
    first = APIRouter(
        dependencies=[Depends(expect_json), Depends(expect_once)],
        responses=REFUSALS,
        max_body_size=settings.max_body_size,
    )
    for module in (
        prediction_routes,
        conflicts,
        collusions,
        plans,
        published_attacks,
        backtest,
        knowledge,
        catalogue,
        validations,
    ):
        first.include_router(module.router)
    app.include_router(first)
    app.include_router(
        validations.other,
        dependencies=[Depends(expect_once)],
        responses=REFUSALS,
        max_body_size=settings.max_body_size,
    )
    app.include_router(health.router)
    add_pages(app)
    app.state.methods = methods(app.routes)
    # the last one added is the first that a request meets
    app.add_middleware(Prepared, ready=dict(_ready(service)))
    if service.keyring is not None:
        app.add_middleware(Gate, keyring=service.keyring)
        app.add_middleware(Door, keyring=service.keyring)
    elif settings.loopback and not settings.open:
        app.add_middleware(Local, host=settings.host)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-None-Match",
                "Last-Event-ID",
                "X-Request-ID",
            ],
            expose_headers=["ETag", "Location", "Retry-After", "X-Request-ID"],
        )
    app.add_middleware(
        Front,
        log=service.log,
        metrics=service.metrics,
        max_body_size=settings.max_body_size,
        page=failed,
    )
    described: dict[str, Any] = {}

    def openapi() -> Mapping[str, Any]:
        if not described:
            described.update(describe(app))
        return described

    app.openapi = openapi  # type: ignore[method-assign, assignment]
    return app


def _ready(service: Service) -> Iterator[tuple[str, tuple[str, Ready]]]:
    """Make the matrix and all its parts: what most requests are for."""
    kb, base = service.kb, "/v1/predictions"

    def made(question: Any, **parameters: Any) -> Ready:
        key = f"{question.__module__}.{question.__name__}"
        return service.answers.make(kb, key, parameters, lambda: question(kb, **parameters))

    yield base, (base, made(predictions.matrix))
    for defense in kb.defenses.values():
        for name in filter(None, (defense.id, defense.code)):
            route = f"{base}/{{defense}}"
            yield f"{base}/{name}", (route, made(predictions.predictions, defense=name))
            for risk in kb.risks.values():
                for other in filter(None, (risk.id, risk.code)):
                    answer = made(predictions.prediction, defense=name, risk=other)
                    yield f"{base}/{name}/{other}", (f"{route}/{{risk}}", answer)

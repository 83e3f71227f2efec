"""The application: its routes, middleware and precomputed responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from crosscurrent import __version__
from crosscurrent.knowledge.errors import InputError

from .answers import predictions
from .logs import Log, logger
from .mcp.extra import require
from .rest.introspection import methods
from .rest.middleware import (
    MCP,
    OWNER,
    ApiKeyAuth,
    PrecomputedResponses,
    RequestContext,
    TrustedHost,
)
from .rest.openapi import describe
from .rest.problems import ProblemError, handle_problems
from .rest.response_cache import CachedResponse
from .rest.responses import REFUSALS
from .rest.routes import (
    assessments,
    backtest,
    catalogue,
    collusions,
    compliance,
    conflicts,
    health,
    knowledge,
    plans,
    pools,
    published_attacks,
    validations,
)
from .rest.routes import predictions as prediction_routes
from .rest.service import Service, reject_repeated_parameters, require_json
from .rest.settings import Settings
from .web import add_pages
from .web.auth import SessionAuth
from .web.errors import problem_page

if TYPE_CHECKING:
    from mcp.types import CallToolResult

    from .mcp.http import Endpoint

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
        If the knowledge or the file of keys can't be used, or an extra is missing.
    """
    service = Service(settings, log or logger(settings.log_level))
    endpoint = _mcp(service) if settings.mcp else None
    app = FastAPI(
        title="Crosscurrent",
        version=__version__,
        description=_ABOUT,
        redirect_slashes=False,
        # the pages at these would fetch scripts from elsewhere
        docs_url=None,
        redoc_url=None,
        lifespan=None if endpoint is None else endpoint.running,
    )
    app.state.service = service
    handle_problems(app, problem_page)
    # not on the application, whose limit would answer before `RequestContext` is passed
    most = settings.max_body_size
    asked = [Depends(require_json), Depends(reject_repeated_parameters)]
    for module in (
        prediction_routes,
        conflicts,
        collusions,
        plans,
        published_attacks,
        backtest,
        knowledge,
        catalogue,
        compliance,
        validations,
        pools,
    ):
        app.include_router(
            module.router, dependencies=asked, responses=REFUSALS, max_body_size=most
        )
    for router in (validations.media_router, assessments.router):
        app.include_router(router, dependencies=asked[1:], responses=REFUSALS, max_body_size=most)
    app.include_router(health.router)
    if endpoint is not None:
        app.router.routes.append(Route(MCP, endpoint, methods=["POST"]))
    add_pages(app)
    app.state.methods = methods(app.routes)
    # the last one added is the first that a request meets
    app.add_middleware(PrecomputedResponses, ready=dict(_precomputed(service)))
    if service.keyring is not None:
        app.add_middleware(ApiKeyAuth, keyring=service.keyring)
        app.add_middleware(SessionAuth, keyring=service.keyring)
    if (service.keyring is None or settings.hosts) and "*" not in settings.hosts:
        strangers = settings.open or not settings.loopback
        app.add_middleware(TrustedHost, names=(settings.host, *settings.hosts), addresses=strangers)
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
        RequestContext,
        log=service.log,
        metrics=service.metrics,
        max_body_size=most,
        page=problem_page,
    )
    described: dict[str, Any] = {}

    def openapi() -> Mapping[str, Any]:
        if not described:
            described.update(describe(app))
        return described

    app.openapi = openapi  # type: ignore[method-assign, assignment]
    return app


def _mcp(service: Service) -> Endpoint:
    """Return what answers the Model Context Protocol: its questions wait and cost as others do."""
    require()
    from .mcp.http import Endpoint

    async def run(request: Any, task: Callable[[], CallToolResult], less: str) -> CallToolResult:
        try:
            return await service.compute(request.scope.get(OWNER), task, less)
        except ProblemError as error:
            raise InputError(error.detail) from error

    settings = service.settings
    return Endpoint(
        service.kb,
        run,
        hosts=settings.hosts,
        origins=settings.cors_origins,
        max_body_size=settings.max_body_size,
    )


def _precomputed(service: Service) -> Iterator[tuple[str, tuple[str, CachedResponse]]]:
    """Compute the matrix and all its parts ahead: most requests are for them."""
    kb, base = service.kb, "/v1/predictions"

    def made(question: Any, **parameters: Any) -> CachedResponse:
        key = f"{question.__module__}.{question.__name__}"
        return service.responses.make(kb, key, parameters, lambda: question(kb, **parameters))

    yield base, (base, made(predictions.matrix))
    for defense in kb.defenses.values():
        for name in filter(None, (defense.id, defense.code)):
            route = f"{base}/{{defense}}"
            yield f"{base}/{name}", (route, made(predictions.predictions, defense=name))
            for risk in kb.risks.values():
                for media_router in filter(None, (risk.id, risk.code)):
                    answer = made(predictions.prediction, defense=name, risk=media_router)
                    yield f"{base}/{name}/{media_router}", (f"{route}/{{risk}}", answer)

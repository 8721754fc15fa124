"""Builds the FastAPI applications of a service: that of `api` and that of `worker`."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from vinculo.httpapi.admission import FairAdmission
from vinculo.httpapi.body_limits import LIMIT_BYTES, BodyLimitMiddleware
from vinculo.httpapi.catalogue import COMMON_MESSAGES
from vinculo.httpapi.client import ClientMiddleware
from vinculo.httpapi.exception_handlers import (
    Refusals,
    install_exception_handlers,
    problem_renderer,
)
from vinculo.httpapi.health import Checks, health_api, public
from vinculo.httpapi.openapi import describe_operations, prefix_of
from vinculo.httpapi.request_logging import RequestLoggingMiddleware, RequestMetrics
from vinculo.translation import Catalogue

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def service_app(
    name: str,
    routers: Iterable[APIRouter],
    *,
    readiness: Checks,
    lifespan: Lifespan | None = None,
    refusals: Refusals | None = None,
    catalogue: Catalogue | None = None,
    body_limit_bytes: int = LIMIT_BYTES,
) -> FastAPI:
    """An application with the routers, health and metrics endpoints, logs, limits and problems.

    `refusals` maps exceptions of the service to problems, `catalogue` has the titles of problems
    and the messages of field errors. The OpenAPI document is at `/<prefix>/openapi.json`.
    """
    messages = catalogue.with_fallback(COMMON_MESSAGES) if catalogue else COMMON_MESSAGES
    render = problem_renderer(messages)
    metrics = RequestMetrics(name)
    app = FastAPI(
        title=f"Vínculo {name}",
        version="1",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(health_api(readiness))
    app.include_router(_metrics_api(metrics))
    for router in routers:
        app.include_router(router)
    _publish_document(app)
    install_exception_handlers(app, render=render, catalogue=messages, refusals=refusals or {})
    app.add_middleware(BodyLimitMiddleware, render=render, limit_bytes=body_limit_bytes)
    app.add_middleware(RequestLoggingMiddleware, render=render, metrics=metrics)
    app.add_middleware(ClientMiddleware)
    app.add_middleware(FairAdmission)
    return app


def worker_app(
    name: str,
    *,
    readiness: Checks,
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """An application with health and metrics only."""
    return service_app(name, (), readiness=readiness, lifespan=lifespan)


def _metrics_api(metrics: RequestMetrics) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    @public
    async def exposition() -> Response:
        return metrics.exposition()

    return router


def _publish_document(app: FastAPI) -> None:
    describe_operations(app)
    prefix = prefix_of(app)
    if not prefix:
        return

    @app.get(f"{prefix}/openapi.json", include_in_schema=False)
    @public
    async def document() -> dict[str, object]:
        return app.openapi()

"""Builds the FastAPI applications of a service: that of `api` and that of `worker`."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from vinculo.httpapi.admission import FairAdmission
from vinculo.httpapi.api_docs import api_docs
from vinculo.httpapi.body_limits import LIMIT_BYTES, BodyLimitMiddleware
from vinculo.httpapi.catalogue import COMMON_MESSAGES
from vinculo.httpapi.client import ClientMiddleware
from vinculo.httpapi.exception_handlers import install_exception_handlers, problem_renderer
from vinculo.httpapi.health import Checks, health_api, public
from vinculo.httpapi.lost_connections import IsLostConnection
from vinculo.httpapi.openapi import describe_operations, operation_id, prefix_of
from vinculo.httpapi.openapi_examples import Examples
from vinculo.httpapi.problem_types import Refusals
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
    lost_connections: Sequence[IsLostConnection] = (),
    catalogue: Catalogue | None = None,
    examples: Examples | None = None,
    api_docs_on: bool = True,
    body_limit_bytes: int = LIMIT_BYTES,
) -> FastAPI:
    """An application with the routers, health and metrics endpoints, logs, limits and problems.

    `refusals` maps exceptions of the service to problems, `catalogue` has the titles of problems
    and the messages of field errors, `examples` has example values of fields. `lost_connections`
    recognise errors of servers other than PostgreSQL, which are problems with status 503. With
    `api_docs_on` the OpenAPI document is at `/<prefix>/v1/openapi.json`, and the page to read it at
    `/<prefix>/v1/docs`.
    """
    messages = catalogue.with_fallback(COMMON_MESSAGES) if catalogue else COMMON_MESSAGES
    render = problem_renderer(messages)
    metrics = RequestMetrics(name)
    app = FastAPI(
        title=f"Vinculo {name}",
        version="1",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    app.include_router(health_api(readiness))
    app.include_router(_metrics_api(metrics))
    for router in routers:
        app.include_router(router)
    describe_operations(app, refusals=refusals or {}, catalogue=messages, examples=examples or {})
    if api_docs_on and (prefix := prefix_of(app)):
        app.include_router(api_docs(app, f"{prefix}/v1"))
    install_exception_handlers(app, render=render, catalogue=messages, refusals=refusals or {})
    app.add_middleware(BodyLimitMiddleware, render=render, limit_bytes=body_limit_bytes)
    app.add_middleware(
        RequestLoggingMiddleware,
        render=render,
        metrics=metrics,
        lost_connections=lost_connections,
    )
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

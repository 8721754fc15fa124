"""The application of a service's `api` and `worker` processes, with what all have in common."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from vinculo.httpapi.answers import Refusals, install_answers, problem_answerer
from vinculo.httpapi.bodies import LIMIT_BYTES, BodyCheck
from vinculo.httpapi.health import Checks, health_api
from vinculo.httpapi.metrics import RequestMetrics
from vinculo.httpapi.openapi import describe_operations, prefix_of
from vinculo.httpapi.public_routes import public
from vinculo.httpapi.requests import RequestObservation
from vinculo.httpapi.titles import Titles
from vinculo.httpapi.turnstile import Turnstile

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def service_app(
    name: str,
    routers: Iterable[APIRouter],
    *,
    readiness: Checks,
    lifespan: Lifespan | None = None,
    refusals: Refusals | None = None,
    titles: Titles | None = None,
    body_limit_bytes: int = LIMIT_BYTES,
) -> FastAPI:
    """The routers behind problems, health, metrics, logs and limits.

    `refusals` maps the domain's refusals, `titles` their slugs (and validators' own codes) to
    languages. The OpenAPI document is at `/<prefix>/openapi.json`, and no other page is served.
    """
    own_titles = titles or {}
    answer = problem_answerer(own_titles)
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
    install_answers(app, answer=answer, titles=own_titles, refusals=refusals or {})
    app.add_middleware(BodyCheck, answer=answer, limit_bytes=body_limit_bytes)
    app.add_middleware(RequestObservation, answer=answer, metrics=metrics)
    app.add_middleware(Turnstile)
    return app


def worker_app(
    name: str,
    *,
    readiness: Checks,
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """Health and metrics only."""
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

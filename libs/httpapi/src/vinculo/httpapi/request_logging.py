"""Prometheus metrics: the requests of this application, and whatever the process counts besides."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinculo.events import track_position
from vinculo.httpapi.consistency_token import POSITION_HEADER, response_position
from vinculo.httpapi.context import CORRELATION_HEADER, context_from, request_context
from vinculo.httpapi.problems import Problem


class RequestMetrics:
    """In a registry of its own, so that one process may hold several applications."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "http_requests",
            "Requests answered.",
            ["service", "method", "route", "status"],
            registry=self._registry,
        )
        self._duration = Histogram(
            "http_request_duration_seconds",
            "Time to the end of the answer.",
            ["service", "method", "route"],
            registry=self._registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(self._service, method, route, status).inc()
        self._duration.labels(self._service, method, route).observe(seconds)

    def exposition(self) -> Response:
        return Response(
            generate_latest(REGISTRY) + generate_latest(self._registry),
            headers={"content-type": CONTENT_TYPE_LATEST},
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
UNMATCHED = "unmatched"
_REFUSED = 400


class RequestLoggingMiddleware:
    """The outermost ASGI middleware.

    Requests are told apart by their route's template: a path may hold anything a client types.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        render: Callable[[Scope, Problem], Response],
        metrics: RequestMetrics,
    ) -> None:
        self._app = app
        self._render = render
        self._metrics = metrics
        self._log = structlog.get_logger()
        self._templates: Mapping[Any, str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        context = context_from(Headers(scope=scope))
        token = request_context.set(context)
        bound = structlog.contextvars.bind_contextvars(
            correlation_id=context.correlation_id, trace_id=context.trace_id
        )
        started = time.perf_counter()
        status = 0
        actor_state = scope.setdefault("state", {})

        async def observed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[CORRELATION_HEADER] = context.correlation_id
                position = response_position(Request(scope))
                if position is not None and status < _REFUSED:
                    headers.setdefault(POSITION_HEADER, position)
            await send(message)

        try:
            with track_position():
                await self._app(scope, receive, observed_send)
        except Exception:
            self._log.exception("request-failed", method=_method(scope), route=self._route(scope))
            if status:
                raise
            await self._render(scope, Problem(500, "internal-error"))(scope, receive, observed_send)
        finally:
            seconds = time.perf_counter() - started
            method, route = _method(scope), self._route(scope)
            self._metrics.observe(method, route, status, seconds)
            if route not in _QUIET:
                self._log.info(
                    "request",
                    method=method,
                    route=route,
                    status=status,
                    duration_ms=round(seconds * 1000, 1),
                    actor=actor_state.get("actor"),
                )
            structlog.contextvars.reset_contextvars(**bound)
            request_context.reset(token)

    def _route(self, scope: Scope) -> str:
        app, endpoint = scope.get("app"), scope.get("endpoint")
        if endpoint is None or not isinstance(app, FastAPI):
            return UNMATCHED
        if self._templates is None:
            self._templates = {
                route.endpoint: route.path or UNMATCHED for route in iter_route_contexts(app.routes)
            }
        return self._templates.get(endpoint, UNMATCHED)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"

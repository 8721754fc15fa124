"""Logs and counts every request, and sets its context: correlation id, trace, stream position.

Requests are named by the template of their route, because a path may contain personal data.
"""

import time
from collections.abc import Callable, Mapping, Sequence
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
from vinculo.httpapi.lost_connections import IsLostConnection, is_lost_connection
from vinculo.httpapi.problems import Problem

UNMATCHED_ROUTE = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ROUTES_NOT_LOGGED = frozenset({"/health/live", "/health/ready", "/health/status", "/metrics"})
_FIRST_ERROR_STATUS = 400
RETRY_AFTER_SECONDS = 5
"""When a client should repeat a request for which a server could not be reached."""


class RequestMetrics:
    """Metrics of one application. They have their own registry, so a process may have several."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "http_requests",
            "Requests handled.",
            ["service", "method", "route", "status"],
            registry=self._registry,
        )
        self._duration = Histogram(
            "http_request_duration_seconds",
            "Time to the end of the response.",
            ["service", "method", "route"],
            registry=self._registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(self._service, method, route, status).inc()
        self._duration.labels(self._service, method, route).observe(seconds)

    def exposition(self) -> Response:
        """These metrics and those of the process, in Prometheus' text format."""
        return Response(
            generate_latest(REGISTRY) + generate_latest(self._registry),
            headers={"content-type": CONTENT_TYPE_LATEST},
        )


class RequestLoggingMiddleware:
    """ASGI middleware outside all others but `FairAdmission`.

    An error becomes a problem here: 503 when a server could not be reached, else 500.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        render: Callable[[Scope, Problem], Response],
        metrics: RequestMetrics,
        lost_connections: Sequence[IsLostConnection] = (),
    ) -> None:
        self._app = app
        self._lost_connections = tuple(lost_connections)
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

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[CORRELATION_HEADER] = context.correlation_id
                position = response_position(Request(scope))
                if position is not None and status < _FIRST_ERROR_STATUS:
                    headers.setdefault(POSITION_HEADER, position)
            await send(message)

        try:
            with track_position():
                await self._app(scope, receive, send_with_headers)
        except Exception as error:
            problem = self._problem(scope, error)
            if status:
                raise
            await self._render(scope, problem)(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            method, route = _method(scope), self._route(scope)
            self._metrics.observe(method, route, status, seconds)
            if route not in _ROUTES_NOT_LOGGED:
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

    def _problem(self, scope: Scope, error: Exception) -> Problem:
        """The logged problem; without a trace for a lost connection, which is not a bug."""
        if is_lost_connection(error, self._lost_connections):
            self._log.warning("connection-lost", error=type(error).__name__)
            return Problem(503, "service-unavailable", retry_after_seconds=RETRY_AFTER_SECONDS)
        self._log.exception("request-failed", method=_method(scope), route=self._route(scope))
        return Problem(500, "internal-error")

    def _route(self, scope: Scope) -> str:
        app, endpoint = scope.get("app"), scope.get("endpoint")
        if endpoint is None or not isinstance(app, FastAPI):
            return UNMATCHED_ROUTE
        if self._templates is None:
            self._templates = {
                route.endpoint: route.path or UNMATCHED_ROUTE
                for route in iter_route_contexts(app.routes)
            }
        return self._templates.get(endpoint, UNMATCHED_ROUTE)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"

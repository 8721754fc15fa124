"""Prometheus metrics: the requests of this application, and whatever the process counts besides."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from starlette.responses import Response


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

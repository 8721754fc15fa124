"""The metrics of the documents service, beside those of the libraries."""

from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Gauge


class DocumentsMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.overdue_erasures = Gauge(
            "documents_overdue_erasures",
            "Erased people whose files still exist half an hour after the erasure.",
            registry=registry,
        )


@cache
def documents_metrics(registry: CollectorRegistry = REGISTRY) -> DocumentsMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return DocumentsMetrics(registry)

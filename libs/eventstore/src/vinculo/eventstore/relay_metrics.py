"""What a relay tells about itself."""

from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge


class RelayMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("relay",)
        self.waiting = Gauge(
            "vinculo_outbox_rows", "Stored events not yet published.", labels, registry=registry
        )
        self.oldest_age = Gauge(
            "vinculo_outbox_oldest_age_seconds",
            "Age of the oldest stored event not yet published.",
            labels,
            registry=registry,
        )
        self.published = Counter(
            "vinculo_relay_published", "Events acknowledged by Kafka.", labels, registry=registry
        )
        self.errors = Counter(
            "vinculo_relay_errors", "Rounds of the relay that failed.", labels, registry=registry
        )
        self.leader = Gauge(
            "vinculo_relay_leader", "1 while this process publishes.", labels, registry=registry
        )


@cache
def relay_metrics(registry: CollectorRegistry = REGISTRY) -> RelayMetrics:
    """Give the one set of the registry; a name cannot be registered twice."""
    return RelayMetrics(registry)

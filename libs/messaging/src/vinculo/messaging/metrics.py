"""What a consumer tells about itself."""

from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge


class ConsumerMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.records = Counter(
            "vinculo_consumer_records",
            "Records dealt with, by what became of them.",
            ("consumer", "topic", "outcome"),
            registry=registry,
        )
        self.faults = Counter(
            "vinculo_consumer_faults",
            "Attempts on a partition that failed and are made again.",
            ("consumer", "topic"),
            registry=registry,
        )
        self.paused = Gauge(
            "vinculo_consumer_paused_partitions",
            "Partitions waiting for their next attempt.",
            ("consumer",),
            registry=registry,
        )
        self.batch_finished = Gauge(
            "vinculo_consumer_batch_finished_timestamp_seconds",
            "When the last batch was done with.",
            ("consumer",),
            registry=registry,
        )


@cache
def consumer_metrics(registry: CollectorRegistry = REGISTRY) -> ConsumerMetrics:
    """Give the one set of the registry; a name cannot be registered twice."""
    return ConsumerMetrics(registry)

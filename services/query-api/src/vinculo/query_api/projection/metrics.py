"""What the projector tells about itself."""

from collections.abc import Sequence
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from vinculo.query_api.generations import Generation, State
from vinculo.query_api.projection.fold import Folded


class ProjectorMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.folded = Counter(
            "vinculo_projector_folded_events",
            "Events folded into documents.",
            ["generation"],
            registry=registry,
        )
        self.set_aside = Counter(
            "vinculo_projector_set_aside_records",
            "Records put among the dead letters.",
            ["generation"],
            registry=registry,
        )
        self.quarantined = Counter(
            "vinculo_projector_quarantined_streams",
            "Times that a stream was quarantined, or its quarantine prolonged.",
            ["generation"],
            registry=registry,
        )
        self.faults = Counter(
            "vinculo_projector_faults",
            "Attempts on a batch that failed and are made again.",
            ["generation"],
            registry=registry,
        )
        self.paused = Gauge(
            "vinculo_projector_paused_partitions",
            "Partition numbers waiting for their next attempt.",
            ["generation"],
            registry=registry,
        )
        self.lag = Gauge(
            "vinculo_projector_lag_records",
            "Records in Kafka that are not applied yet.",
            ["generation"],
            registry=registry,
        )
        self.looped = Gauge(
            "vinculo_projector_looped_timestamp_seconds",
            "When the loop last went round.",
            ["generation"],
            registry=registry,
        )

        self.rebuild_read = Gauge(
            "vinculo_rebuild_read_records",
            "Records that a rebuild under way has read.",
            ["generation"],
            registry=registry,
        )
        self.rebuild_total = Gauge(
            "vinculo_rebuild_total_records",
            "Records that a rebuild under way will read.",
            ["generation"],
            registry=registry,
        )

    def watch(self, found: Sequence[Generation]) -> None:
        """How far rebuilds are; of those that ended nothing is told."""
        self.rebuild_read.clear()
        self.rebuild_total.clear()
        for each in found:
            if each.state is State.LOADING:
                self.rebuild_read.labels(each.name).set(each.read)
                self.rebuild_total.labels(each.name).set(each.total)

    def count(self, generation: str, folded: Folded) -> None:
        self.folded.labels(generation).inc(folded.applied)
        self.set_aside.labels(generation).inc(len(folded.set_aside))
        self.quarantined.labels(generation).inc(len(folded.quarantined))


@cache
def projector_metrics(registry: CollectorRegistry = REGISTRY) -> ProjectorMetrics:
    """Give the one set of the registry; a name cannot be registered twice."""
    return ProjectorMetrics(registry)

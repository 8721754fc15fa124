"""Metrics of the projector, by generation of the read model."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from vinculo.messaging import DecidedRecord, Disposition
from vinculo.query_api.generations import Generation, GenerationState

LABELS: Final = ("generation",)


class ProjectorMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.applied = Counter(
            "vinculo_projector_applied_events",
            "Events folded into documents.",
            LABELS,
            registry=registry,
        )
        self.dead_lettered = Counter(
            "vinculo_projector_dead_lettered_records",
            "Records written to the dead letters.",
            LABELS,
            registry=registry,
        )
        self.quarantined = Counter(
            "vinculo_projector_quarantined_streams",
            "Streams quarantined, counted again when a quarantine is extended.",
            LABELS,
            registry=registry,
        )
        self.failures = Counter(
            "vinculo_projector_batch_failures",
            "Failed attempts at a batch, all of which are retried.",
            LABELS,
            registry=registry,
        )
        self.paused = Gauge(
            "vinculo_projector_paused_partitions",
            "Partition numbers with a fault: paused until their next attempt, or in it.",
            LABELS,
            registry=registry,
        )
        self.stalled = Gauge(
            "vinculo_projector_stalled_partitions",
            "Assigned partitions with records of which none was applied for the time limit.",
            LABELS,
            registry=registry,
        )
        self.lag = Gauge(
            "vinculo_projector_lag_records",
            "Records in Kafka that are not applied yet.",
            LABELS,
            registry=registry,
        )
        self.last_poll = Gauge(
            "vinculo_projector_last_poll_timestamp_seconds",
            "When the consumer loop last polled Kafka.",
            LABELS,
            registry=registry,
        )
        self.rebuild_read = Gauge(
            "vinculo_rebuild_read_records",
            "Records that a running rebuild has read.",
            LABELS,
            registry=registry,
        )
        self.rebuild_total = Gauge(
            "vinculo_rebuild_total_records",
            "Records that a running rebuild will read.",
            LABELS,
            registry=registry,
        )

    def report_rebuilds(self, found: Sequence[Generation]) -> None:
        """Set the progress of running rebuilds, and remove that of ended ones."""
        self.rebuild_read.clear()
        self.rebuild_total.clear()
        for each in found:
            if each.state is GenerationState.LOADING:
                self.rebuild_read.labels(each.name).set(each.read)
                self.rebuild_total.labels(each.name).set(each.total)

    def start_counting(self, generation: str) -> None:
        """Export the counters as 0: `increase` in alert rules ignores the first value of a series.

        https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
        """
        for counter in (self.applied, self.dead_lettered, self.quarantined, self.failures):
            counter.labels(generation)

    def count(self, generation: str, decided: Iterable[DecidedRecord]) -> None:
        applied = dead_lettered = 0
        quarantined: set[str] = set()
        for each in decided:
            if each.decision.reason is not None:
                dead_lettered += 1
                if each.decision.disposition is Disposition.QUARANTINE and each.record.position:
                    quarantined.add(each.record.position[0])
            elif each.decision.disposition is Disposition.APPLY and each.record.event is not None:
                applied += 1
        self.applied.labels(generation).inc(applied)
        self.dead_lettered.labels(generation).inc(dead_lettered)
        self.quarantined.labels(generation).inc(len(quarantined))


@cache
def projector_metrics(registry: CollectorRegistry = REGISTRY) -> ProjectorMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return ProjectorMetrics(registry)

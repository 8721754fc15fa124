"""Metrics of consumers, and the readiness check of their topics."""

from collections import Counter as Counts
from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import cache
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from vinculo.messaging.checkpoints import DecidedRecord
from vinculo.messaging.ordering_policy import Disposition, QuarantineReason
from vinculo.process import run_to_completion

REQUEST_TIMEOUT_MS: Final = 1500


_OUTCOMES: Final = {
    Disposition.APPLY: "applied",
    Disposition.IGNORE: "ignored",
    Disposition.QUARANTINE: "quarantined",
    Disposition.DEAD_LETTER: "dead_lettered",
}


class ConsumerMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.records = Counter(
            "vinculo_consumer_records",
            "Records processed, by outcome.",
            ("consumer", "topic", "outcome"),
            registry=registry,
        )
        self.dead_lettered = Counter(
            "vinculo_consumer_dead_lettered_records",
            "Records that were dead-lettered, by reason.",
            ("consumer", "reason"),
            registry=registry,
        )
        self.faults = Counter(
            "vinculo_consumer_faults",
            "Failed attempts to process a partition's records; they are retried.",
            ("consumer", "topic"),
            registry=registry,
        )
        self.paused = Gauge(
            "vinculo_consumer_paused_partitions",
            "Partitions with a fault: paused until their next attempt, or in it.",
            ("consumer",),
            registry=registry,
        )
        self.stalled = Gauge(
            "vinculo_consumer_stalled_partitions",
            "Assigned partitions with records of which none was processed for the time limit.",
            ("consumer",),
            registry=registry,
        )
        self.batch_finished = Gauge(
            "vinculo_consumer_batch_finished_timestamp_seconds",
            "Time when the last batch was finished.",
            ("consumer",),
            registry=registry,
        )

    def start_counting(self, consumer: str) -> None:
        """Export the counters of alert rules as 0: `increase` ignores the first value of a series.

        https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
        """
        for reason in QuarantineReason:
            self.dead_lettered.labels(consumer, reason)

    def count(self, consumer: str, decided: Iterable[DecidedRecord]) -> None:
        outcomes: Counts[tuple[str, str]] = Counts()
        for each in decided:
            outcomes[each.record.record.topic, _OUTCOMES[each.decision.disposition]] += 1
            if each.decision.reason is not None:
                self.dead_lettered.labels(consumer, each.decision.reason).inc()
        for (topic, outcome), records in outcomes.items():
            self.records.labels(consumer, topic, outcome).inc(records)


@cache
def consumer_metrics(registry: CollectorRegistry = REGISTRY) -> ConsumerMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return ConsumerMetrics(registry)


def topics_check(kafka: str, needed: Collection[str]) -> Callable[[], Awaitable[None]]:
    """A readiness check; it raises LookupError with the names of missing topics."""

    async def check() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=REQUEST_TIMEOUT_MS)
        try:
            await client.start()
            missing = set(needed) - set(await client.list_topics())
        finally:
            await run_to_completion(client.close())
        if missing:
            raise LookupError(f"missing topics: {', '.join(sorted(missing))}")

    return check

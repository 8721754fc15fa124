"""What a consumer tells about itself."""

from collections.abc import Awaitable, Callable, Collection
from functools import cache
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
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


REQUEST_TIMEOUT_MS: Final = 1500


def topics_check(kafka: str, needed: Collection[str]) -> Callable[[], Awaitable[None]]:
    """A readiness check; raises LookupError naming the topics that are not there."""

    async def check() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=REQUEST_TIMEOUT_MS)
        try:
            await client.start()
            missing = set(needed) - set(await client.list_topics())
        finally:
            await client.close()
        if missing:
            raise LookupError(f"no topics {', '.join(sorted(missing))}")

    return check

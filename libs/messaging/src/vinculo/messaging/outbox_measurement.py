"""Measures the outbox, by a task and a connection of its own.

Every worker measures, whether its relay leads or not and whether Kafka can be reached or not: the
outbox grows exactly when the relay cannot publish.
"""

import asyncio
import time
from functools import cache
from typing import Any, Final

import asyncpg
import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Gauge

from vinculo.messaging.relay_leadership import LEADER_SILENT_SECONDS
from vinculo.process import Backoff

MEASURE_SECONDS: Final = 2.0
TIMEOUT_SECONDS: Final = 10.0
BACKOFF: Final = Backoff(initial_seconds=0.5, max_seconds=10.0)
MEASURE: Final = """
SELECT (SELECT count(*) FROM outbox) AS unpublished,
       coalesce(extract(epoch FROM clock_timestamp() - (
           SELECT e.recorded_at FROM outbox AS o JOIN events AS e USING (stream_id, version)
           ORDER BY o.id LIMIT 1)), 0)::float AS oldest_age
"""

log = structlog.get_logger()


class OutboxMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("relay",)
        self.unpublished = Gauge(
            "vinculo_outbox_rows", "Stored events not yet published.", labels, registry=registry
        )
        self.oldest_age = Gauge(
            "vinculo_outbox_oldest_age_seconds",
            "Age of the oldest stored event not yet published.",
            labels,
            registry=registry,
        )
        self.leader_silent = Gauge(
            "vinculo_relay_leader_silent_seconds",
            "Age of the last statement of the session that leads, or since one has led.",
            labels,
            registry=registry,
        )
        self.measured_at = Gauge(
            "vinculo_outbox_measured_timestamp_seconds",
            "When this process last measured the outbox.",
            labels,
            registry=registry,
        )


@cache
def outbox_metrics(registry: CollectorRegistry = REGISTRY) -> OutboxMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return OutboxMetrics(registry)


async def measure_outbox(url: str, relay: str, registry: CollectorRegistry) -> None:
    """Measure every `MEASURE_SECONDS` until cancelled, with a new connection after any error."""
    failures = 0
    while True:
        try:
            connection = await _connect(url)
            try:
                led_at = time.monotonic()
                while True:
                    led_at = await _measure(connection, relay, outbox_metrics(registry), led_at)
                    failures = 0
                    await asyncio.sleep(MEASURE_SECONDS)
            finally:
                connection.terminate()
        except Exception as error:  # noqa: BLE001 - any error is retried
            log.warning("outbox-not-measured", relay=relay, error=type(error).__name__)
            await asyncio.sleep(BACKOFF.delay_seconds(failures))
            failures += 1


async def _measure(
    connection: "asyncpg.Connection[Any]", relay: str, metrics: OutboxMetrics, led_at: float
) -> float:
    """Set the metrics; when a leader was last active, on the monotonic clock."""
    row = await connection.fetchrow(MEASURE)
    if row is not None:
        metrics.unpublished.labels(relay).set(row["unpublished"])
        metrics.oldest_age.labels(relay).set(row["oldest_age"])
        metrics.measured_at.labels(relay).set_to_current_time()
    silent_seconds = await connection.fetchval(LEADER_SILENT_SECONDS, relay)
    if silent_seconds is not None:
        led_at = time.monotonic() - silent_seconds
    metrics.leader_silent.labels(relay).set(time.monotonic() - led_at)
    return led_at


async def _connect(url: str) -> "asyncpg.Connection[Any]":
    return await asyncpg.connect(
        url,
        timeout=TIMEOUT_SECONDS,
        command_timeout=TIMEOUT_SECONDS,
        server_settings={"application_name": "vinculo-outbox-measurement"},
    )

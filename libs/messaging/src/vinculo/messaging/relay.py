"""The relay publishes the outbox of a database to Kafka.

The outbox is a queue: rows are deleted after Kafka has acknowledged the records. It is not read by
a cursor, because ids are not assigned in commit order and a cursor would skip a row that is
committed late under a small id.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge
from sqlalchemy.engine import make_url

from vinculo.eventstore.append_notifier import CHANNEL
from vinculo.messaging.cloud_events import SerializedEvent
from vinculo.messaging.kafka_producer import Record, publish
from vinculo.process import Backoff, crash_point, run_to_completion

MAX_BATCH_ROWS = 1000
FALLBACK_POLL_SECONDS = 1.0
LINGER_SECONDS = 0.03
PRODUCE_TIMEOUT_SECONDS = 30.0
CONNECT_TIMEOUT_SECONDS = 10
STATEMENT_TIMEOUT_SECONDS = 30
MEASURE_SECONDS = 2.0
STOP_TIMEOUT_SECONDS = 2.0
BACKOFF = Backoff(initial_seconds=0.1, max_seconds=5.0)
STANDBY_INTERVAL = Backoff(initial_seconds=2.0, factor=1.0, jitter=0.5)

TRY_LEAD = "SELECT pg_try_advisory_lock(hashtext('vinculo-relay'), hashtext($1))"
FETCH = """
SELECT o.id, e.stream_id, e.version, e.event_id::text, e.subject::text, e.type,
       convert_to(e.data::text, 'UTF8'), convert_to(e.personal::text, 'UTF8'),
       e.meta ->> 'correlation_id', e.meta ->> 'causation_id', e.meta ->> 'traceparent',
       to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM (
    SELECT id, stream_id, version FROM outbox WHERE id <> ALL($2::bigint[]) ORDER BY id LIMIT $1
) AS o
JOIN events AS e USING (stream_id, version) ORDER BY o.id
"""
DELETE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"
MEASURE = """
SELECT (SELECT count(*) FROM outbox) AS unpublished,
       coalesce(extract(epoch FROM clock_timestamp() - (
           SELECT e.recorded_at FROM outbox AS o JOIN events AS e USING (stream_id, version)
           ORDER BY o.id LIMIT 1)), 0)::float AS oldest_age
"""

log = structlog.get_logger()


class RelayMetrics:
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
        self.published = Counter(
            "vinculo_relay_published", "Events acknowledged by Kafka.", labels, registry=registry
        )
        self.errors = Counter(
            "vinculo_relay_errors", "Failures of the relay.", labels, registry=registry
        )
        self.leader = Gauge(
            "vinculo_relay_leader", "1 while this process publishes.", labels, registry=registry
        )


@cache
def relay_metrics(registry: CollectorRegistry = REGISTRY) -> RelayMetrics:
    """The one set of metrics of a registry; a name cannot be registered twice."""
    return RelayMetrics(registry)


@dataclass(frozen=True, slots=True)
class Batch:
    """Ids of outbox rows, and the records made from their events."""

    ids: Sequence[int]
    records: Sequence[Record]


class Relay:
    """Publishes the outbox of one database. Of several instances one leads, the others stand by.

    The leader holds an advisory lock named after `name`.
    """

    def __init__(
        self,
        database_url: str,
        kafka: str,
        to_record: Callable[[SerializedEvent], Record],
        name: str,
        *,
        registry: CollectorRegistry = REGISTRY,
        fallback_poll_seconds: float = FALLBACK_POLL_SECONDS,
    ) -> None:
        self._url = (
            make_url(database_url)
            .set(drivername="postgresql")
            .render_as_string(hide_password=False)
        )
        self._kafka = kafka
        self._to_record = to_record
        self._name = name
        self._fallback_poll_seconds = fallback_poll_seconds
        metrics = relay_metrics(registry)
        self._unpublished = metrics.unpublished.labels(name)
        self._oldest_age = metrics.oldest_age.labels(name)
        self._published = metrics.published.labels(name)
        self._errors = metrics.errors.labels(name)
        self._leader = metrics.leader.labels(name)
        self._failures = 0

    async def run(self) -> None:
        """Run until cancelled; after any error start again with new connections."""
        while True:
            try:
                await self._run_once()
            except Exception as error:  # noqa: BLE001 - any error is retried, the rows remain
                self._errors.inc()
                delay_seconds = BACKOFF.delay_seconds(self._failures)
                self._failures += 1
                log.warning(
                    "relay-failed",
                    relay=self._name,
                    error=type(error).__name__,
                    delay_seconds=round(delay_seconds, 2),
                )
                await asyncio.sleep(delay_seconds)
            finally:
                self._leader.set(0)

    async def _run_once(self) -> None:
        """Wait for the leadership, then publish until an error.

        The lock is polled: a session that waits for it in `pg_advisory_lock` holds a snapshot, and
        vacuum could not remove the rows that the leader deletes from the outbox.
        """
        connection = await _connect_database(self._url)
        try:
            while not await connection.fetchval(TRY_LEAD, self._name):  # noqa: ASYNC110 - the leader is in another process
                await asyncio.sleep(STANDBY_INTERVAL.delay_seconds(0))
            await self._publish_as_leader(connection)
        finally:
            await _close_database(connection)

    async def _publish_as_leader(self, connection: "asyncpg.Connection[Any]") -> None:
        """Publish and delete on the connection that holds the lock.

        A leader that loses its session loses the lock and can no longer delete rows.
        """
        async with asyncio.timeout(PRODUCE_TIMEOUT_SECONDS):
            producer = await _start_producer(self._kafka)
        try:
            appended = await _listen(connection)
            self._leader.set(1)
            clock = asyncio.get_running_loop().time
            measured_at = 0.0
            while True:
                appended.clear()
                fetched_at = clock()
                batch = await self._fetch(connection, [])
                while batch.ids:
                    batch = await self._publish(connection, producer, batch)
                    measured_at = await self._measure(connection, measured_at)
                measured_at = await self._measure(connection, measured_at)
                await self._wait_for_appends(appended)
                # Events appended in quick succession share a batch; a single one does not wait.
                await asyncio.sleep(fetched_at + LINGER_SECONDS - clock())
        finally:
            await _stop_producer(producer)

    async def _publish(
        self,
        connection: "asyncpg.Connection[Any]",
        producer: AIOKafkaProducer,
        batch: Batch,
    ) -> Batch:
        """Publish the batch, delete its rows and return the next batch.

        The next batch is fetched while Kafka works, from all other rows of the table, so that no
        event of a stream is skipped. It is not sent before this one is acknowledged. If fetching
        fails, the rows of this batch are deleted nevertheless: otherwise it would be published
        again and again.
        """
        prefetch = asyncio.create_task(self._prefetch_next(connection, batch.ids))
        try:
            await self._produce(producer, batch.records)
            await asyncio.wait([prefetch])
            await connection.execute(DELETE, batch.ids)
        except BaseException:
            prefetch.cancel()
            await asyncio.gather(prefetch, return_exceptions=True)
            raise
        crash_point("relay-after-delete")
        self._published.inc(len(batch.ids))
        self._failures = 0
        return await prefetch

    async def _prefetch_next(
        self, connection: "asyncpg.Connection[Any]", ids: Sequence[int]
    ) -> Batch:
        if len(ids) < MAX_BATCH_ROWS:
            return Batch([], [])
        return await self._fetch(connection, ids)

    async def _fetch(
        self, connection: "asyncpg.Connection[Any]", excluded_ids: Sequence[int]
    ) -> Batch:
        rows = await connection.fetch(FETCH, MAX_BATCH_ROWS, excluded_ids)
        return Batch(
            [row[0] for row in rows],
            [self._to_record(SerializedEvent._make(row[1:])) for row in rows],
        )

    async def _produce(self, producer: AIOKafkaProducer, records: Sequence[Record]) -> None:
        crash_point("relay-after-fetch")
        async with asyncio.timeout(PRODUCE_TIMEOUT_SECONDS):
            await publish(producer, records)
        crash_point("relay-after-produce")

    async def _measure(self, connection: "asyncpg.Connection[Any]", measured_at: float) -> float:
        now = asyncio.get_running_loop().time()
        if now - measured_at < MEASURE_SECONDS:
            return measured_at
        row = await connection.fetchrow(MEASURE)
        if row is not None:
            self._unpublished.set(row["unpublished"])
            self._oldest_age.set(row["oldest_age"])
        return now

    async def _wait_for_appends(self, appended: asyncio.Event) -> None:
        """Wait for a notification, or until lost notifications are made up for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._fallback_poll_seconds):
                await appended.wait()


async def _connect_database(url: str) -> "asyncpg.Connection[Any]":
    return await asyncpg.connect(
        url,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=STATEMENT_TIMEOUT_SECONDS,
        server_settings={
            "application_name": "vinculo-relay",
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_keepalives_count": "3",
            "client_connection_check_interval": "2s",
            # If the server crashes, rows whose deletion was not yet on disk are published again.
            "synchronous_commit": "off",
            # Without statistics the planner would scan all events to join a thousand.
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
        },
    )


async def _listen(connection: "asyncpg.Connection[Any]") -> asyncio.Event:
    """An event that is set by every notification of appends, and when the connection ends."""
    appended = asyncio.Event()
    connection.add_termination_listener(lambda _: appended.set())
    await connection.add_listener(CHANNEL, lambda *_: appended.set())
    return appended


async def _close_database(connection: "asyncpg.Connection[Any]") -> None:
    try:
        await connection.close(timeout=STOP_TIMEOUT_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


async def _start_producer(kafka: str) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=512 * 1024,
        request_timeout_ms=10_000,
    )
    try:
        await producer.start()
    except BaseException:
        await _stop_producer(producer)
        raise
    return producer


async def _stop_producer(producer: AIOKafkaProducer) -> None:
    """Stop the producer, within a time limit: with Kafka unreachable `stop` may never end."""
    try:
        await run_to_completion(producer.stop(), timeout_seconds=STOP_TIMEOUT_SECONDS)
    except (TimeoutError, KafkaError) as error:
        log.warning("producer-not-stopped", error=type(error).__name__)

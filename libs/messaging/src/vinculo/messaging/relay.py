"""The way from the outbox to Kafka.

The outbox is a queue, not a log to be read by a cursor: rows are deleted once Kafka has
acknowledged, so that a row committed late under a small id is simply met later. Commit order is
not sequence order, and a cursor would pass such a row by.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import asyncpg
import orjson
import structlog
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge
from sqlalchemy.engine import make_url

from vinculo.eventstore.events import StoredEvent
from vinculo.eventstore.postgres import stored_event
from vinculo.messaging.kafka_producer import Record, publish
from vinculo.process.crash_points import crash_point

BATCH = 1000
POLL_SECONDS = 0.03
STANDBY_SECONDS = 0.5
PRODUCE_TIMEOUT_SECONDS = 30.0
MEASURE_SECONDS = 2.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

LEAD = "SELECT pg_try_advisory_lock(hashtext('vinculo-relay'), hashtext($1))"
FETCH = """
SELECT o.id, e.stream_id, e.version, e.event_id, e.subject, e.type, e.data, e.personal, e.meta,
       e.recorded_at
FROM (
    SELECT id, stream_id, version FROM outbox WHERE id <> ALL($2::bigint[]) ORDER BY id LIMIT $1
) AS o
JOIN events AS e USING (stream_id, version) ORDER BY o.id
"""
DELETE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"
MEASURE = """
SELECT (SELECT count(*) FROM outbox) AS waiting,
       coalesce(extract(epoch FROM clock_timestamp() - (
           SELECT e.recorded_at FROM outbox AS o JOIN events AS e USING (stream_id, version)
           ORDER BY o.id LIMIT 1)), 0)::float AS oldest_age
"""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of the outbox, and what they become."""

    ids: Sequence[int]
    records: Sequence[Record]


class Relay:
    """Publishes a database's outbox; of several running, one leads and the others stand by."""

    def __init__(
        self,
        database_url: str,
        kafka: str,
        to_record: Callable[[StoredEvent], Record],
        name: str,
        *,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._url = (
            make_url(database_url)
            .set(drivername="postgresql")
            .render_as_string(hide_password=False)
        )
        self._kafka = kafka
        self._to_record = to_record
        self._name = name
        self._wake = asyncio.Event()
        metrics = relay_metrics(registry)
        self._waiting = metrics.waiting.labels(name)
        self._oldest_age = metrics.oldest_age.labels(name)
        self._published = metrics.published.labels(name)
        self._errors = metrics.errors.labels(name)
        self._leader = metrics.leader.labels(name)
        self._failures = 0

    def wake(self) -> None:
        """Say that something was appended; only a hint, the relay polls anyhow."""
        self._wake.set()

    async def run(self) -> None:
        """Run until cancelled. Any error ends the round: new connection, new producer, reread."""
        while True:
            try:
                await self._round()
            except Exception as error:  # noqa: BLE001 - whatever it is, the rows are still there
                self._errors.inc()
                delay = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
                self._failures += 1
                log.warning(
                    "relay-failed", relay=self._name, error=type(error).__name__, in_seconds=delay
                )
                await asyncio.sleep(delay)
            finally:
                self._leader.set(0)

    async def _round(self) -> None:
        connection = await _connect_database(self._url)
        try:
            while not await connection.fetchval(LEAD, self._name):  # noqa: ASYNC110 - the leader is in another process
                await asyncio.sleep(STANDBY_SECONDS)
            await self._lead(connection)
        finally:
            await _close_database(connection)

    async def _lead(self, connection: "asyncpg.Connection[Any]") -> None:
        """Publish and delete on the connection that holds the lock.

        A leader that lost its session has lost the lock, and with it the means to delete.
        """
        async with asyncio.timeout(PRODUCE_TIMEOUT_SECONDS):
            producer = await _start_producer(self._kafka)
        try:
            self._leader.set(1)
            measured_at = 0.0
            while True:
                self._wake.clear()
                batch = await self._fetch(connection, [])
                while batch.ids:
                    batch = await self._publish(connection, producer, batch)
                    measured_at = await self._measure(connection, measured_at)
                measured_at = await self._measure(connection, measured_at)
                await self._idle()
        finally:
            await _stop_producer(producer)

    async def _publish(
        self,
        connection: "asyncpg.Connection[Any]",
        producer: AIOKafkaProducer,
        batch: Batch,
    ) -> Batch:
        """Publish, then delete, and give the batch that comes next.

        It is made while Kafka is at work, from all that is left in the table, so that none of a
        stream is passed over; it is not sent before this one is acknowledged. Where it cannot be
        made, this one is deleted nevertheless, or it would be published again and again.
        """
        following = asyncio.create_task(self._following(connection, batch.ids))
        try:
            await self._produce(producer, batch.records)
            await asyncio.wait([following])
            await connection.execute(DELETE, batch.ids)
        except BaseException:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            raise
        crash_point("relay-after-delete")
        self._published.inc(len(batch.ids))
        self._failures = 0
        return await following

    async def _following(self, connection: "asyncpg.Connection[Any]", ids: Sequence[int]) -> Batch:
        if len(ids) < BATCH:
            return Batch([], [])
        return await self._fetch(connection, ids)

    async def _fetch(
        self, connection: "asyncpg.Connection[Any]", passed_over: Sequence[int]
    ) -> Batch:
        rows = await connection.fetch(FETCH, BATCH, passed_over)
        return Batch(
            [row["id"] for row in rows], [self._to_record(stored_event(row)) for row in rows]
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
            self._waiting.set(row["waiting"])
            self._oldest_age.set(row["oldest_age"])
        return now

    async def _idle(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)


STOP_TIMEOUT_SECONDS = 2.0


async def _connect_database(url: str) -> "asyncpg.Connection[Any]":
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        url,
        timeout=10,
        command_timeout=30,
        server_settings={
            "application_name": "vinculo-relay",
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_keepalives_count": "3",
            "client_connection_check_interval": "2s",
            # What is deleted but not yet on the disk when the server dies is published once more.
            "synchronous_commit": "off",
            # Before the first statistics a planner would read all events to join a thousand.
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
        },
    )
    try:
        await connection.set_type_codec(
            "jsonb",
            schema="pg_catalog",
            encoder=lambda value: b"\x01" + orjson.dumps(value),
            decoder=lambda raw: orjson.loads(raw[1:]),
            format="binary",
        )
    except BaseException:
        connection.terminate()
        raise
    return connection


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
    """Give up on a producer; with the broker gone its own `stop` may wait for ever."""
    try:
        async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
            await producer.stop()
    except (TimeoutError, KafkaError) as error:
        log.warning("producer-not-stopped", error=type(error).__name__)


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

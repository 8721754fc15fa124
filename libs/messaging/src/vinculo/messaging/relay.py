"""The relay publishes the outbox of a database to Kafka.

The outbox is a queue: rows are deleted after Kafka has acknowledged the records. It is not read by
a cursor, because ids are not assigned in commit order and a cursor would skip a row that is
committed late under a small id.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge
from sqlalchemy.engine import make_url

from vinculo.eventstore.append_notifier import CHANNEL
from vinculo.messaging.cloud_events import UUID_SUFFIX_LENGTH, SerializedEvent
from vinculo.messaging.fenced_producer import start_fenced_producer, stop_producer
from vinculo.messaging.kafka_producer import Acknowledged, Record, publish
from vinculo.messaging.outbox_measurement import measure_outbox
from vinculo.messaging.relay_leadership import HUNG_AFTER_SECONDS, wait_for_leadership
from vinculo.messaging.relay_positions import DELETE_PUBLISHED, RelayPositions
from vinculo.process import Backoff, crash_point

MAX_BATCH_ROWS = 1000
FALLBACK_POLL_SECONDS = 1.0
LINGER_SECONDS = 0.03
PRODUCE_TIMEOUT_SECONDS = 30.0
CONNECT_TIMEOUT_SECONDS = 10
STATEMENT_TIMEOUT_SECONDS = 30
STOP_TIMEOUT_SECONDS = 2.0
PRODUCER_LIFETIME_SECONDS = 24 * 3600.0
"""Kafka forgets a transactional id, and so the epoch that fences, after a week without a start."""
BACKOFF = Backoff(initial_seconds=0.1, max_seconds=5.0)
MAX_UNPROVEN_SECONDS = HUNG_AFTER_SECONDS - PRODUCE_TIMEOUT_SECONDS
"""How old the last statement may be when records are sent: sending ends before a takeover."""

FETCH = """
SELECT o.id, e.stream_id, e.version, e.event_id::text, e.subject::text, e.type,
       convert_to(e.data::text, 'UTF8'), convert_to(e.personal::text, 'UTF8'),
       e.meta ->> 'correlation_id', e.meta ->> 'causation_id', e.meta ->> 'traceparent',
       to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       e.meta ->> 'store_epoch'
FROM (
    SELECT id, stream_id, version FROM outbox WHERE id <> ALL($2::bigint[]) ORDER BY id LIMIT $1
) AS o
JOIN events AS e USING (stream_id, version) ORDER BY o.id
"""
FETCH_UNHALTED = FETCH.replace(
    "ORDER BY id LIMIT $1",
    f"""AND NOT EXISTS (
        SELECT FROM unnest($3::text[], $4::bigint[]) AS halted (category, up_to_id)
        WHERE category = left(stream_id, -{UUID_SUFFIX_LENGTH}) AND id <= coalesce(up_to_id, id)
    ) ORDER BY id LIMIT $1""",
)
log = structlog.get_logger()


class RelayMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("relay",)
        self.published = Counter(
            "vinculo_relay_published", "Events acknowledged by Kafka.", labels, registry=registry
        )
        self.errors = Counter(
            "vinculo_relay_errors", "Failures of the relay.", labels, registry=registry
        )
        self.leader = Gauge(
            "vinculo_relay_leader", "1 while this process publishes.", labels, registry=registry
        )
        self.hung_leaders = Counter(
            "vinculo_relay_hung_leaders",
            "Leaders whose session this process ended because they hung.",
            labels,
            registry=registry,
        )
        self.halted = Gauge(
            "vinculo_relay_halted_categories",
            "Stream categories whose topic was recreated and waits for `republish`.",
            labels,
            registry=registry,
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


class LeadershipUnprovenError(Exception):
    """The process stood still after its last statement: another relay may lead by now."""


class Relay:
    """Publishes the outbox of one database. Of several instances one leads, the others stand by.

    The leader holds an advisory lock named after `name`. `topics` are the full names of the topics
    by stream category: those that lost their records are not continued before `republish`. A leader
    fences the producers of earlier ones by the transactional id of `name` and `topic_prefix`.
    """

    def __init__(
        self,
        database_url: str,
        kafka: str,
        to_record: Callable[[SerializedEvent], Record],
        name: str,
        *,
        topics: Mapping[str, str],
        topic_prefix: str = "",
        registry: CollectorRegistry = REGISTRY,
        fallback_poll_seconds: float = FALLBACK_POLL_SECONDS,
        hung_after_seconds: float = HUNG_AFTER_SECONDS,
    ) -> None:
        self._url = (
            make_url(database_url)
            .set(drivername="postgresql")
            .render_as_string(hide_password=False)
        )
        self._kafka = kafka
        self._to_record = to_record
        self._name = name
        self._transactional_id = f"{topic_prefix}{name}-relay"
        self._positions = RelayPositions(topics, kafka)
        self._fallback_poll_seconds = fallback_poll_seconds
        self._hung_after_seconds = hung_after_seconds
        self._registry = registry
        metrics = relay_metrics(registry)
        self._published = metrics.published.labels(name)
        self._errors = metrics.errors.labels(name)
        self._leader = metrics.leader.labels(name)
        self._halted = metrics.halted.labels(name)
        self._hung_leaders = metrics.hung_leaders.labels(name)
        self._failures = 0
        self._proven_at = 0.0

    async def run(self) -> None:
        """Run until cancelled; after any error start again with new connections."""
        measuring = asyncio.create_task(measure_outbox(self._url, self._name, self._registry))
        try:
            await self._lead_repeatedly()
        finally:
            measuring.cancel()
            await asyncio.gather(measuring, return_exceptions=True)

    async def _lead_repeatedly(self) -> None:
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
        """Wait for the leadership, then publish until an error."""
        connection = await _connect_database(self._url)
        try:
            await wait_for_leadership(
                connection, self._name, self._hung_after_seconds, self._hung_leaders.inc
            )
            await self._publish_as_leader(connection)
        finally:
            await _close_database(connection)

    async def _publish_as_leader(self, connection: "asyncpg.Connection[Any]") -> None:
        """Publish and delete on the connection that holds the lock.

        A leader that loses its session loses the lock and can no longer delete rows.
        """
        appended = await _listen(connection)
        while True:
            async with asyncio.timeout(PRODUCE_TIMEOUT_SECONDS):
                producer = await start_fenced_producer(self._kafka, self._transactional_id)
            try:
                await self._check_topics(connection)
                self._leader.set(1)
                await self._publish_with(producer, connection, appended)
            finally:
                await stop_producer(producer)

    async def _publish_with(
        self,
        producer: AIOKafkaProducer,
        connection: "asyncpg.Connection[Any]",
        appended: asyncio.Event,
    ) -> None:
        """Publish for the lifetime of the producer."""
        clock = asyncio.get_running_loop().time
        ends_at = clock() + PRODUCER_LIFETIME_SECONDS
        while clock() < ends_at:
            appended.clear()
            fetched_at = clock()
            if self._positions.halted:
                await self._positions.reload(connection)
                self._halted.set(len(self._positions.halted.categories))
            batch = await self._fetch(connection, [])
            while batch.ids:
                batch = await self._publish(connection, producer, batch)
            await self._wait_for_appends(appended)
            # Events appended in quick succession share a batch; a single one does not wait.
            await asyncio.sleep(fetched_at + LINGER_SECONDS - clock())

    async def _check_topics(self, connection: "asyncpg.Connection[Any]") -> None:
        async with asyncio.timeout(PRODUCE_TIMEOUT_SECONDS):
            await self._positions.check_topics(connection)
        self._halted.set(len(self._positions.halted.categories))

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
            acknowledged = await self._produce(producer, batch.records)
            await asyncio.wait([prefetch])
            positions = self._positions.advance(acknowledged)
            begun_at = asyncio.get_running_loop().time()
            await connection.execute(DELETE_PUBLISHED, batch.ids, *positions)
            self._proven_at = begun_at
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
        begun_at = asyncio.get_running_loop().time()
        halted = self._positions.halted
        if halted:
            rows = await connection.fetch(
                FETCH_UNHALTED, MAX_BATCH_ROWS, excluded_ids, halted.categories, halted.up_to_ids
            )
        else:
            rows = await connection.fetch(FETCH, MAX_BATCH_ROWS, excluded_ids)
        self._proven_at = begun_at
        return Batch(
            [row[0] for row in rows],
            [self._to_record(SerializedEvent._make(row[1:])) for row in rows],
        )

    async def _produce(
        self, producer: AIOKafkaProducer, records: Sequence[Record]
    ) -> list[Acknowledged]:
        crash_point("relay-after-fetch")
        if asyncio.get_running_loop().time() > self._proven_at + MAX_UNPROVEN_SECONDS:
            raise LeadershipUnprovenError
        async with asyncio.timeout(PRODUCE_TIMEOUT_SECONDS):
            acknowledged = await publish(producer, records)
        crash_point("relay-after-produce")
        return acknowledged

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

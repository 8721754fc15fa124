"""P2: from the outbox to Kafka's acknowledgement, compared with a bare producer."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry

from bench.environment import BenchEnvironment, fresh_name
from bench.findings import AtLeast, Finding, speed_finding
from bench.rounds import alternate
from bench.store.sample_aggregate import PAYMENTS, new_event, payment
from vinculo.eventstore import EventStore, InMemoryEventStore, PostgresEventStore, create_engine
from vinculo.messaging import Record, Relay, cloud_events, serialized
from vinculo.messaging.kafka_producer import partition_of
from vinculo.messaging.relay import MAX_BATCH_ROWS
from vinculo.testing.topics import create_topics, delete_topics
from vinculo.testing.waiting import running_in_background

PARTITIONS = 12
EVENTS_PER_APPEND = 10
POLL_SECONDS = 0.005
TIMEOUT_SECONDS = 300.0


async def fill(store: EventStore, events: int, connection: Any = None) -> None:  # noqa: ANN401 - of either store
    for _ in range(events // EVENTS_PER_APPEND):
        stream = uuid4()
        await store.append(
            PAYMENTS.stream_id(stream),
            subject=stream,
            expected_version=0,
            events=[new_event(payment(stream)) for _ in range(EVENTS_PER_APPEND)],
            connection=connection,
        )


class RelayCandidate:
    """A running relay; the events to publish are committed in one transaction."""

    def __init__(self, store: PostgresEventStore, registry: CollectorRegistry) -> None:
        self._store = store
        self._registry = registry

    async def run(self, events: int) -> Mapping[str, float]:
        target = self._published() + events
        async with self._store.transaction() as connection:
            await fill(self._store, events, connection)
        started = time.perf_counter()
        async with asyncio.timeout(TIMEOUT_SECONDS):
            while self._published() < target:  # noqa: ASYNC110 - only a counter shows progress
                await asyncio.sleep(POLL_SECONDS)
        return {"relay": events / (time.perf_counter() - started)}

    def _published(self) -> float:
        labels = {"relay": "bench"}
        return self._registry.get_sample_value("vinculo_relay_published_total", labels) or 0.0


class BareProducer:
    """Sends prepared records, a thousand at a time, and waits for the acknowledgement."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, records: Sequence[Record]) -> None:
        self._producer = producer
        self._topic = topic
        self._records = len(records)
        self._batches = [
            _by_partition(records[start : start + MAX_BATCH_ROWS])
            for start in range(0, len(records), MAX_BATCH_ROWS)
        ]

    async def send_batches(self) -> Mapping[str, float]:
        started = time.perf_counter()
        for batch in self._batches:
            sent = [
                await self._producer.send_batch(self._batch(records), self._topic, partition=number)
                for number, records in batch.items()
            ]
            await asyncio.gather(*sent)
        return {"batches": self._records / (time.perf_counter() - started)}

    async def send_records(self) -> Mapping[str, float]:
        started = time.perf_counter()
        for batch in self._batches:
            sent = [
                await self._producer.send(
                    self._topic,
                    value=record.value,
                    key=record.key,
                    headers=record.headers,
                    partition=number,
                )
                for number, records in batch.items()
                for record in records
            ]
            await asyncio.gather(*sent)
        return {"single sends": self._records / (time.perf_counter() - started)}

    def _batch(self, records: Sequence[Record]) -> Any:  # noqa: ANN401 - aiokafka is untyped
        batch = self._producer.create_batch()
        for record in records:
            added = batch.append(
                timestamp=None, key=record.key, value=record.value, headers=record.headers
            )
            if added is None:
                raise ValueError("the records of a partition do not fit into one batch")
        return batch


def _by_partition(records: Sequence[Record]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for record in records:
        found.setdefault(partition_of(record.key, PARTITIONS), []).append(record)
    return found


@asynccontextmanager
async def producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    kafka_producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=512 * 1024,
    )
    await kafka_producer.start()
    try:
        yield kafka_producer
    finally:
        await kafka_producer.stop()


async def measure(environment: BenchEnvironment) -> list[Finding]:
    url, kafka, prefix = (
        await environment.event_database(),
        environment.addresses.kafka,
        f"{fresh_name()}-",
    )
    topic, events = f"{prefix}payments", environment.sizes.relayed
    to_record = cloud_events("bench", {PAYMENTS.name: "payments"}, prefix)
    in_memory = InMemoryEventStore()
    await fill(in_memory, events)
    registry = CollectorRegistry()
    async with AsyncExitStack() as exits:
        await create_topics(kafka, [topic], partitions=PARTITIONS)
        exits.push_async_callback(delete_topics, kafka, [prefix])
        engine = create_engine(url, pool_size=2)
        exits.push_async_callback(engine.dispose)
        relay = Relay(
            url,
            kafka,
            to_record,
            "bench",
            topics={PAYMENTS.name: topic},
            topic_prefix=prefix,
            registry=registry,
        )
        await exits.enter_async_context(running_in_background(relay.run()))
        bare = BareProducer(
            await exits.enter_async_context(producer(kafka)),
            topic,
            [to_record(serialized(event)) for event in in_memory.published],
        )
        relay_candidate = RelayCandidate(PostgresEventStore(engine), registry)
        # A relay's own process has no such heap to collect.
        gc.freeze()
        figures = await alternate(
            "P2 relay",
            {
                "relay": lambda: relay_candidate.run(events),
                "bare producer, batches": bare.send_batches,
                "bare producer, single sends": bare.send_records,
            },
            rounds=environment.sizes.rounds,
            console=environment.console,
        )
    what = (
        f"relay {events:,} events: from the outbox to Kafka's acknowledgement and deletion from "
        f"the outbox, {PARTITIONS} partitions"
    )
    return [
        speed_finding(
            row="P2",
            what=what,
            against="a bare idempotent aiokafka producer of the same events as prepared records, "
            f"one `send` per record, {MAX_BATCH_ROWS:,} acknowledged at a time",
            unit="events/s",
            subject=figures["relay"],
            ceiling=figures["single sends"],
            goal=AtLeast(ratio=0.65),
        ),
        speed_finding(
            row="P2, batches",
            what=what,
            against="the same producer with one batch per partition, as used by the relay, "
            "instead of single records",
            unit="events/s",
            subject=figures["relay"],
            ceiling=figures["batches"],
            goal=AtLeast(),
        ),
    ]

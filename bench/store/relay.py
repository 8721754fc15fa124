"""P2: from the outbox to the acknowledgement by Kafka, beside a bare producer of the same bytes."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry

from bench.findings import AtLeast, Finding, compared
from bench.rounds import alternate
from bench.stage import Stage, fresh_name
from bench.store.payments import PAYMENTS, new_event, payment
from vinculo.eventstore import EventStore, InMemoryEventStore, PostgresEventStore, create_engine
from vinculo.messaging import Record, Relay, cloud_events
from vinculo.messaging.kafka_producer import partition_of
from vinculo.messaging.relay import BATCH
from vinculo.testing.background import alongside
from vinculo.testing.topics import create_topics, delete_topics

PARTITIONS = 12
TOGETHER = 10
LOOK_EVERY_SECONDS = 0.005
PATIENCE_SECONDS = 300.0


async def fill(store: EventStore, events: int, connection: Any = None) -> None:  # noqa: ANN401 - of either store
    for _ in range(events // TOGETHER):
        stream = uuid4()
        await store.append(
            PAYMENTS.stream_id(stream),
            subject=stream,
            expected_version=0,
            events=[new_event(payment(stream)) for _ in range(TOGETHER)],
            connection=connection,
        )


class Relaying:
    """A relay at work; what is to be relayed appears to it all at once, by one commit."""

    def __init__(
        self, store: PostgresEventStore, relay: Relay, registry: CollectorRegistry
    ) -> None:
        self._store = store
        self._relay = relay
        self._registry = registry

    async def run(self, events: int) -> Mapping[str, float]:
        wanted = self._published() + events
        async with self._store.transaction() as connection:
            await fill(self._store, events, connection)
        begun = time.perf_counter()
        self._relay.wake()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._published() < wanted:  # noqa: ASYNC110 - the relay tells by its counter only
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        return {"relay": events / (time.perf_counter() - begun)}

    def _published(self) -> float:
        labels = {"relay": "bench"}
        return self._registry.get_sample_value("vinculo_relay_published_total", labels) or 0.0


class BareProducer:
    """Sends ready-made records a thousand at a time, each acknowledged before the next."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, records: Sequence[Record]) -> None:
        self._producer = producer
        self._topic = topic
        self._records = len(records)
        self._thousands = [
            _by_partition(records[start : start + BATCH]) for start in range(0, len(records), BATCH)
        ]

    async def in_batches(self) -> Mapping[str, float]:
        begun = time.perf_counter()
        for thousand in self._thousands:
            sent = [
                await self._producer.send_batch(self._batch(records), self._topic, partition=number)
                for number, records in thousand.items()
            ]
            await asyncio.gather(*sent)
        return {"batches": self._records / (time.perf_counter() - begun)}

    async def one_by_one(self) -> Mapping[str, float]:
        begun = time.perf_counter()
        for thousand in self._thousands:
            sent = [
                await self._producer.send(
                    self._topic,
                    value=record.value,
                    key=record.key,
                    headers=record.headers,
                    partition=number,
                )
                for number, records in thousand.items()
                for record in records
            ]
            await asyncio.gather(*sent)
        return {"single sends": self._records / (time.perf_counter() - begun)}

    def _batch(self, records: Sequence[Record]) -> Any:  # noqa: ANN401 - aiokafka is untyped
        batch = self._producer.create_batch()
        for record in records:
            added = batch.append(
                timestamp=None, key=record.key, value=record.value, headers=record.headers
            )
            if added is None:
                raise ValueError("a thousand records do not fit one batch per partition")
        return batch


def _by_partition(records: Sequence[Record]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for record in records:
        found.setdefault(partition_of(record.key, PARTITIONS), []).append(record)
    return found


@asynccontextmanager
async def producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=512 * 1024,
    )
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def measure(stage: Stage) -> list[Finding]:
    url, kafka, prefix = await stage.event_database(), stage.addresses.kafka, f"{fresh_name()}-"
    topic, events = f"{prefix}payments", stage.sizes.relayed
    to_record = cloud_events("bench", {PAYMENTS.name: "payments"}, prefix)
    in_memory = InMemoryEventStore()
    await fill(in_memory, events)
    registry = CollectorRegistry()
    async with AsyncExitStack() as exits:
        await create_topics(kafka, [topic], partitions=PARTITIONS)
        exits.push_async_callback(delete_topics, kafka, [prefix])
        engine = create_engine(url, pool_size=2)
        exits.push_async_callback(engine.dispose)
        relay = Relay(url, kafka, to_record, "bench", registry=registry)
        await exits.enter_async_context(alongside(relay.run()))
        bare = BareProducer(
            await exits.enter_async_context(producer(kafka)),
            topic,
            [to_record(event) for event in in_memory.published],
        )
        relaying = Relaying(PostgresEventStore(engine), relay, registry)
        # A relay's process holds no such heap, which the collector would look through for it.
        gc.freeze()
        figures = await alternate(
            "P2 relay",
            {
                "relay": lambda: relaying.run(events),
                "bare producer, batches": bare.in_batches,
                "bare producer, single sends": bare.one_by_one,
            },
            rounds=stage.sizes.rounds,
            console=stage.console,
        )
    what = (
        f"relay {events:,} events from stored to acknowledged by Kafka and deleted from the "
        f"outbox, {PARTITIONS} partitions"
    )
    return [
        compared(
            row="P2",
            what=what,
            against="a bare idempotent aiokafka producer of the same bytes as ready-made records, "
            f"used as it is meant to be, one `send` per record, {BATCH:,} acknowledged at a time",
            unit="events/s",
            subject=figures["relay"],
            ceiling=figures["single sends"],
            goal=AtLeast(ratio=0.6),
        ),
        compared(
            row="P2, batches",
            what=what,
            against="the same producer, given one batch per partition as the relay gives it, "
            "instead of records",
            unit="events/s",
            subject=figures["relay"],
            ceiling=figures["batches"],
            goal=AtLeast(),
        ),
    ]

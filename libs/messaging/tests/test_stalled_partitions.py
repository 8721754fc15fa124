"""A partition that has records and processes none is reported, whatever the cause."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from vinculo.messaging import ConsumedEvent, PostgresCheckpoints, run_consumer
from vinculo.messaging.stalled_partitions import StalledPartitions
from vinculo.testing.waiting import running_in_background

from .consumer_harness import Harness

pytestmark = pytest.mark.servers

LIMIT_SECONDS = 0.6


class Measured:
    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self.registry = CollectorRegistry()

    def stalled(self) -> float | None:
        return self.registry.get_sample_value(
            "vinculo_consumer_stalled_partitions", {"consumer": self._harness.consumer.group}
        )

    async def wait_for(self, partitions: int) -> None:
        await self._harness.eventually(lambda: self.stalled() == partitions)


@asynccontextmanager
async def measured(harness: Harness) -> AsyncIterator[Measured]:
    found = Measured(harness)
    work = run_consumer(
        harness.consumer, registry=found.registry, stalled_after_seconds=LIMIT_SECONDS
    )
    async with running_in_background(work):
        yield found


async def test_processing_that_never_returns_is_a_stall(harness: Harness) -> None:
    released = asyncio.Event()
    apply = harness.recorder.apply

    async def hang(connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        await released.wait()
        await apply(connection, events)

    harness.consumer = replace(
        harness.consumer,
        checkpoints=PostgresCheckpoints(harness.engine, harness.consumer.group, hang),
    )
    await harness.send_events("talk-a", 1, 2)

    with capture_logs() as lines:
        async with measured(harness) as found:
            await found.wait_for(1)
            released.set()
            await harness.wait_for_effects(2)
            await found.wait_for(0)

    stalls = [line for line in lines if line["event"] == "partition-stalled"]
    assert [(line["topic"], line["offset"]) for line in stalls] == [(harness.topic, 0)]


async def test_a_fault_that_does_not_end_is_a_stall(harness: Harness) -> None:
    harness.recorder.failing_streams.add("talk-a")
    await harness.send_events("talk-a", 1)

    async with measured(harness) as found:
        await found.wait_for(1)
        harness.recorder.failing_streams.clear()
        await harness.wait_for_effects(1)
        await found.wait_for(0)


async def test_a_consumer_that_no_longer_fetches_is_a_stall(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch: Callable[..., Awaitable[object]] = AIOKafkaConsumer.getmany
    fetches_with_records = asyncio.Semaphore(1)

    async def getmany(kafka: AIOKafkaConsumer, **arguments: object) -> object:
        await fetches_with_records.acquire()
        records = await fetch(kafka, **arguments)
        if not records:
            fetches_with_records.release()
        return records

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)
    await harness.send_events("talk-a", 1)
    async with measured(harness) as found:
        await harness.wait_for_effects(1)
        await harness.send_events("talk-a", 2)
        await found.wait_for(1)
        fetches_with_records.release()
        await harness.wait_for_effects(2)
        await found.wait_for(0)


async def test_a_slow_consumer_does_not_stall(harness: Harness, kafka: str) -> None:
    """Slower than the limit for all records, but not for one."""
    now = 0.0
    registry = CollectorRegistry()
    gauge = Gauge("stalled", "Stalled partitions", registry=registry)
    stalls = StalledPartitions("listener", 60, gauge, clock=lambda: now)

    async def stalled_partitions() -> float | None:
        await stalls.measure()
        return registry.get_sample_value("stalled")

    await harness.send_events("talk-a", 1, 2, 3)
    async with AIOKafkaConsumer(
        harness.topic, bootstrap_servers=kafka, auto_offset_reset="earliest"
    ) as consumer:
        stalls.polled(consumer)
        for _ in range(3):
            record = await consumer.getone()
            stalls.received([record])
            assert await stalled_partitions() == 0
            now += 59
            assert await stalled_partitions() == 0
            stalls.processed([record])
        now += 61
        assert await stalled_partitions() == 0  # nothing is left

        await harness.send_events("talk-a", 4)
        assert await stalled_partitions() == 0
        now += 60
        assert await stalled_partitions() == 1

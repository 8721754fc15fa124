"""A partition that has records and processes none is reported, whatever the cause."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from vinculo.messaging import ConsumedEvent, PostgresCheckpoints, run_consumer
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
    may_fetch = asyncio.Event()
    may_fetch.set()

    async def getmany(kafka: AIOKafkaConsumer, **arguments: object) -> object:
        await may_fetch.wait()
        return await fetch(kafka, **arguments)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)
    await harness.send_events("talk-a", 1)
    async with measured(harness) as found:
        await harness.wait_for_effects(1)
        may_fetch.clear()
        await harness.send_events("talk-a", 2, 3)
        await harness.wait_for_effects(2)  # the fetch that was waiting
        await found.wait_for(1)
        may_fetch.set()
        await harness.wait_for_effects(3)
        await found.wait_for(0)


async def test_a_slow_consumer_does_not_stall(harness: Harness) -> None:
    """Slower than the limit for all records, but not for one."""
    apply = harness.recorder.apply

    async def slowly(connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        await asyncio.sleep(LIMIT_SECONDS / 3)
        await apply(connection, events)

    harness.consumer = replace(
        harness.consumer,
        checkpoints=PostgresCheckpoints(harness.engine, harness.consumer.group, slowly),
    )
    values: set[float | None] = set()
    async with measured(harness) as found:
        for version in range(1, 9):
            await harness.send_events("talk-a", version)
        for expected in range(1, 9):
            await harness.wait_for_effects(expected)
            values.add(found.stalled())
    assert values == {0}

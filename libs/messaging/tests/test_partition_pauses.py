"""A partition with a fault is paused and tried again, while the others go on."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.messaging import (
    ConsumedEvent,
    PostgresCheckpoints,
    read_dead_letters,
    run_consumer,
)
from vinculo.testing.waiting import running_in_background

from .consumer_harness import Harness
from .recorded_events import running

pytestmark = pytest.mark.servers


async def test_a_fault_is_retried_and_loses_nothing(harness: Harness) -> None:
    harness.recorder.faults_left = 4
    await harness.send_events("talk-a", 1, 2, 3)

    async with running(harness.consumer):
        await harness.wait_for_effects(3)

    assert await harness.effects_of("talk-a") == [1, 2, 3]
    assert await read_dead_letters(harness.consumer.kafka, harness.consumer.group) == []


async def test_a_lasting_fault_pauses_its_partition_and_no_other(harness: Harness) -> None:
    harness.recorder.failing_streams.add("talk-stuck")
    await harness.send_events_to(0, "talk-stuck", 1)
    await harness.send_events_to(0, "talk-after", 1)
    await harness.send_events_to(1, "talk-beside", 1)

    async with running(harness.consumer):
        await harness.wait_for_effects(1)
        await harness.send_events_to(1, "talk-beside", 2)
        await harness.wait_for_effects(2)
        assert await harness.effects_of("talk-stuck") == []

        harness.recorder.failing_streams.clear()
        await harness.wait_for_effects(4)


async def test_a_partition_counts_as_paused_until_it_succeeds(harness: Harness) -> None:
    """Also during its attempts, as an alert rule waits until the metric was above zero for long."""
    registry = CollectorRegistry()
    apply = harness.recorder.apply
    found: list[float | None] = []

    async def measured(connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        found.append(paused(harness, registry))
        await apply(connection, events)

    checkpoints = PostgresCheckpoints(harness.engine, harness.consumer.group, measured)
    harness.consumer = replace(
        harness.consumer,
        checkpoints=checkpoints,
        session_timeout_ms=60_000,  # no rebalance
    )
    harness.recorder.faults_left = 3
    await harness.send_events("talk-a", 1)

    async with running_in_background(run_consumer(harness.consumer, registry=registry)):
        await harness.wait_for_effects(1)
        await harness.eventually(lambda: paused(harness, registry) == 0)
    assert found == [0, 1, 1, 1]


async def test_a_paused_partition_counts_only_where_it_is_assigned(harness: Harness) -> None:
    streams = [f"talk-{n}" for n in range(20)]
    harness.recorder.failing_streams.update(streams)
    partitions = {await harness.partition_of(stream, 1) for stream in streams}
    first, second = CollectorRegistry(), CollectorRegistry()

    def counted() -> tuple[float, float]:
        return paused(harness, first), paused(harness, second)

    async with running_in_background(run_consumer(harness.consumer, registry=first)):
        await harness.eventually(lambda: counted() == (len(partitions), 0))
        async with running_in_background(run_consumer(harness.consumer, registry=second)):
            await harness.eventually(
                lambda: min(counted()) > 0 and sum(counted()) == len(partitions)
            )


def paused(harness: Harness, registry: CollectorRegistry) -> float:
    labels = {"consumer": harness.consumer.group}
    return registry.get_sample_value("vinculo_consumer_paused_partitions", labels) or 0

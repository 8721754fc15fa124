"""A consumer killed between two steps applies every event once and in order; Kafka may be away."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from vinculo.eventstore import create_engine
from vinculo.messaging import (
    Consumer,
    PostgresCheckpoints,
    QuarantineReason,
    TopicSource,
    replay,
    run_consumer,
)
from vinculo.testing.waiting import eventually, running_in_background

from .consumer_harness import Harness
from .recorded_events import Recorder, parse, quarantined, running, value

NOWHERE = "127.0.0.1:1"
ROOT = Path(__file__).parents[3]


@pytest_asyncio.fixture
async def unconnected() -> AsyncIterator[Consumer]:
    """A consumer whose servers are away."""
    engine = create_engine("postgresql://u:p@127.0.0.1:1/x")
    checkpoints = PostgresCheckpoints(engine, "group", Recorder().apply)
    yield Consumer("group", [TopicSource("talks", parse)], checkpoints, NOWHERE)
    await engine.dispose()


async def test_a_consumer_waits_for_kafka(unconnected: Consumer) -> None:
    def was_retried() -> bool:
        return len([line for line in lines if line["event"] == "kafka-unreachable"]) > 1

    with capture_logs() as lines:
        async with running_in_background(run_consumer(unconnected)) as task:
            assert await eventually(was_retried)
            assert not task.done()


async def test_dead_letters_of_every_reason_are_counted_from_0(unconnected: Consumer) -> None:
    """An alert rule with `increase` does not see the first value of a series."""
    registry = CollectorRegistry()

    def counted(reason: QuarantineReason) -> float | None:
        return registry.get_sample_value(
            "vinculo_consumer_dead_lettered_records_total", {"consumer": "group", "reason": reason}
        )

    def are_exported() -> bool:
        return {counted(reason) for reason in QuarantineReason} == {0}

    async with running_in_background(run_consumer(unconnected, registry=registry)):
        assert await eventually(are_exported)


async def killed_at(harness: Harness, point: str) -> None:
    url = harness.engine.url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "libs.messaging.tests.consumer_process",
        harness.consumer.group,
        harness.topic,
        harness.loans,
        url,
        harness.consumer.kafka,
        cwd=ROOT,
        env=os.environ | {"VINCULO_CRASH_AT": point},
    )
    assert await asyncio.wait_for(process.wait(), 40) == -signal.SIGKILL


@pytest.mark.servers
@pytest.mark.parametrize(
    "point", ["consumer-before-commit-transaction", "consumer-before-commit-offset"]
)
async def test_a_kill_around_the_commits_repeats_and_loses_no_effect(
    harness: Harness, point: str
) -> None:
    for stream in ("talk-a", "talk-b"):
        await harness.send_events(stream, 1, 2, 3)

    await killed_at(harness, point)
    await harness.send_events("talk-a", 4)
    async with running(harness.consumer):
        await harness.wait_for_effects(7)

    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]
    assert await harness.effects_of("talk-b") == [1, 2, 3]


@pytest.mark.servers
async def test_a_kill_between_dead_letter_and_quarantine_keeps_the_streams_order(
    harness: Harness,
) -> None:
    await harness.send_events("talk-a", 1)
    await harness.send_value("talk-a", 2, value("poison"))
    await harness.send_events("talk-a", 3)

    await killed_at(harness, "quarantine-after-dead-letter")
    assert await quarantined(harness.engine) == {}
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(3)
        await harness.wait_for_quarantined({"talk-a": 3})

    harness.recorder.is_fixed = True
    await replay(harness.consumer)
    assert await harness.effects_of("talk-a") == [1, 2, 3]

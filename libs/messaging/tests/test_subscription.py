"""A consumer killed between two steps applies every event once and in order; Kafka may be away."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from vinculo.eventstore import create_engine
from vinculo.messaging import Consumer, PostgresCheckpoints, TopicSource, replay, run_consumer
from vinculo.testing.waiting import eventually, running_in_background

from .consumer_harness import Harness
from .recorded_events import Recorder, parse, quarantined, running, value

NOWHERE = "127.0.0.1:1"
ROOT = Path(__file__).parents[3]


async def test_a_consumer_waits_for_kafka() -> None:
    engine = create_engine("postgresql://u:p@127.0.0.1:1/x")
    checkpoints = PostgresCheckpoints(engine, "group", Recorder().apply)
    consumer = Consumer("group", [TopicSource("talks", parse)], checkpoints, NOWHERE)

    def was_retried() -> bool:
        return len([line for line in lines if line["event"] == "kafka-unreachable"]) > 1

    try:
        with capture_logs() as lines:
            async with running_in_background(run_consumer(consumer)) as task:
                assert await eventually(was_retried)
                assert not task.done()
    finally:
        await engine.dispose()


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

"""A consumer killed between two steps: every effect once, nothing lost, order kept."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from vinculo.messaging import replay

from .consuming_stage import Stage
from .recorded_events import quarantined, running, value

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[3]


async def killed_at(stage: Stage, point: str) -> None:
    url = stage.engine.url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "libs.messaging.tests.consumer_process",
        stage.consumer.group,
        stage.topic,
        stage.loans,
        url,
        stage.consumer.kafka,
        cwd=ROOT,
        env=os.environ | {"VINCULO_CRASH_AT": point},
    )
    assert await asyncio.wait_for(process.wait(), 40) == -signal.SIGKILL


@pytest.mark.parametrize(
    "point", ["consumer-before-commit-transaction", "consumer-before-commit-offset"]
)
async def test_a_kill_around_the_commits_repeats_and_loses_nothing(
    stage: Stage, point: str
) -> None:
    for stream in ("talk-a", "talk-b"):
        await stage.say(stream, 1, 2, 3)

    await killed_at(stage, point)
    await stage.say("talk-a", 4)
    async with running(stage.consumer):
        await stage.has_effects(7)

    assert await stage.effects_of("talk-a") == [1, 2, 3, 4]
    assert await stage.effects_of("talk-b") == [1, 2, 3]


async def test_a_kill_between_dead_letter_and_quarantine_keeps_the_streams_order(
    stage: Stage,
) -> None:
    await stage.say("talk-a", 1)
    await stage.put("talk-a", 2, value("poison"))
    await stage.say("talk-a", 3)

    await killed_at(stage, "quarantine-after-dead-letter")
    assert await quarantined(stage.engine) == {}
    async with running(stage.consumer):
        await stage.has_dead_letters(3)
        await stage.has_quarantined({"talk-a": 3})

    stage.recorder.cured = True
    await replay(stage.consumer)
    assert await stage.effects_of("talk-a") == [1, 2, 3]

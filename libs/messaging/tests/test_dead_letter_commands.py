"""The operators' commands, on a real consumer and without one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from vinculo.eventstore import create_engine
from vinculo.messaging import Consumer, list_dead_letters
from vinculo.messaging.dead_letter_commands import dead_letter_commands

from .consuming_stage import Stage
from .recorded_events import running, value


def never() -> AbstractAsyncContextManager[Consumer]:
    raise AssertionError("nothing is opened for this")


@pytest.mark.parametrize(
    "place", ["topic", "topic/0", "topic/one/2", "/1/2", "a/1/2/3", "topic/\u00b2/1", "topic/-1/0"]
)
def test_a_place_has_three_parts(place: str) -> None:
    answer = CliRunner().invoke(dead_letter_commands(never), ["discard", "--", place])

    assert answer.exit_code == 2
    assert "TOPIC/PARTITION/OFFSET" in answer.output


def test_asking_for_help_opens_nothing() -> None:
    answer = CliRunner().invoke(dead_letter_commands(never), ["--help"])

    assert answer.exit_code == 0
    assert {"list", "replay", "discard"} <= set(answer.output.split())


@pytest.mark.servers
async def test_what_waits_is_listed_tried_again_and_given_up(stage: Stage) -> None:
    partition, offset = await stage.put("talk-a", 1, value("poison"))
    await stage.say("talk-a", 2)
    async with running(stage.consumer):
        await stage.has_dead_letters(2)
    name = f"{stage.topic}/{partition}/{offset}"

    listed = await command(stage, "list")
    tried = await command(stage, "replay")
    unknown = await command(stage, "discard", f"{stage.topic}/{partition}/{offset + 9}")
    early = await command(stage, "discard", f"{stage.topic}/{partition}/{offset + 1}")
    given_up = await command(stage, "discard", name)

    assert [line.split("\t")[:2] for line in listed.stdout.splitlines()] == [
        [name, "1"],
        [f"{stage.topic}/{partition}/{offset + 1}", "1"],
    ]
    assert tried.stdout.startswith(f"waiting  {name}: ")
    assert (unknown.exit_code, early.exit_code, given_up.exit_code) == (1, 1, 0)
    assert unknown.stderr.startswith("no dead letter ")
    assert early.stderr == "version 1 of talk-a waits before it\n"
    assert [letter.offset for letter in await list_dead_letters(stage.consumer)] == [offset + 1]


async def command(stage: Stage, *words: str) -> Result:
    """Run it in a thread, for a command has an event loop and connections of its own."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Consumer]:
        engine = create_engine(stage.engine.url.render_as_string(hide_password=False))
        try:
            yield replace(stage.consumer, engine=engine)
        finally:
            await engine.dispose()

    return await asyncio.to_thread(CliRunner().invoke, dead_letter_commands(opened), words)

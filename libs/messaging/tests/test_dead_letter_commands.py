"""The commands for dead letters, with a real consumer and without one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from vinculo.eventstore import create_engine
from vinculo.messaging import Consumer, list_dead_letters
from vinculo.messaging.dead_letter_commands import dead_letter_commands

from .consumer_harness import Harness
from .recorded_events import running, value


def never() -> AbstractAsyncContextManager[Consumer]:
    raise AssertionError("this command opens no consumer")


@pytest.mark.parametrize(
    "location",
    ["topic", "topic/0", "topic/one/2", "/1/2", "a/1/2/3", "topic/\u00b2/1", "topic/-1/0"],
)
def test_a_location_has_three_parts(location: str) -> None:
    result = CliRunner().invoke(dead_letter_commands(never), ["discard", "--", location])

    assert result.exit_code == 2
    assert "TOPIC/PARTITION/OFFSET" in result.output


def test_help_opens_no_consumer() -> None:
    result = CliRunner().invoke(dead_letter_commands(never), ["--help"])

    assert result.exit_code == 0
    assert {"list", "replay", "discard"} <= set(result.output.split())


@pytest.mark.servers
async def test_dead_letters_are_listed_replayed_and_discarded(harness: Harness) -> None:
    partition, offset = await harness.send_value("talk-a", 1, value("poison"))
    await harness.send_events("talk-a", 2)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(2)
    name = f"{harness.topic}/{partition}/{offset}"

    listed = await command(harness, "list")
    replayed = await command(harness, "replay")
    unknown = await command(harness, "discard", f"{harness.topic}/{partition}/{offset + 9}")
    early = await command(harness, "discard", f"{harness.topic}/{partition}/{offset + 1}")
    discarded = await command(harness, "discard", name)

    assert [line.split("\t")[:2] for line in listed.stdout.splitlines()] == [
        [name, "1"],
        [f"{harness.topic}/{partition}/{offset + 1}", "1"],
    ]
    assert replayed.stdout.startswith(f"waiting  {name}: ")
    assert (unknown.exit_code, early.exit_code, discarded.exit_code) == (1, 1, 0)
    assert unknown.stderr.startswith("no dead letter ")
    assert early.stderr == "version 1 of talk-a waits before it\n"
    assert [letter.offset for letter in await list_dead_letters(harness.consumer)] == [offset + 1]


async def command(harness: Harness, *arguments: str) -> Result:
    """Run it in a thread: a command has its own event loop and connections."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Consumer]:
        engine = create_engine(harness.engine.url.render_as_string(hide_password=False))
        try:
            yield replace(harness.consumer, engine=engine)
        finally:
            await engine.dispose()

    return await asyncio.to_thread(CliRunner().invoke, dead_letter_commands(opened), arguments)

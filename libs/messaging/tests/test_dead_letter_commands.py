"""The commands for dead letters, with a real consumer and without one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from getpass import getuser

import orjson
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from vinculo.eventstore import create_engine
from vinculo.messaging import Consumer, PostgresCheckpoints, list_dead_letters
from vinculo.messaging.dead_letter_commands import dead_letter_commands

from .consumer_harness import Harness
from .recorded_events import running, subject_of, value


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
    later = f"{harness.topic}/{partition}/{offset + 1}"
    shown = await command(harness, "show", name)
    unknown = await command(harness, "discard", f"{later}9", "--reason", "x")
    early = await command(harness, "discard", later, "--reason", "x")
    without_reason = await command(harness, "discard", name)
    discarded = await command(harness, "discard", name, "--reason", "sent by mistake")
    diverged = await command(harness, "resync", "talk-a")

    first, second = (line.split("\t") for line in listed.stdout.splitlines())
    assert (first[0], first[1]) == (name, "poison")
    assert first[3:] == [
        "/talks/talks",
        "vinculo.talks.said.v1",
        str(subject_of("talk-a")),
        "words: poison",
    ]
    assert (second[0], second[1], second[6]) == (later, "poison", "follows its quarantined stream")
    assert replayed.stdout.startswith(f"waiting  {name}: ")
    assert replayed.exit_code == 1
    described = orjson.loads(shown.stdout)
    assert described["value"] == {"words": "poison"}
    assert ["ce_streamversion", "1"] in described["headers"]
    codes = (unknown.exit_code, early.exit_code, discarded.exit_code, diverged.exit_code)
    assert codes == (1, 1, 0, 1)
    assert without_reason.exit_code == 2
    async with harness.engine.connect() as connection:
        (row,) = await connection.execute(text("SELECT * FROM resolved_dead_letters"))
    assert (row.outcome, row.reason) == ("discarded", "sent by mistake")
    assert row.resolved_by == getuser()
    assert unknown.stderr.startswith("no dead letter ")
    assert early.stderr == "version 1 of talk-a waits before it\n"
    assert [letter.offset for letter in await list_dead_letters(harness.consumer)] == [offset + 1]


async def command(harness: Harness, *arguments: str) -> Result:
    """Run it in a thread: a command has its own event loop and connections."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Consumer]:
        engine = create_engine(harness.engine.url.render_as_string(hide_password=False))
        try:
            yield replace(
                harness.consumer,
                checkpoints=PostgresCheckpoints(
                    engine, harness.consumer.group, harness.recorder.apply
                ),
            )
        finally:
            await engine.dispose()

    return await asyncio.to_thread(CliRunner().invoke, dead_letter_commands(opened), arguments)

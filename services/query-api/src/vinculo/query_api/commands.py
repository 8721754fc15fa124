"""Operators' commands: rebuild, generations, dead letters. Each returns the process's exit code."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final

import typer

from vinculo.events import utc_now
from vinculo.messaging import UnknownDeadLetter
from vinculo.query_api.mongo import Database, connect
from vinculo.query_api.projector.dead_letters import (
    discard_dead_letter,
    pending_dead_letters,
    replay_dead_letters,
)
from vinculo.query_api.projector.dependencies import projector_dependencies
from vinculo.query_api.rebuild.generation_admin import (
    GenerationRefused,
    describe_generations,
    drop_unused,
    make_active,
)
from vinculo.query_api.rebuild.loader import TopicsMissingError
from vinculo.query_api.rebuild.orchestration import (
    RebuildFailedError,
    RebuildRunning,
    default_processes,
    rebuild,
)
from vinculo.query_api.rebuild.parallel_load import LoadSliceFailedError
from vinculo.query_api.settings import Settings

SUCCEEDED: Final = 0
FAILED: Final = 1


async def rebuild_read_model(settings: Settings, *, keep: bool, processes: int | None) -> int:
    try:
        await rebuild(
            settings, keep=keep, output=typer.echo, processes=processes or default_processes()
        )
    except (
        LoadSliceFailedError,
        RebuildFailedError,
        RebuildRunning,
        TopicsMissingError,
    ) as error:
        typer.echo(str(error), err=True)
        return FAILED
    return SUCCEEDED


async def list_generations(settings: Settings) -> int:
    async with _database(settings) as database:
        for line in await describe_generations(database, utc_now()):
            typer.echo(line)
    return SUCCEEDED


async def use_generation(settings: Settings, name: str) -> int:
    async with _database(settings) as database:
        return await _unless_refused(make_active(database, name, typer.echo))


async def remove_generation(settings: Settings, name: str) -> int:
    async with _database(settings) as database:
        return await _unless_refused(drop_unused(database, name, utc_now()))


async def _unless_refused(change: Awaitable[None]) -> int:
    try:
        await change
    except GenerationRefused as refusal:
        typer.echo(str(refusal), err=True)
        return FAILED
    return SUCCEEDED


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    try:
        yield mongo.database
    finally:
        await mongo.close()


async def list_dead_letters(settings: Settings) -> int:
    async with projector_dependencies(settings) as dependencies:
        for letter in await pending_dead_letters(dependencies):
            typer.echo(f"{letter.name}\t{letter.attempts}\t{letter.error}")
    return SUCCEEDED


async def replay(settings: Settings) -> int:
    """FAILED while streams are left in quarantine."""
    async with projector_dependencies(settings) as dependencies:
        replays = await replay_dead_letters(dependencies)
    for each in replays:
        typer.echo(
            f"generation {each.generation}: {len(each.released)} streams released, "
            f"{len(each.still_quarantined)} still quarantined"
        )
        for location in each.failed:
            typer.echo(f"  still fails: {location}")
    return FAILED if any(each.still_quarantined for each in replays) else SUCCEEDED


async def discard(settings: Settings, location: str) -> int:
    try:
        async with projector_dependencies(settings) as dependencies:
            is_new = await discard_dead_letter(dependencies, location, utc_now())
    except UnknownDeadLetter as error:
        typer.echo(str(error), err=True)
        return FAILED
    typer.echo("discarded" if is_new else "discarded before")
    return SUCCEEDED

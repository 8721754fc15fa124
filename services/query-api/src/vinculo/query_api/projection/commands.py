"""What operators do with the read model from the command line. Each gives the exit code."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import typer

from vinculo.query_api.mongo import Database, connect
from vinculo.query_api.projection import generation_choice
from vinculo.query_api.projection.dead_letters import (
    NotADeadLetterError,
    discard_letter,
    listed,
    replay_all,
)
from vinculo.query_api.projection.generation_choice import GenerationRefusedError
from vinculo.query_api.projection.loader import TopicsMissingError
from vinculo.query_api.projection.process import projecting_parts, utc_now
from vinculo.query_api.projection.rebuild import RebuildFailedError, RebuildRefusedError
from vinculo.query_api.projection.rebuilding import default_processes, rebuild
from vinculo.query_api.projection.shares import ShareFailedError
from vinculo.query_api.settings import Settings

FAILED = 1


async def rebuild_read_model(settings: Settings, *, keep: bool, processes: int | None) -> int:
    try:
        await rebuild(
            settings, keep=keep, say=typer.echo, processes=processes or default_processes()
        )
    except (
        RebuildFailedError,
        RebuildRefusedError,
        ShareFailedError,
        TopicsMissingError,
    ) as error:
        typer.echo(str(error), err=True)
        return FAILED
    return 0


async def list_generations(settings: Settings) -> int:
    async with _database(settings) as database:
        for line in await generation_choice.describe(database, utc_now()):
            typer.echo(line)
    return 0


async def use_generation(settings: Settings, name: str) -> int:
    async with _database(settings) as database:
        return await _chosen(generation_choice.use(database, name, typer.echo))


async def drop_generation(settings: Settings, name: str) -> int:
    async with _database(settings) as database:
        return await _chosen(generation_choice.drop(database, name, utc_now()))


async def _chosen(choice: Awaitable[None]) -> int:
    try:
        await choice
    except GenerationRefusedError as error:
        typer.echo(str(error), err=True)
        return FAILED
    return 0


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    try:
        yield mongo.database
    finally:
        await mongo.close()


async def list_letters(settings: Settings) -> int:
    async with projecting_parts(settings) as parts:
        for letter in await listed(parts):
            typer.echo(f"{letter.name}\t{letter.attempts}\t{letter.error}")
    return 0


async def replay_letters(settings: Settings) -> int:
    """Fails while streams are left waiting."""
    async with projecting_parts(settings) as parts:
        done = await replay_all(parts)
    for each in done:
        typer.echo(
            f"generation {each.generation}: {len(each.released)} streams released, "
            f"{len(each.still_waiting)} still waiting"
        )
        for place in each.failed:
            typer.echo(f"  still fails: {place}")
    return FAILED if any(each.still_waiting for each in done) else 0


async def discard(settings: Settings, place: str) -> int:
    try:
        async with projecting_parts(settings) as parts:
            fresh = await discard_letter(parts, place, utc_now())
    except NotADeadLetterError as error:
        typer.echo(str(error), err=True)
        return FAILED
    typer.echo("given up" if fresh else "given up before")
    return 0

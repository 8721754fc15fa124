"""Operators' commands: rebuild and generations. Each returns the process's exit code."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final

import typer

from vinculo.events import utc_now
from vinculo.query_api.mongo import Database, connect
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

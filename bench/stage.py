"""What a benchmark works on: servers of its own, how much to do, and where to tell of it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from alembic.migration import MigrationContext
from alembic.operations import Operations
from rich.console import Console
from sqlalchemy import Connection

from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import create_event_tables
from vinculo.local.addresses import VARIABLES, Addresses
from vinculo.local.display import StartDisplay
from vinculo.local.server_set import ServerSet
from vinculo.local.stack_file import StackFile
from vinculo.local.testing.databases import Databases


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is done in one round, and in how many."""

    rounds: int
    appends: int
    relayed: int
    events: int
    commands: int
    registrations: int


QUICK = Sizes(
    rounds=5, appends=1_600, relayed=10_000, events=200_000, commands=100, registrations=20
)
FULL = Sizes(
    rounds=7,
    appends=16_000,
    relayed=30_000,
    events=1_000_000,
    commands=300,
    registrations=100,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    addresses: Addresses
    databases: Databases
    sizes: Sizes
    console: Console

    async def event_database(self) -> str:
        """A fresh database with the event store's tables."""
        return await self.databases.new(create_tables, name="bench")

    def mongo_url(self, database: str) -> str:
        return urlunsplit(urlsplit(self.addresses.mongo_url)._replace(path=f"/{database}"))


def fresh_name() -> str:
    """For what is made on servers that others use too."""
    return f"bench{uuid4().hex[:8]}"


@asynccontextmanager
async def stage(sizes: Sizes, console: Console) -> AsyncIterator[Stage]:
    """Start the servers that the environment gives no address of, and stop them at the end.

    They write to disk as in earnest. Their addresses are put into the environment, where systems
    that are started later find them.
    """
    given = {name: os.environ[name] for name in VARIABLES.values() if name in os.environ}
    with TemporaryDirectory(prefix="vinculo-bench-", ignore_cleanup_errors=True) as folder:
        display = StartDisplay(console)
        servers = ServerSet(Path(folder), StackFile(Path(folder)), report=display.show, given=given)
        try:
            with display:
                addresses = await servers.start()
            os.environ.update(addresses.environment())
            databases = Databases(addresses.postgres_url)
            try:
                yield Stage(addresses=addresses, databases=databases, sizes=sizes, console=console)
            finally:
                await databases.drop_all()
        finally:
            await servers.stop()


async def create_tables(url: str) -> None:
    engine = create_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(_create)
    await engine.dispose()


def _create(connection: Connection) -> None:
    create_event_tables(Operations(MigrationContext.configure(connection)))

"""What a benchmark works on: servers of its own, how much to do, and where to tell of it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
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
from vinculo.local.display import StartDisplay
from vinculo.local.server_set import ServerSet
from vinculo.local.settings import ADDRESS_VARIABLES, ServerAddresses
from vinculo.local.state import StackState
from vinculo.population.namespace import Namespace
from vinculo.testing.databases import Databases

MONGO_CACHE_GB = 8.0
"""What holds a million people and all indexes; the usual quarter is for a laptop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is done in one round, and in how many."""

    rounds: int
    appends: int
    relayed: int
    rebuilt: int
    people: int
    growth: tuple[int, ...]
    pages: int
    asked: int
    searches: int
    commands: int
    registrations: int

    def with_people(self, people: int | None) -> "Sizes":
        """As many in the lists as asked for, a tenth and a hundredth to grow from."""
        if people is None:
            return self
        return replace(self, people=people, growth=(people // 100, people // 10, people))


QUICK = Sizes(
    rounds=3,
    appends=1_600,
    relayed=10_000,
    rebuilt=10_000,
    people=100_000,
    growth=(1_000, 10_000, 100_000),
    pages=100,
    asked=600,
    searches=200,
    commands=100,
    registrations=20,
)
FULL = Sizes(
    rounds=7,
    appends=16_000,
    relayed=30_000,
    rebuilt=60_000,
    people=1_000_000,
    growth=(10_000, 100_000, 1_000_000),
    pages=500,
    asked=1_500,
    searches=300,
    commands=300,
    registrations=100,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`populations` are those made so far, by the number of people; see `people.py`."""

    addresses: ServerAddresses
    databases: Databases
    sizes: Sizes
    console: Console
    people_name: str | None = None
    populations: dict[int, Namespace] = field(default_factory=dict)

    async def event_database(self) -> str:
        """A fresh database with the event store's tables."""
        return await self.databases.new(create_tables, name="bench")

    def mongo_url(self, database: str) -> str:
        return urlunsplit(urlsplit(self.addresses.mongo_url)._replace(path=f"/{database}"))


def fresh_name() -> str:
    """For what is made on servers that others use too."""
    return f"bench{uuid4().hex[:8]}"


@asynccontextmanager
async def stage(
    sizes: Sizes, console: Console, people_name: str | None = None
) -> AsyncIterator[Stage]:
    """Start the servers that the environment gives no address of, and stop them at the end.

    They write to disk as in earnest. Their addresses are put into the environment, where systems
    that are started later find them. Populations with a name are left where they are.
    """
    given = {name: os.environ[name] for name in ADDRESS_VARIABLES.values() if name in os.environ}
    with TemporaryDirectory(prefix="vinculo-bench-", ignore_cleanup_errors=True) as folder:
        display = StartDisplay(console)
        servers = ServerSet(
            Path(folder),
            StackState(Path(folder)),
            report=display.show,
            given=given,
            mongo_cache_gb=MONGO_CACHE_GB,
        )
        try:
            with display:
                addresses = await servers.start()
            os.environ.update(addresses.environment())
            databases = Databases(addresses.postgres_url)
            made = Stage(
                addresses=addresses,
                databases=databases,
                sizes=sizes,
                console=console,
                people_name=people_name,
            )
            try:
                yield made
            finally:
                await databases.drop_all()
                if people_name is None:
                    for namespace in made.populations.values():
                        await namespace.drop()
        finally:
            await servers.stop()


async def create_tables(url: str) -> None:
    engine = create_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(_create)
    await engine.dispose()


def _create(connection: Connection) -> None:
    create_event_tables(Operations(MigrationContext.configure(connection)))

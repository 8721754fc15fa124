"""The environment of a benchmark: servers, amounts of work and the console."""

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
from vinculo.eventstore.migrations import create_event_tables, create_store_epoch
from vinculo.local.display import StartDisplay
from vinculo.local.server_set import ServerSet
from vinculo.local.settings import ADDRESS_VARIABLES, ServerAddresses
from vinculo.local.state import StackState
from vinculo.messaging.relay_positions import create_relay_tables
from vinculo.population.namespace import Namespace
from vinculo.testing.databases import Databases

MONGO_CACHE_GB = 8.0
"""Enough for a million people with all indexes; the default of 0.25 GB is for a laptop."""

POSTGRES_SETTINGS = ("shared_preload_libraries=pg_stat_statements",)
"""To count statements; it costs the measured and the bare work alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Amounts of work per round, and the number of rounds."""

    rounds: int
    appends: int
    relayed: int
    rebuilt: int
    people: int
    growth: tuple[int, ...]
    pages: int
    questions: int
    searches: int
    commands: int
    registrations: int
    journeys: int
    idle_seconds: int
    files: int

    def with_people(self, people: int | None) -> "Sizes":
        """These sizes with another number of people; growth starts at a hundredth of it."""
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
    questions=600,
    searches=200,
    commands=100,
    registrations=20,
    journeys=12,
    idle_seconds=60,
    files=10,
)
FULL = Sizes(
    rounds=7,
    appends=16_000,
    relayed=30_000,
    rebuilt=60_000,
    people=1_000_000,
    growth=(10_000, 100_000, 1_000_000),
    pages=500,
    questions=1_500,
    searches=300,
    commands=300,
    registrations=100,
    journeys=50,
    idle_seconds=600,
    files=40,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchEnvironment:
    """`populations` are the namespaces written so far, by number of people (see `people.py`)."""

    addresses: ServerAddresses
    databases: Databases
    sizes: Sizes
    console: Console
    people_name: str | None = None
    populations: dict[int, Namespace] = field(default_factory=dict)

    async def event_database(self) -> str:
        """A new database with the event store's tables."""
        return await self.databases.new(create_tables, name="bench")

    def mongo_url(self, database: str) -> str:
        return urlunsplit(urlsplit(self.addresses.mongo_url)._replace(path=f"/{database}"))


def fresh_name() -> str:
    """A unique name for topics and databases on shared servers."""
    return f"bench{uuid4().hex[:8]}"


@asynccontextmanager
async def bench_environment(
    sizes: Sizes, console: Console, people_name: str | None = None
) -> AsyncIterator[BenchEnvironment]:
    """Start the servers without a given address and stop them at the end.

    They write to disk as in production. Their addresses are added to the environment variables for
    systems started later. Populations with a name are not deleted.
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
            postgres_settings=POSTGRES_SETTINGS,
        )
        try:
            with display:
                addresses = await servers.start()
            os.environ.update(addresses.environment())
            databases = Databases(addresses.postgres_url)
            environment = BenchEnvironment(
                addresses=addresses,
                databases=databases,
                sizes=sizes,
                console=console,
                people_name=people_name,
            )
            try:
                yield environment
            finally:
                await databases.drop_all()
                if people_name is None:
                    for namespace in environment.populations.values():
                        await namespace.drop()
        finally:
            await servers.stop()


async def create_tables(url: str) -> None:
    engine = create_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(_create)
    await engine.dispose()


def _create(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    create_event_tables(op)
    create_store_epoch(op)
    create_relay_tables(op)

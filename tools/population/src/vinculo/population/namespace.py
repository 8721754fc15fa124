"""The topics and databases of one population, with its name as prefix."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from vinculo.contracts.topics import PARTITIONS
from vinculo.eventstore.migrations import migrate
from vinculo.local.process_spec import StartFailedError
from vinculo.local.settings import ALLOCATOR
from vinculo.population.event_log import PopulationLog, delete_topics
from vinculo.population.person_generator import PopulationSpec

KEY: Final = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
"""Not a secret: it encrypts generated data."""
NAME: Final = re.compile(r"[a-z][a-z0-9]{0,30}")
REQUIRED_VARIABLES: Final = ("VINCULO_KAFKA", "VINCULO_POSTGRES_URL", "VINCULO_MONGO_URL")
STORAGE: Final = {
    "VINCULO_S3_URL": "http://127.0.0.1:9000",
    "VINCULO_S3_ACCESS_KEY": "unused",
    "VINCULO_S3_SECRET_KEY": "unused",
}
SERVER_TIMEOUT_MS: Final = 5_000
MARK_ID: Final = "population"


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """`servers` are addresses by variable name. Raises StartFailedError for invalid values."""

    name: str
    servers: Mapping[str, str]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise StartFailedError(
                f"{self.name!r} is not a valid name: use up to 31 lower-case letters and digits"
            )
        if missing := [name for name in REQUIRED_VARIABLES if not self.servers.get(name)]:
            raise StartFailedError(f"{', '.join(missing)} must name a server")

    @property
    def prefix(self) -> str:
        return f"{self.name}-"

    @property
    def log(self) -> PopulationLog:
        return PopulationLog(
            kafka=self.servers["VINCULO_KAFKA"],
            prefix=self.prefix,
            partitions=PARTITIONS,
            keyring_url=_database_url(self.servers["VINCULO_POSTGRES_URL"], f"{self.name}_keyring"),
            key_encryption_key=KEY,
        )

    def environment(self) -> dict[str, str]:
        """The environment of a query service for these people."""
        return {
            **ALLOCATOR,
            "VINCULO_KAFKA": self.log.kafka,
            "VINCULO_TOPIC_PREFIX": self.prefix,
            "VINCULO_KEYRING_URL": self.log.keyring_url,
            "VINCULO_KEY_ENCRYPTION_KEY": KEY,
            "VINCULO_HASH_KEY": KEY,
            "VINCULO_ERASURES_BUCKET": "",
            "QUERY_MONGO_URL": self._mongo_url(),
            "QUERY_EXPORTS_BUCKET": f"{self.name}-exports",
            **{name: self.servers.get(name, default) for name, default in STORAGE.items()},
        }

    async def create_databases(self) -> None:
        """Create the missing databases."""
        connection = await self._postgres()
        try:
            await connection.execute(f'CREATE DATABASE "{self.name}_keyring"')
        except asyncpg.DuplicateDatabaseError:
            pass
        finally:
            await connection.close()
        await migrate(self.log.keyring_url, "vinculo.privacy")

    async def drop(self) -> None:
        """Delete the topics and databases."""
        await delete_topics(self.log)
        connection = await self._postgres()
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{self.name}_keyring" WITH (FORCE)')
        finally:
            await connection.close()
        async with self._mongo() as client:
            await client.drop_database(client.get_default_database().name)

    async def read_mark(self) -> dict[str, Any] | None:
        """The description of the existing people; None if there are none."""
        try:
            async with self._mongo() as client:
                mark: dict[str, Any] | None = await _marks(client).find_one(
                    {"_id": MARK_ID}, {"_id": 0}
                )
                return mark
        except PyMongoError:
            raise StartFailedError(f"no MongoDB at {self._address('VINCULO_MONGO_URL')}") from None

    async def write_mark(self, spec: PopulationSpec, events: int | None = None) -> None:
        """Describe the people; `events` is None while they are being written."""
        mark: dict[str, Any] = {
            "people": spec.people,
            "seed": spec.seed,
            "until": spec.until,
            "events": events,
        }
        async with self._mongo() as client:
            await _marks(client).replace_one({"_id": MARK_ID}, mark, upsert=True)

    async def _postgres(self) -> "asyncpg.Connection[asyncpg.Record]":
        try:
            return await asyncpg.connect(self.servers["VINCULO_POSTGRES_URL"], timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            address = self._address("VINCULO_POSTGRES_URL")
            raise StartFailedError(f"no PostgreSQL at {address}: {type(error).__name__}") from None

    def _mongo(self) -> AsyncMongoClient[dict[str, Any]]:
        return AsyncMongoClient(
            self._mongo_url(), tz_aware=True, serverSelectionTimeoutMS=SERVER_TIMEOUT_MS
        )

    def _mongo_url(self) -> str:
        return _database_url(self.servers["VINCULO_MONGO_URL"], self.name)

    def _address(self, variable: str) -> str:
        return urlsplit(self.servers[variable]).netloc.rpartition("@")[2]


def _marks(client: AsyncMongoClient[dict[str, Any]]) -> Any:  # noqa: ANN401 - a collection of any documents
    database: AsyncDatabase[dict[str, Any]] = client.get_default_database()
    return database["population"]


def _database_url(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def is_same_population(
    mark: Mapping[str, Any], spec: PopulationSpec, until: datetime | None
) -> bool:
    """Whether the mark describes these people. Without `until` any last day matches."""
    return (
        mark["events"] is not None
        and (mark["people"], mark["seed"]) == (spec.people, spec.seed)
        and until in {None, mark["until"]}
    )

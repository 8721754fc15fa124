"""Topics and databases that belong to one population alone, named after it."""

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
from vinculo.population.filling import Log
from vinculo.population.inventing import Invention
from vinculo.population.log_topics import delete_topics

KEY: Final = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
"""Guards people who do not exist."""
NAME: Final = re.compile(r"[a-z][a-z0-9]{0,30}")
NEEDED: Final = ("VINCULO_KAFKA", "VINCULO_POSTGRES_URL", "VINCULO_MONGO_URL")
STORAGE: Final = {
    "VINCULO_S3_URL": "http://127.0.0.1:9000",
    "VINCULO_S3_ACCESS_KEY": "unused",
    "VINCULO_S3_SECRET_KEY": "unused",
}
PATIENCE_MS: Final = 5_000
MARK: Final = "population"


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """`servers` are their addresses by variable name."""

    name: str
    servers: Mapping[str, str]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise StartFailedError(f"{self.name!r} is no name: small letters and digits, up to 31")
        if missing := [name for name in NEEDED if not self.servers.get(name)]:
            raise StartFailedError(f"no address of a server in {', '.join(missing)}")

    @property
    def prefix(self) -> str:
        return f"{self.name}-"

    @property
    def log(self) -> Log:
        return Log(
            kafka=self.servers["VINCULO_KAFKA"],
            prefix=self.prefix,
            partitions=PARTITIONS,
            keyring_url=_at(self.servers["VINCULO_POSTGRES_URL"], f"{self.name}_keyring"),
            key_encryption_key=KEY,
        )

    def environment(self) -> dict[str, str]:
        """What a query service needs to work on these people."""
        return {
            "VINCULO_KAFKA": self.log.kafka,
            "VINCULO_TOPIC_PREFIX": self.prefix,
            "VINCULO_KEYRING_URL": self.log.keyring_url,
            "VINCULO_KEY_ENCRYPTION_KEY": KEY,
            "VINCULO_HASH_KEY": KEY,
            "QUERY_MONGO_URL": self._mongo_url(),
            "QUERY_EXPORTS_BUCKET": f"{self.name}-exports",
            **{name: self.servers.get(name, usual) for name, usual in STORAGE.items()},
        }

    async def prepare(self) -> None:
        """Make the databases that are not there yet; idempotent."""
        connection = await self._postgres()
        try:
            await connection.execute(f'CREATE DATABASE "{self.name}_keyring"')
        except asyncpg.DuplicateDatabaseError:
            pass
        finally:
            await connection.close()
        await migrate(self.log.keyring_url, "vinculo.privacy")

    async def drop(self) -> None:
        """Leave nothing under this name."""
        await delete_topics(self.log.kafka, self.prefix)
        connection = await self._postgres()
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{self.name}_keyring" WITH (FORCE)')
        finally:
            await connection.close()
        async with self._mongo() as client:
            await client.drop_database(client.get_default_database().name)

    async def found(self) -> dict[str, Any] | None:
        """What is told of the people who are here; None where nobody is."""
        try:
            async with self._mongo() as client:
                found: dict[str, Any] | None = await _marks(client).find_one(
                    {"_id": MARK}, {"_id": 0}
                )
                return found
        except PyMongoError:
            raise StartFailedError(f"no MongoDB at {self._place('VINCULO_MONGO_URL')}") from None

    async def mark(self, invention: Invention, events: int | None = None) -> None:
        """Say who is here; without the number of events, that they are being written."""
        mark: dict[str, Any] = {
            "people": invention.people,
            "seed": invention.seed,
            "until": invention.until,
            "events": events,
        }
        async with self._mongo() as client:
            await _marks(client).replace_one({"_id": MARK}, mark, upsert=True)

    async def _postgres(self) -> "asyncpg.Connection[asyncpg.Record]":
        try:
            return await asyncpg.connect(self.servers["VINCULO_POSTGRES_URL"], timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            place = self._place("VINCULO_POSTGRES_URL")
            raise StartFailedError(f"no PostgreSQL at {place}: {type(error).__name__}") from None

    def _mongo(self) -> AsyncMongoClient[dict[str, Any]]:
        return AsyncMongoClient(
            self._mongo_url(), tz_aware=True, serverSelectionTimeoutMS=PATIENCE_MS
        )

    def _mongo_url(self) -> str:
        return _at(self.servers["VINCULO_MONGO_URL"], self.name)

    def _place(self, variable: str) -> str:
        return urlsplit(self.servers[variable]).netloc.rpartition("@")[2]


def _marks(client: AsyncMongoClient[dict[str, Any]]) -> Any:  # noqa: ANN401 - a collection of any documents
    database: AsyncDatabase[dict[str, Any]] = client.get_default_database()
    return database["population"]


def _at(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def same_people(found: Mapping[str, Any], invention: Invention, until: datetime | None) -> bool:
    """Whether what is there is what is asked for; any day is the same unless one was named."""
    return (
        found["events"] is not None
        and (found["people"], found["seed"]) == (invention.people, invention.seed)
        and until in {None, found["until"]}
    )

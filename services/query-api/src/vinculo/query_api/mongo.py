"""The connection to MongoDB, by Motor or PyMongo's own asynchronous client.

All other modules use what both drivers have in common; the few calls that differ are here. Both use
binary UUIDs, aware times, and writes that are in the journal of a majority. Elsewhere documents
have declared shapes: `TypedDict`s, which `collection_of` names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar, cast
from uuid import UUID

from bson.binary import Binary
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

Document: TypeAlias = dict[str, Any]
"""A document before its shape is named, as by `collection_of`."""

Expression: TypeAlias = dict[str, Any]
"""A filter, update, pipeline stage or expression in MongoDB's own language."""

Shape = TypeVar("Shape", bound=Mapping[str, Any])
Collection: TypeAlias = AsyncCollection[Shape]
Database: TypeAlias = AsyncDatabase[Document]
Session: TypeAlias = AsyncClientSession

MAX_QUERY_MS: Final = 5_000
"""The time limit of queries that have none of their own."""

OPTIONS: Final[Mapping[str, Any]] = {
    "uuidRepresentation": "standard",
    "tz_aware": True,
    "w": "majority",
    "journal": True,
    "appname": "vinculo-query-api",
}


class Driver(StrEnum):
    MOTOR = "motor"
    PYMONGO = "pymongo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mongo:
    """A connected client and the database in its URL.

    `database` is typed as PyMongo's. With Motor it is Motor's, and is used only where both are
    alike; aggregating, starting sessions and closing differ and have methods here.
    """

    driver: Driver
    client: AsyncMongoClient[Document]
    database: Database

    async def ping(self) -> None:
        await self.database.command("ping")

    async def aggregate(
        self,
        collection: str,
        _shape: type[Shape],
        pipeline: Sequence[Expression],
        **options: Any,  # noqa: ANN401 - MongoDB's own
    ) -> list[Shape]:
        """The pipeline's results, which have this shape."""
        cursor: Any = self.database[collection].aggregate(pipeline, **options)
        if self.driver is Driver.PYMONGO:
            cursor = await cursor
        return cast("list[Shape]", await cursor.to_list(None))

    async def start_session(self, *, snapshot: bool = False) -> Session:
        """With `snapshot`, everything read in the session is of one moment."""
        started: Any = self.client.start_session(snapshot=snapshot)
        return cast("Session", await started if self.driver is Driver.MOTOR else started)

    async def kill_sessions(self, sessions: Iterable[UUID]) -> None:
        """Abort the transactions of these sessions, also those of other processes."""
        identities = [{"id": Binary.from_uuid(each)} for each in sessions]
        if identities:
            await self.client.admin.command("killSessions", identities)

    async def close(self) -> None:
        closing: Any = self.client.close()
        if self.driver is Driver.PYMONGO:
            await closing


def collection_of(database: Database, name: str, _shape: type[Shape]) -> Collection[Shape]:
    """The collection, whose documents have this shape."""
    return cast("Collection[Shape]", database[name])


def connect(url: str, driver: Driver | str = Driver.MOTOR, *, wait_seconds: float = 5) -> Mongo:
    """Connect lazily; a call fails when no server answers within `wait_seconds`.

    Must be called inside a running event loop. The database is the one in the URL's path.
    """
    options = {**OPTIONS, "serverSelectionTimeoutMS": int(wait_seconds * 1000)}
    client: Any = (
        AsyncIOMotorClient(url, **options)
        if Driver(driver) is Driver.MOTOR
        else AsyncMongoClient(url, **options)
    )
    return Mongo(driver=Driver(driver), client=client, database=client.get_default_database())

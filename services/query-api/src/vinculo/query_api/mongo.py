"""The one module that knows which MongoDB driver is in use.

Everything else is written against what Motor and PyMongo's own asynchronous client have in common,
and comes here for the few calls that differ. Binary UUIDs, aware times, and writes that a majority
holds in its journal are the same for both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

from bson.binary import Binary
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from vinculo.query_api.settings import Driver

Document: TypeAlias = dict[str, Any]
Database: TypeAlias = AsyncDatabase[Document]
Collection: TypeAlias = AsyncCollection[Document]
Session: TypeAlias = AsyncClientSession

OPTIONS: Final[Mapping[str, Any]] = {
    "uuidRepresentation": "standard",
    "tz_aware": True,
    "w": "majority",
    "journal": True,
    "appname": "vinculo-query-api",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mongo:
    """A connected client and the database that its address names.

    `database` is typed as PyMongo's: with Motor it is Motor's, used only where both are alike
    (`aggregate`, starting sessions and closing are not: see the methods).
    """

    driver: Driver
    client: AsyncMongoClient[Document]
    database: Database

    async def ping(self) -> None:
        await self.database.command("ping")

    async def aggregate(
        self,
        collection: str,
        pipeline: Sequence[Mapping[str, Any]],
        **options: Any,  # noqa: ANN401 - MongoDB's own
    ) -> list[Document]:
        cursor: Any = self.database[collection].aggregate(pipeline, **options)
        if self.driver is Driver.PYMONGO:
            cursor = await cursor
        return cast("list[Document]", await cursor.to_list(None))

    async def start_session(self, *, snapshot: bool = False) -> Session:
        """With `snapshot`, all that is read through it is of one moment."""
        started: Any = self.client.start_session(snapshot=snapshot)
        return cast("Session", await started if self.driver is Driver.MOTOR else started)

    async def kill_sessions(self, sessions: Iterable[UUID]) -> None:
        """Roll back what these sessions have under way, whoever holds them."""
        identities = [{"id": Binary.from_uuid(each)} for each in sessions]
        if identities:
            await self.client.admin.command("killSessions", identities)

    async def close(self) -> None:
        closing: Any = self.client.close()
        if self.driver is Driver.PYMONGO:
            await closing


def connect(url: str, driver: Driver | str = Driver.MOTOR, *, wait_seconds: float = 5) -> Mongo:
    """Connect lazily: the first call fails when no server answers within `wait_seconds`.

    To be called where the event loop runs. The database is the one in the address's path.
    """
    options = {**OPTIONS, "serverSelectionTimeoutMS": int(wait_seconds * 1000)}
    client: Any = (
        AsyncIOMotorClient(url, **options)
        if Driver(driver) is Driver.MOTOR
        else AsyncMongoClient(url, **options)
    )
    return Mongo(driver=Driver(driver), client=client, database=client.get_default_database())

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
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError

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

OWN_SUFFIX: Final = "_own"
"""Of the name of the service's own database, after that of the read model."""

TRANSIENT_LABELS: Final = (
    "TransientTransactionError",
    "UnknownTransactionCommitResult",
    "RetryableWriteError",
)
"""Labels by which server and driver say that the same operation may succeed later."""

TRANSIENT_CODES: Final = frozenset(
    {6, 7, 64, 89, 91, 112, 134, 189, 225, 246, 251, 262, 290, 317, 358, 9001}
    | {10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436, 14031}
)
"""MongoDB's codes for a network, a transaction, a primary or a server that went away.

https://www.mongodb.com/docs/manual/reference/error-codes/
"""

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
    """A connected client and two databases: that in its URL and the service's own beside it.

    `database` has the read model, which can be made again from the log. `own` has what cannot:
    audit entries, export jobs, decisions of operators.

    Both are typed as PyMongo's. With Motor they are Motor's, and are used only where both are
    alike; aggregating, starting sessions and closing differ and have methods here.
    """

    driver: Driver
    client: AsyncMongoClient[Document]
    database: Database
    own: Database

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


def is_mongo_lost(error: BaseException) -> bool:
    """Whether MongoDB could not be reached, or is stopping, recovering or without a primary.

    The driver has classes for the first; the others may come as errors of single writes, too.
    """
    if isinstance(error, ConnectionFailure):
        return True
    if not isinstance(error, PyMongoError):
        return False
    if any(error.has_error_label(label) for label in TRANSIENT_LABELS):
        return True
    if isinstance(error, BulkWriteError):
        details: Mapping[str, Any] = error.details or {}
        faults = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
        return any(fault.get("code") in TRANSIENT_CODES for fault in faults)
    return isinstance(error, OperationFailure) and error.code in TRANSIENT_CODES


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
    database = client.get_default_database()
    own = client[f"{database.name}{OWN_SUFFIX}"]
    return Mongo(driver=Driver(driver), client=client, database=database, own=own)

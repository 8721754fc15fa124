"""Idempotency keys and saved responses in MongoDB.

A request holds its key by a lease: a document with a random holder and a time limit. A process that
dies leaves its lease to expire; the repeated request then runs again, and its effect recognises
itself by its idempotent id. MongoDB itself deletes expired keys.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NotRequired
from uuid import UUID, uuid4

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError
from typing_extensions import TypedDict

from vinculo.httpapi.idempotency_store import (
    NO_RESPONSE_YET,
    RETENTION,
    KeyReused,
    RequestInFlight,
    Reservation,
    SavedResponse,
)
from vinculo.query_api.mongo import Collection, Database, Expression, collection_of

IDEMPOTENCY_KEYS: Final = "idempotency_keys"
LEASE: Final = timedelta(seconds=60)


class IdempotencyKey(TypedDict):
    """A key and its response, whose status is `NO_RESPONSE_YET` until there is one."""

    _id: bytes
    body_digest: bytes
    status: int
    headers: dict[str, str]
    body: bytes
    expires_at: datetime
    held_by: NotRequired[UUID]
    held_until: NotRequired[datetime]


class MongoIdempotencyStore:
    def __init__(
        self, database: Database, clock: Callable[[], datetime], *, lease: timedelta = LEASE
    ) -> None:
        self._keys = collection_of(database, IDEMPOTENCY_KEYS, IdempotencyKey)
        self._clock = clock
        self._lease = lease

    async def prepare(self) -> None:
        """Make the index by which MongoDB deletes expired keys; idempotent."""
        await self._keys.create_index("expires_at", expireAfterSeconds=0)

    @asynccontextmanager
    async def reserve(self, identity: bytes, body_digest: bytes) -> AsyncIterator[Reservation]:
        holder = uuid4()
        saved = await self._acquire(identity, body_digest, holder)
        reservation = _MongoReservation(self._keys, identity, holder, self._clock, saved)
        try:
            yield reservation
        finally:
            if saved is None:
                await self._keys.update_one(
                    {"_id": identity, "held_by": holder},
                    {"$unset": {"held_by": "", "held_until": ""}},
                )

    async def _acquire(
        self, identity: bytes, body_digest: bytes, holder: UUID
    ) -> SavedResponse | None:
        """The saved response; None once the holder has the lease."""
        now = self._clock()
        unused = {
            "body_digest": body_digest,
            "status": NO_RESPONSE_YET,
            "headers": {},
            "body": b"",
            "expires_at": now + RETENTION,
        }
        held = {"held_by": holder, "held_until": now + self._lease}
        found = await self._find_or_insert(identity, {**unused, **held})
        if found.get("held_by") == holder:
            return None
        if found["expires_at"] <= now:
            change = {**unused, **held}
        elif found.get("held_until", now) > now:
            raise RequestInFlight
        elif found["body_digest"] != body_digest:
            raise KeyReused
        elif found["status"] != NO_RESPONSE_YET:
            return SavedResponse(found["status"], found["headers"], found["body"])
        else:
            change = held
        unchanged = {
            "_id": identity,
            "expires_at": found["expires_at"],
            "held_by": found.get("held_by"),
            "held_until": found.get("held_until"),
        }
        taken = await self._keys.update_one(unchanged, {"$set": change})
        if taken.matched_count != 1:
            raise RequestInFlight
        return None

    async def _find_or_insert(self, identity: bytes, fields: Expression) -> IdempotencyKey:
        try:
            found = await self._keys.find_one_and_update(
                {"_id": identity},
                {"$setOnInsert": fields},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            # Another request has inserted the key between MongoDB's search and its insert.
            raise RequestInFlight from None
        if found is None:
            raise RequestInFlight
        return found


@dataclass(frozen=True, slots=True)
class _MongoReservation:
    keys: Collection[IdempotencyKey]
    identity: bytes
    holder: UUID
    clock: Callable[[], datetime]
    saved: SavedResponse | None

    async def save(self, response: SavedResponse) -> None:
        await self.keys.update_one(
            {"_id": self.identity, "held_by": self.holder},
            {
                "$set": {
                    "status": response.status,
                    "headers": dict(response.headers),
                    "body": response.body,
                    "expires_at": self.clock() + RETENTION,
                }
            },
        )

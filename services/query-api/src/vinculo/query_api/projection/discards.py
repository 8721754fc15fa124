"""What became of dead letters, by place.

Given up, for every generation and later ones too; or, of those that wait with no stream, applied.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from vinculo.query_api.mongo import Database

DISCARDS: Final = "discarded_records"
APPLIED: Final = "applied_dead_letters"


async def read_discards(database: Database) -> frozenset[str]:
    return await _places(database, DISCARDS)


async def read_applied(database: Database) -> frozenset[str]:
    return await _places(database, APPLIED)


async def note_applied(database: Database, places: Iterable[str], now: datetime) -> None:
    for place in places:
        await database[APPLIED].update_one(
            {"_id": place}, {"$setOnInsert": {"applied_at": now}}, upsert=True
        )


async def _places(database: Database, collection: str) -> frozenset[str]:
    return frozenset(
        [document["_id"] async for document in database[collection].find({}, {"_id": 1})]
    )


async def discard(database: Database, place: str, now: datetime) -> bool:
    """False when it was given up before."""
    written = await database[DISCARDS].update_one(
        {"_id": place}, {"$setOnInsert": {"discarded_at": now}}, upsert=True
    )
    return written.upserted_id is not None

"""Dead letters that an operator gave up, by place; for every generation, later ones included."""

from datetime import datetime
from typing import Final

from vinculo.query_api.mongo import Database

DISCARDS: Final = "discarded_records"


async def read_discards(database: Database) -> frozenset[str]:
    return frozenset(
        [document["_id"] async for document in database[DISCARDS].find({}, {"_id": 1})]
    )


async def discard(database: Database, place: str, now: datetime) -> bool:
    """False when it was given up before."""
    written = await database[DISCARDS].update_one(
        {"_id": place}, {"$setOnInsert": {"discarded_at": now}}, upsert=True
    )
    return written.upserted_id is not None

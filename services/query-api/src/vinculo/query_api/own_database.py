"""Moves collections that are not derived from the log into the service's own database.

Earlier versions of the code had them beside the read model, where its loss would have taken them.
"""

from collections.abc import Iterable
from typing import Final

from vinculo.query_api.mongo import Document, Mongo

_MOVING: Final = "moving_"


async def move_to_own_database(mongo: Mongo, collections: Iterable[str]) -> None:
    """Move the documents of these collections; idempotent, and complete after an interruption.

    A collection is renamed before it is copied, so that what an old process still writes is left
    for the next call.
    """
    for name in collections:
        moving = f"{_MOVING}{name}"
        existing = set(await mongo.database.list_collection_names())
        if moving in existing:
            await _move(mongo, moving, name)
        if name in existing:
            await mongo.database[name].rename(moving)
            await _move(mongo, moving, name)


async def _move(mongo: Mongo, moving: str, name: str) -> None:
    into = {"db": mongo.own.name, "coll": name}
    merge = {"into": into, "on": "_id", "whenMatched": "keepExisting", "whenNotMatched": "insert"}
    await mongo.aggregate(moving, Document, [{"$merge": merge}])
    await mongo.database.drop_collection(moving)

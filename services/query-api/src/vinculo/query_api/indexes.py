"""The indexes of a generation, made when it is empty or after it is loaded."""

from vinculo.query_api.generations import collection_names
from vinculo.query_api.mongo import Database
from vinculo.query_api.people.columns import EVENTS_INDEXES, PEOPLE_INDEXES


async def make_indexes(database: Database, generation: str) -> None:
    """Idempotent. Makes the collections too, so that no transaction has to."""
    names = collection_names(generation)
    existing = set(await database.list_collection_names())
    for name in names.all():
        if name not in existing:
            await database.create_collection(name)
    await database[names.people].create_indexes(list(PEOPLE_INDEXES))
    await database[names.events].create_indexes(list(EVENTS_INDEXES))

"""The indexes of a generation, made when it is empty or after it is loaded."""

from collections.abc import Sequence

from pymongo import IndexModel

from vinculo.query_api.generations import collection_names
from vinculo.query_api.mongo import Collection, Database
from vinculo.query_api.person_document.schema import EVENTS_INDEXES, PEOPLE_INDEXES


async def make_indexes(database: Database, generation: str) -> None:
    """Idempotent. Makes the collections too, so that no transaction has to.

    An index that an earlier version made of other fields is made anew. Until it is there, lists in
    its order cannot be read.
    """
    names = collection_names(generation)
    existing = set(await database.list_collection_names())
    for name in names.all():
        if name not in existing:
            await database.create_collection(name)
    await _make(database[names.people], PEOPLE_INDEXES)
    await _make(database[names.events], EVENTS_INDEXES)


async def _make(collection: Collection, indexes: Sequence[IndexModel]) -> None:
    existing = await collection.index_information()
    for index in indexes:
        name, fields = index.document["name"], list(index.document["key"].items())
        if name in existing and existing[name]["key"] != fields:
            await collection.drop_index(name)
    await collection.create_indexes(list(indexes))

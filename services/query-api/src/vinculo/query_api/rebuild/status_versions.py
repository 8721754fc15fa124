"""Fills `registry.status_version` in documents that were projected before it existed.

The events themselves had no status version then, so they are counted in the person's timeline.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from pymongo import UpdateOne
from typing_extensions import TypedDict

from vinculo.contracts import topics, types_of
from vinculo.query_api.generations import collection_names, generations
from vinculo.query_api.mongo import Mongo, collection_of
from vinculo.query_api.person_document.registry import COUNTED_EVENTS
from vinculo.query_api.person_document.schema import Person

BATCH_SIZE: Final = 1000
_LACKING: Final = {
    "registry.version": {"$exists": True},
    "registry.status_version": {"$exists": False},
}


async def fill_status_versions(mongo: Mongo) -> int:
    """Fill them in every generation and return how many documents were changed; idempotent.

    A document that a projector replaces meanwhile is left to the next batch.
    """
    filled = 0
    for generation in await generations(mongo.database):
        names = collection_names(generation.name)
        people = collection_of(mongo.database, names.people, Person)
        while True:
            lacking = await people.find(_LACKING, {"revision": 1}).limit(BATCH_SIZE).to_list(None)
            if not lacking:
                break
            counts = await _counted_events(mongo, names.events, (each["_id"] for each in lacking))
            result = await people.bulk_write(
                [
                    UpdateOne(
                        {"_id": each["_id"], "revision": each["revision"], **_LACKING},
                        {
                            "$set": {"registry.status_version": counts.get(each["_id"], 0)},
                            "$inc": {"revision": 1},
                        },
                    )
                    for each in lacking
                ],
                ordered=False,
            )
            filled += result.modified_count
    return filled


class _Counted(TypedDict):
    _id: UUID
    events: int


async def _counted_events(mongo: Mongo, events: str, people: Iterable[UUID]) -> dict[UUID, int]:
    topic = topics.CUSTOMER_REGISTRY_CUSTOMERS
    counted = await mongo.aggregate(
        events,
        _Counted,
        [
            {
                "$match": {
                    "person_id": {"$in": list(people)},
                    "topic": topic,
                    "type": {"$in": sorted(types_of(topic, COUNTED_EVENTS))},
                }
            },
            {"$group": {"_id": "$person_id", "events": {"$sum": 1}}},
        ],
    )
    return {each["_id"]: each["events"] for each in counted}

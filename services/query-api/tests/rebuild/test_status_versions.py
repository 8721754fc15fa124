"""Documents that were projected without a status version get it when the database is migrated."""

import pytest

from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import collection_of
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.query_api.rebuild.status_versions import fill_status_versions
from vinculo.testing.fixture_types import MakeBucket, MongoUrl

from ..event_samples import InMemoryLog, lifecycle
from ..in_memory_projector import InMemoryProjector
from ..query_service import make_generation, query_service

pytestmark = pytest.mark.servers


async def test_status_versions_are_counted_in_the_timeline(
    mongo_url: MongoUrl, bucket: MakeBucket
) -> None:
    projector = InMemoryProjector()
    streams = [*lifecycle(0), *lifecycle(1)]
    await projector.apply(
        InMemoryLog().append_all([sample for stream in streams for sample in stream])
    )
    people = projector.store.people
    projected = {each["_id"]: each["registry"]["status_version"] for each in people}
    assert all(
        0 < version < each["registry"]["version"]
        for version, each in zip(projected.values(), people, strict=True)
    )
    async with query_service(mongo_url("query"), bucket("exports")) as (_, mongo):
        await make_generation(mongo, people)
        names = collection_names(await active_generation(mongo.database))
        events = collection_of(mongo.database, names.events, TimelineEntry)
        await events.insert_many(list(projector.store.timeline.values()))
        stored = mongo.database[names.people]
        await stored.update_many({}, {"$unset": {"registry.status_version": ""}})

        filled = await fill_status_versions(mongo)
        again = await fill_status_versions(mongo)

        found = await stored.find({}).to_list(None)
        assert (filled, again) == (len(projected), 0)
        assert {each["_id"]: each["registry"]["status_version"] for each in found} == projected
        assert {each["revision"] for each in found} == {each["revision"] + 1 for each in people}

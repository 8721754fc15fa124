"""Making a generation's collections."""

import pytest

from vinculo.events import utc_now
from vinculo.query_api.generations import collection_names, ensure_first_generation

from .projector_harness import ProjectorHarness


@pytest.mark.servers
async def test_an_index_of_other_fields_is_replaced(harness: ProjectorHarness) -> None:
    database = harness.dependencies.mongo.database
    people = database[collection_names(await ensure_first_generation(database, utc_now())).people]
    made = await people.index_information()
    await people.drop_index("by_phone")
    await people.create_index([("personal.phone", 1)], name="by_phone")

    await ensure_first_generation(database, utc_now())

    assert await people.index_information() == made

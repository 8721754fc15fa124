"""What is not derived from the log moves out of the read model's database."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from vinculo.query_api.mongo import Database, Mongo, connect
from vinculo.query_api.own_database import move_to_own_database
from vinculo.testing.fixture_types import MongoUrl

pytestmark = pytest.mark.servers


@pytest_asyncio.fixture(params=["motor", "pymongo"])
async def mongo(request: pytest.FixtureRequest, mongo_url: MongoUrl) -> AsyncIterator[Mongo]:
    made = connect(mongo_url("query"), request.param)
    yield made
    await made.close()


async def documents(database: Database, name: str) -> list[dict[str, Any]]:
    return await database[name].find().sort("_id", 1).to_list(None)


async def test_documents_are_moved_and_those_written_since_are_added(mongo: Mongo) -> None:
    await mongo.database["audit"].insert_many([{"_id": 1, "action": "a"}, {"_id": 2}])
    await mongo.database["people_1"].insert_one({"_id": 1})

    await move_to_own_database(mongo, ["audit", "exports"])
    await mongo.database["audit"].insert_one({"_id": 3})
    await move_to_own_database(mongo, ["audit", "exports"])

    moved = [{"_id": 1, "action": "a"}, {"_id": 2}, {"_id": 3}]
    assert await documents(mongo.own, "audit") == moved
    assert await mongo.database.list_collection_names() == ["people_1"]


async def test_an_interrupted_move_is_completed(mongo: Mongo) -> None:
    """It has copied one of two documents, which has changed since, and an old process wrote one."""
    await mongo.database["moving_exports"].insert_many([{"_id": 1}, {"_id": 2}])
    await mongo.own["exports"].insert_one({"_id": 1, "state": "done"})
    await mongo.database["exports"].insert_one({"_id": 3})

    await move_to_own_database(mongo, ["exports"])

    moved = [{"_id": 1, "state": "done"}, {"_id": 2}, {"_id": 3}]
    assert await documents(mongo.own, "exports") == moved
    assert await mongo.database.list_collection_names() == []

"""Both MongoDB drivers behave the same in everything that the service uses."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from bson import Regex
from pymongo import ASCENDING, IndexModel, InsertOne, ReplaceOne, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure
from typing_extensions import TypedDict

from vinculo.query_api.mongo import Collection, Document, Driver, Mongo, Session, connect
from vinculo.testing.fixture_types import MongoUrl

pytestmark = pytest.mark.servers

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


class Sum(TypedDict):
    _id: None
    sum: int


IDS = [UUID(int=n) for n in range(1, 8)]


@pytest_asyncio.fixture(params=["motor", "pymongo"])
async def mongo(request: pytest.FixtureRequest, mongo_url: MongoUrl) -> AsyncIterator[Mongo]:
    made = connect(mongo_url("query"), request.param)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def documents(mongo: Mongo) -> Collection[Document]:
    collection = mongo.database["documents"]
    await collection.insert_many([{"_id": each, "n": each.int, "at": NOON} for each in IDS])
    return collection


async def numbers(cursor: Any) -> list[int]:
    return [each["n"] for each in await cursor.to_list(None)]


async def test_uuids_and_utc_times_are_read_as_written(
    mongo: Mongo, documents: Collection[Document]
) -> None:
    await mongo.ping()
    found = await documents.find_one({"_id": IDS[0]})

    cut = NOON.replace(microsecond=123000)
    assert found == {"_id": IDS[0], "n": 1, "at": cut}
    assert found["at"].tzinfo is not None
    assert await documents.find_one({"_id": UUID(int=99)}) is None


async def test_a_page_is_sorted_limited_and_projected(documents: Collection[Document]) -> None:
    page = documents.find({"n": {"$gt": 2}}, {"n": 1}, max_time_ms=5_000).sort([("n", -1)]).limit(2)

    assert await page.to_list(2) == [{"_id": IDS[6], "n": 7}, {"_id": IDS[5], "n": 6}]
    seen = [each["n"] async for each in documents.find().sort("n", 1).batch_size(2)]
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert await documents.count_documents({"n": {"$gt": 2}}, limit=3) == 3
    assert sorted(await documents.distinct("n", {"n": {"$lt": 3}})) == [1, 2]


async def test_indexes_are_made_listed_and_hinted(
    mongo: Mongo, documents: Collection[Document]
) -> None:
    await documents.create_indexes(
        [IndexModel([("n", ASCENDING), ("_id", ASCENDING)], name="by_n")]
    )
    await mongo.database.create_collection("others")

    assert set(await documents.index_information()) == {"_id_", "by_n"}
    assert await numbers(documents.find({"n": {"$gte": 6}}).hint("by_n")) == [6, 7]
    with pytest.raises(OperationFailure):
        await documents.find({"n": 1}).hint("none").to_list(None)
    assert {"documents", "others"} <= set(await mongo.database.list_collection_names())
    await mongo.database.drop_collection("others")
    assert "others" not in await mongo.database.list_collection_names()


async def test_an_aggregation_returns_a_list(mongo: Mongo, documents: Collection[Document]) -> None:
    groups = await mongo.aggregate(
        documents.name, Sum, [{"$group": {"_id": None, "sum": {"$sum": "$n"}}}], maxTimeMS=5_000
    )

    assert groups == [{"_id": None, "sum": 28}]


async def test_bulk_writes_report_counts_and_errors(
    documents: Collection[Document],
) -> None:
    written = await documents.bulk_write(
        [
            ReplaceOne({"_id": IDS[0], "n": 1}, {"n": 10}),
            UpdateOne({"_id": IDS[1]}, {"$set": {"n": 20}}),
            UpdateOne({"_id": UUID(int=50)}, {"$setOnInsert": {"n": 50}}, upsert=True),
            ReplaceOne({"_id": IDS[2], "n": 99}, {"n": 0}),
        ],
        ordered=False,
    )
    assert (written.matched_count, written.upserted_count) == (2, 1)

    with pytest.raises(BulkWriteError) as failed:
        await documents.bulk_write(
            [InsertOne({"_id": IDS[0]}), InsertOne({"_id": UUID(int=60)})], ordered=False
        )
    errors = (failed.value.details or {})["writeErrors"]
    assert [error["code"] for error in errors] == [11000]
    assert await documents.find_one({"_id": UUID(int=60)}) is not None
    with pytest.raises(DuplicateKeyError):
        await documents.insert_one({"_id": IDS[0]})


async def test_one_document_is_found_updated_and_deleted(documents: Collection[Document]) -> None:
    taken = await documents.find_one_and_update(
        {"n": {"$gt": 3}}, {"$inc": {"n": 100}}, sort=[("n", 1)], return_document=True
    )

    assert taken is not None
    assert taken["n"] == 104
    changed = await documents.update_one({"_id": UUID(int=77)}, {"$set": {"n": 7}}, upsert=True)
    assert (changed.matched_count, changed.modified_count) == (0, 0)
    assert (await documents.delete_one({"_id": IDS[0]})).deleted_count == 1
    assert (await documents.delete_many({})).deleted_count == 7
    quick = documents.with_options(write_concern=WriteConcern(w=1))
    assert (await quick.insert_one({"_id": 1})).acknowledged


async def test_a_transaction_changes_all_or_nothing(
    mongo: Mongo, documents: Collection[Document]
) -> None:
    session = await mongo.start_session()

    async def fail(session: Session) -> None:
        await documents.update_one({"_id": IDS[0]}, {"$set": {"n": 0}}, session=session)
        raise LookupError

    async def write(session: Session) -> None:
        await documents.update_one({"_id": IDS[0]}, {"$set": {"n": 5}}, session=session)
        await documents.insert_one({"_id": UUID(int=90), "n": 90}, session=session)

    with pytest.raises(LookupError):
        await session.with_transaction(fail)
    assert await numbers(documents.find({"_id": IDS[0]})) == [1]
    await session.with_transaction(write)
    await session.end_session()
    assert sorted(await numbers(documents.find({"n": {"$in": [5, 90]}}))) == [5, 5, 90]


async def test_a_snapshot_is_of_one_moment(mongo: Mongo, documents: Collection[Document]) -> None:
    async with await mongo.start_session(snapshot=True) as session:
        before = await numbers(documents.find({}, session=session))
        await documents.delete_many({})
        after = await numbers(documents.find({}, session=session))

    assert sorted(before) == sorted(after) == [1, 2, 3, 4, 5, 6, 7]
    assert await numbers(documents.find()) == []


async def test_the_transaction_of_a_killed_session_is_aborted(
    mongo: Mongo, documents: Collection[Document]
) -> None:
    """PyMongo repeats the transaction by itself, Motor leaves that to its caller."""
    session = await mongo.start_session()
    attempts: list[int] = []

    async def write(session: Session) -> None:
        attempts.append(len(attempts))
        await documents.insert_one({"n": 100 + len(attempts)}, session=session)
        if len(attempts) == 1:
            await mongo.kill_sessions([session.session_id["id"].as_uuid()])

    try:
        await session.with_transaction(write)
    except OperationFailure:
        assert mongo.driver is Driver.MOTOR
        await session.with_transaction(write)
    await session.end_session()
    await mongo.kill_sessions([])
    assert await numbers(documents.find({"n": {"$gt": 100}})) == [102]


async def test_a_prefix_is_an_anchored_expression(documents: Collection[Document]) -> None:
    await documents.update_one({"_id": IDS[0]}, {"$set": {"tokens": ["n:nunez", "n:maria"]}})

    assert await numbers(documents.find({"tokens": Regex("^n:nun")})) == [1]
    assert await numbers(documents.find({"tokens": Regex("^n:ez")})) == []


async def test_the_server_aborts_a_query_that_takes_too_long(
    documents: Collection[Document],
) -> None:
    with pytest.raises(OperationFailure) as ended:
        await documents.find({"$where": "sleep(1000) || true"}, max_time_ms=50).to_list(None)

    assert ended.value.code == 50

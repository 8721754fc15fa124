"""How fresh the read model is, by Kafka and MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from vinculo.events import utc_now
from vinculo.query_api.exports.job_queue import ExportQueue
from vinculo.query_api.log_tail import LogTail
from vinculo.query_api.mongo import Mongo
from vinculo.query_api.read_model import Freshness, ReadModel
from vinculo.testing.fixture_types import Eventually

from .event_samples import lifecycle, person_id
from .projector_harness import ProjectorHarness

pytestmark = pytest.mark.servers

IDLE_SECONDS = 4.0


@pytest.fixture(autouse=True)
def check_at_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vinculo.query_api.log_tail.INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr("vinculo.query_api.log_tail.WAIT_SECONDS", 10.0)


@pytest_asyncio.fixture
async def read_model(harness: ProjectorHarness) -> AsyncIterator[ReadModel]:
    log_tail = LogTail(harness.dependencies.settings.vinculo_kafka, utc_now)
    yield ReadModel(harness.dependencies.mongo.database, utc_now, log_tail)
    await log_tail.close()


async def freshness(read_model: ReadModel) -> Freshness:
    return await read_model.freshness(await read_model.collections())


async def test_a_caught_up_read_model_stays_fresh_after_its_projector_has_ended(
    harness: ProjectorHarness, read_model: ReadModel, eventually: Eventually
) -> None:
    assert (await freshness(read_model)).as_of is None, "no projector has begun"
    await harness.make_keys(person_id(0))
    await harness.publish_all(sample for stream in lifecycle(0) for sample in stream)
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    before = utc_now()

    found = await freshness(read_model)

    assert found.as_of is not None
    assert found.as_of >= before
    assert found.records == len(harness.published)


async def test_the_lag_grows_while_no_projector_applies_what_was_published(
    harness: ProjectorHarness, read_model: ReadModel, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0), person_id(1))
    await harness.publish_all(sample for stream in lifecycle(0) for sample in stream)
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    published_after = utc_now() - timedelta(milliseconds=1)
    await harness.publish_all(sample for stream in lifecycle(1) for sample in stream)
    published_before = utc_now()

    first = await freshness(read_model)
    second = await freshness(read_model)

    assert first.as_of is not None
    assert published_after <= first.as_of <= published_before
    assert second.as_of == first.as_of
    assert (second.lag_seconds or 0) > (first.lag_seconds or 0) > 0
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    assert ((await freshness(read_model)).as_of or published_before) > published_before


async def test_without_kafka_the_freshness_is_that_of_the_last_events(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vinculo.query_api.log_tail.TIMEOUT_SECONDS", 0.2)
    await harness.make_keys(person_id(0))
    await harness.publish_all(sample for stream in lifecycle(0) for sample in stream)
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    log_tail = LogTail("127.0.0.1:1", utc_now)
    try:
        found = await freshness(ReadModel(harness.dependencies.mongo.database, utc_now, log_tail))
    finally:
        await log_tail.close()

    assert found.as_of == min(stream[-1].time for stream in lifecycle(0))


async def test_nothing_is_written_while_nothing_comes(
    harness: ProjectorHarness, read_model: ReadModel, eventually: Eventually
) -> None:
    """Projectors run, lists are read and the exporter looks for jobs."""
    mongo = harness.dependencies.mongo
    await harness.make_keys(person_id(0))
    await harness.publish_all(sample for stream in lifecycle(0) for sample in stream)
    queue = ExportQueue(mongo.own, kept=timedelta(hours=1))
    async with harness.running_projectors(workers=2):
        await eventually(harness.has_projected_everything)
        await eventually(lambda: both_have_partitions(harness))
        begun = await last_write(mongo)
        deadline = asyncio.get_running_loop().time() + IDLE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            assert await queue.claim(utc_now()) is None
            assert (await freshness(read_model)).lag_seconds is not None
            await asyncio.sleep(0.1)
        written = await writes_since(mongo, begun)

    assert written == []


async def both_have_partitions(harness: ProjectorHarness) -> bool:
    return len({each["session"] for each in await harness.collection("positions")}) == 2


async def last_write(mongo: Mongo) -> object:
    oplog = mongo.client["local"]["oplog.rs"]
    (newest,) = await oplog.find().sort("$natural", -1).limit(1).to_list(None)
    return newest["ts"]


async def writes_since(mongo: Mongo, begun: object) -> list[object]:
    """Entries of the replication log about this test's database, transactions included."""
    oplog = mongo.client["local"]["oplog.rs"]
    name = mongo.database.name
    found = await oplog.find({"ts": {"$gt": begun}, "op": {"$ne": "n"}}).to_list(None)
    return [
        entry
        for entry in found
        if entry["ns"].startswith(f"{name}.") or f"'{name}." in str(entry.get("o", {}))
    ]

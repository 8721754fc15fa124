"""A file that contains an erased person is revoked, and no other file."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from vinculo.events import utc_now
from vinculo.query_api.exports.worker import process_job
from vinculo.testing.fixture_types import Eventually, MakeBucket, MongoUrl

from ..query_service import make_people
from .export_harness import ExportHarness, export_harness, running_worker

pytestmark = pytest.mark.servers

PEOPLE = make_people(60, seed=5)
ERASED = next(person for person in PEOPLE if person["kind"] == "customer")
OTHERS = "blocked" if ERASED["status"] != "blocked" else "enabled"


@pytest_asyncio.fixture
async def harness(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually
) -> AsyncIterator[ExportHarness]:
    async with export_harness(mongo_url("query"), bucket("exports"), PEOPLE, eventually) as harness:
        yield harness


async def erase(harness: ExportHarness) -> UUID:
    """Replace the person's document as the projector does after an erasure."""
    person_id: UUID = ERASED["_id"]
    names = await harness.mongo.database.list_collection_names()
    (people,) = (name for name in names if name.startswith("people"))
    await harness.mongo.database[people].replace_one(
        {"_id": person_id}, {"_id": person_id, "revision": 9, "erased_at": utc_now()}
    )
    return person_id


async def test_a_file_that_contains_an_erased_person_is_revoked(harness: ExportHarness) -> None:
    worker = harness.worker()
    async with running_worker(worker):
        searched = {"q": ERASED["personal"]["email"]}
        containing = await harness.wait_until_ended(
            await harness.request(list="customers", filters=searched)
        )
        other = await harness.wait_until_ended(
            await harness.request(list="customers", filters={"status": [OTHERS]}, format="xlsx")
        )
        before = await harness.wait_until_ended(await harness.request(list="pre-customers"))
    await worker.revoker.scan()
    person_id = await erase(harness)
    await worker.revoker.scan()

    revoked = await harness.job(containing["export_id"])
    assert (revoked["state"], revoked["reason"]) == ("withdrawn", "person-erased")
    assert "download_url" not in revoked
    assert (await harness.client.get(containing["download_url"])).status_code == 410
    assert sorted(await harness.files.names()) == sorted(
        [f"{other['export_id']}-1.xlsx", f"{before['export_id']}-1.csv"]
    )
    assert (await harness.client.get(other["download_url"])).status_code == 200
    assert ERASED["personal"]["email"] not in str(
        await harness.mongo.own["exports"].find().to_list(None)
    )
    (entry,) = await harness.audit_entries("export-withdrawn")
    assert (entry["person_id"], entry["export_id"]) == (person_id, containing["export_id"])


async def test_a_worker_that_starts_later_revokes_too(harness: ExportHarness) -> None:
    async with running_worker(harness.worker()):
        containing = await harness.wait_until_ended(await harness.request())
    await erase(harness)

    await harness.worker().revoker.scan()

    assert (await harness.job(containing["export_id"]))["state"] == "withdrawn"
    assert await harness.files.names() == []


async def test_a_file_is_revoked_once(harness: ExportHarness) -> None:
    async with running_worker(harness.worker()):
        await harness.wait_until_ended(await harness.request())
    await erase(harness)
    for _ in range(2):
        await harness.worker().revoker.scan()

    assert len(await harness.audit_entries("export-withdrawn")) == 1


async def test_a_file_is_revoked_when_a_person_is_erased_while_it_is_written(
    harness: ExportHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = harness.worker()
    upload = worker.files.upload

    async def upload_and_erase(*args: Any) -> None:
        await upload(*args)
        await erase(harness)
        await worker.revoker.scan()

    monkeypatch.setattr(worker.files, "upload", upload_and_erase)
    export_id = await harness.request()
    leased = await worker.queue.claim(utc_now())
    assert leased is not None
    await process_job(worker, leased)

    assert (await harness.job(export_id))["state"] == "withdrawn"
    assert await harness.files.names() == []


async def test_a_revoked_export_frees_its_slot_and_can_be_requested_again(
    harness: ExportHarness,
) -> None:
    async with running_worker(harness.worker()):
        await harness.wait_until_ended(await harness.request())
        await erase(harness)
        await harness.worker().revoker.scan()
        job, content = await harness.exported()

    assert job["rows"] > 0
    assert str(ERASED["_id"]).encode() not in content

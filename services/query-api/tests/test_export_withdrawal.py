"""A file that holds somebody erased is withdrawn, and no other."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from vinculo.events import utc_now
from vinculo.query_api.exports.worker import process_job
from vinculo.testing.fixture_types import Eventually, MakeBucket, MongoUrl

from .exports_on_servers import Stage, exporting, exports_on_servers
from .query_service import some_people

pytestmark = pytest.mark.servers

PEOPLE = some_people(60, seed=5)
SOMEONE = next(person for person in PEOPLE if person["kind"] == "customer")
OTHERS = "blocked" if SOMEONE["status"] != "blocked" else "enabled"


@pytest_asyncio.fixture
async def stage(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually
) -> AsyncIterator[Stage]:
    async with exports_on_servers(
        mongo_url("query"), bucket("exports"), PEOPLE, eventually
    ) as stage:
        yield stage


async def erase(stage: Stage) -> UUID:
    """Leave of the person what the projector leaves."""
    person_id: UUID = SOMEONE["_id"]
    names = await stage.mongo.database.list_collection_names()
    (people,) = (name for name in names if name.startswith("people"))
    await stage.mongo.database[people].replace_one(
        {"_id": person_id}, {"_id": person_id, "revision": 9, "erased_at": utc_now()}
    )
    return person_id


async def test_a_file_that_holds_somebody_erased_is_withdrawn(stage: Stage) -> None:
    work = stage.work()
    async with exporting(work):
        searched = {"q": SOMEONE["personal"]["email"]}
        held = await stage.ended(await stage.ask(list="customers", filters=searched))
        other = await stage.ended(
            await stage.ask(list="customers", filters={"status": [OTHERS]}, format="xlsx")
        )
        before = await stage.ended(await stage.ask(list="pre-customers"))
    await work.withdrawals.look()
    person_id = await erase(stage)
    await work.withdrawals.look()

    withdrawn = await stage.job(held["export_id"])
    assert (withdrawn["state"], withdrawn["reason"]) == ("withdrawn", "person-erased")
    assert "download_url" not in withdrawn
    assert (await stage.client.get(held["download_url"])).status_code == 410
    assert sorted(await stage.files.names()) == sorted(
        [f"{other['export_id']}-1.xlsx", f"{before['export_id']}-1.csv"]
    )
    assert (await stage.client.get(other["download_url"])).status_code == 200
    assert SOMEONE["personal"]["email"] not in str(
        await stage.mongo.database["exports"].find().to_list(None)
    )
    (entry,) = await stage.audited("export-withdrawn")
    assert (entry["person_id"], entry["export_id"]) == (person_id, held["export_id"])


async def test_an_exporter_that_starts_later_withdraws_too(stage: Stage) -> None:
    async with exporting(stage.work()):
        held = await stage.ended(await stage.ask())
    await erase(stage)

    await stage.work().withdrawals.look()

    assert (await stage.job(held["export_id"]))["state"] == "withdrawn"
    assert await stage.files.names() == []


async def test_a_file_is_withdrawn_once(stage: Stage) -> None:
    async with exporting(stage.work()):
        await stage.ended(await stage.ask())
    await erase(stage)
    for _ in range(2):
        await stage.work().withdrawals.look()

    assert len(await stage.audited("export-withdrawn")) == 1


async def test_somebody_erased_while_the_file_was_written_is_in_none(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = stage.work()
    keep = work.files.keep

    async def kept_and_erased(*args: Any) -> None:
        await keep(*args)
        await erase(stage)
        await work.withdrawals.look()

    monkeypatch.setattr(work.files, "keep", kept_and_erased)
    export_id = await stage.ask()
    turn = await work.turns.claim(utc_now())
    assert turn is not None
    await process_job(work, turn)

    assert (await stage.job(export_id))["state"] == "withdrawn"
    assert await stage.files.names() == []


async def test_a_withdrawn_export_leaves_its_place_and_can_be_asked_for_again(stage: Stage) -> None:
    async with exporting(stage.work()):
        await stage.ended(await stage.ask())
        await erase(stage)
        await stage.work().withdrawals.look()
        job, content = await stage.made()

    assert job["rows"] > 0
    assert str(SOMEONE["_id"]).encode() not in content

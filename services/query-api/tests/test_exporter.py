"""The exporter: files are the list's rows, and what nobody wants any more leaves nothing behind."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import pytest_asyncio
from pypdf import PdfReader

from vinculo.events import utc_now
from vinculo.query_api.exports import file_builder
from vinculo.query_api.exports.job_queue import LEASE, LeasedJob
from vinculo.query_api.exports.worker import process_job, sweep
from vinculo.query_api.lists.catalogue import LISTS, ListName
from vinculo.query_api.words.codes import KINDS, STATUSES
from vinculo.testing.fixture_types import Eventually, MakeBucket, MongoUrl

from .exports_on_servers import KEPT, Stage, exporting, exports_on_servers
from .query_service import some_people

pytestmark = pytest.mark.servers

PEOPLE = some_people(220, seed=7)
FILTERS: dict[ListName, dict[str, Any]] = {
    ListName.PRE_CUSTOMERS: {"status": ["pending", "blocked"]},
    ListName.CUSTOMERS: {"active_loans": "some"},
    ListName.REGISTRATIONS: {"q": "gomez"},
}
SORTS = {
    ListName.PRE_CUSTOMERS: "-status",
    ListName.CUSTOMERS: "name",
    ListName.REGISTRATIONS: "number",
}


@pytest.fixture
def driver() -> str:
    return "motor"


@pytest_asyncio.fixture
async def stage(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually, driver: str
) -> AsyncIterator[Stage]:
    async with exports_on_servers(
        mongo_url("query"), bucket("exports"), PEOPLE, eventually, driver=driver
    ) as stage:
        yield stage


def read_csv(file: bytes) -> list[list[str]]:
    rows = csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""), delimiter=";")
    return [[cell.removeprefix("'") for cell in row] for row in rows]


def read_xlsx(file: bytes) -> list[list[str]]:
    (sheet,) = openpyxl.load_workbook(io.BytesIO(file))
    return [
        ["" if cell is None else str(cell) for cell in row]
        for row in sheet.iter_rows(values_only=True)
    ]


def as_shown(row: dict[str, Any]) -> list[str]:
    """A row of the list's answer as a person in Bogotá reads it."""
    return [_text(name, value) for name, value in row.items()]


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in {"created", "modified", "registered_at"} or name.endswith(("ance", "approval")):
        moment = datetime.fromisoformat(value).astimezone(ZoneInfo("America/Bogota"))
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    words = {"status": STATUSES, "kind": KINDS}.get(name, {})
    return words[value].es if value in words else str(value)


@pytest.mark.parametrize(
    ("name", "driver"), [*((name, "motor") for name in ListName), (ListName.CUSTOMERS, "pymongo")]
)
async def test_the_files_are_the_list_row_by_row(stage: Stage, name: ListName) -> None:
    asked: dict[str, Any] = {"list": name, "filters": FILTERS[name], "sort": SORTS[name]}
    async with exporting(stage.work()):
        _, as_csv = await stage.made(**asked, format="csv")
        _, as_xlsx = await stage.made(**asked, format="xlsx")
        _, as_pdf = await stage.made(**asked, format="pdf")
    listed = await stage.listed(name, **FILTERS[name], sort=SORTS[name])

    labels = [column.label_es for column in LISTS[name].columns]
    expected = [labels, *map(as_shown, listed)]
    assert len(expected) > 10
    assert read_csv(as_csv) == expected
    assert read_xlsx(as_xlsx) == expected
    printed = [page.extract_text() for page in PdfReader(io.BytesIO(as_pdf)).pages]
    assert _in_order(_rows_of(printed), [_unbroken("".join(row)) for row in expected[1:]])
    assert f"Filas: {len(listed)}" in printed[-1]


def _rows_of(pages: list[str]) -> str:
    return _unbroken("".join(pages))


def _unbroken(text: str) -> str:
    return "".join(text.split())


def _in_order(text: str, rows: list[str]) -> bool:
    place = 0
    for row in rows:
        place = text.find(row, place)
        if place < 0:
            return False
        place += len(row)
    return True


async def test_progress_is_shown_while_it_runs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_builder, "BATCH_ROWS", 20)
    export_id = await stage.ask(list="registrations")
    seen: list[tuple[int, int]] = []

    async def watch() -> None:
        job = await stage.job(export_id)
        if job["state"] == "running" and job["rows"]:
            seen.append((job["rows"], job["estimated_rows"]))

    await _with_each_batch(stage, monkeypatch, watch)

    rows = [rows for rows, _ in seen]
    assert rows == sorted(rows)
    assert 0 < rows[0] < len(PEOPLE)
    assert {estimated for _, estimated in seen} == {len(PEOPLE)}


async def _with_each_batch(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], Any]
) -> None:
    """Take the job that waits, and do something after each batch."""
    work = stage.work()
    report = work.turns.report

    async def reported(turn: LeasedJob, rows: int) -> None:
        await report(turn, rows)
        await meanwhile()

    monkeypatch.setattr(work.turns, "report", reported)
    turn = await work.turns.claim(utc_now())
    assert turn is not None
    await process_job(work, turn)


@pytest.mark.parametrize(
    ("file_format", "driver"),
    [("csv", "motor"), ("csv", "pymongo"), ("xlsx", "motor"), ("pdf", "motor")],
)
async def test_a_running_export_that_is_cancelled_stops_and_leaves_no_object(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    monkeypatch.setattr(file_builder, "BATCH_ROWS", 1)
    export_id = await stage.ask(format=file_format)
    batches: list[int] = []

    async def cancel_once() -> None:
        batches.append(1)
        if len(batches) == 1:
            assert await stage.cancel(export_id) == 204
        await asyncio.sleep(0.1)

    await _with_each_batch(stage, monkeypatch, cancel_once)

    assert len(batches) < 40
    assert (await stage.job(export_id))["state"] == "cancelled"
    assert await stage.files.names() == []
    assert await stage.audited("export-made") == []


async def test_an_export_cancelled_at_the_last_moment_leaves_no_object(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id = await stage.ask()
    work = stage.work()
    keep = work.files.keep

    async def kept_and_cancelled(*args: Any) -> None:
        await keep(*args)
        await stage.cancel(export_id)

    monkeypatch.setattr(work.files, "keep", kept_and_cancelled)
    turn = await work.turns.claim(utc_now())
    assert turn is not None
    await process_job(work, turn)

    assert (await stage.job(export_id))["state"] == "cancelled"
    assert await stage.files.names() == []


async def test_a_job_whose_exporter_died_is_taken_again_and_the_first_can_end_nothing(
    stage: Stage,
) -> None:
    export_id = await stage.ask()
    now = utc_now()
    first = await stage.turns.claim(now)
    meanwhile = await stage.turns.claim(now)
    second = await stage.turns.claim(now + LEASE + timedelta(seconds=1))

    assert first is not None
    assert second is not None
    assert meanwhile is None
    assert second.export_id == first.export_id == UUID(export_id)
    assert second.attempt == 2
    assert not await stage.turns.hold(first, now)
    assert not await stage.turns.fail(first, "internal", now)
    assert await stage.turns.hold(second, now)


async def test_a_job_that_kills_its_exporters_is_given_up(stage: Stage) -> None:
    export_id = await stage.ask()
    now = utc_now()
    for tried in range(3):
        await stage.turns.claim(now + tried * 2 * LEASE)
    turn = await stage.turns.claim(now + 9 * LEASE)
    assert turn is not None
    await process_job(stage.work(), turn)

    assert (await stage.job(export_id))["reason"] == "attempts-exhausted"


async def test_files_of_expired_jobs_are_swept_and_those_of_others_stay(stage: Stage) -> None:
    async with exporting(stage.work()):
        stays = await stage.ended(await stage.ask())
        expires = await stage.ended(await stage.ask())
    await stage.mongo.database["exports"].update_one(
        {"_id": UUID(expires["export_id"])}, {"$set": {"expires_at": utc_now() - KEPT}}
    )

    assert await sweep(stage.work()) == 1
    assert await stage.files.names() == [f"{stays['export_id']}-1.csv"]
    assert (await stage.client.get(expires["download_url"])).status_code == 410
    assert (await stage.job(expires["export_id"]))["status"] == 404


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_rows_are_of_one_moment_while_people_change(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everyone moves to the end of the sort order as the file is written: nobody comes twice."""
    monkeypatch.setattr(file_builder, "BATCH_ROWS", 10)
    people = stage.mongo.database[await _people(stage)]
    await stage.ask(list="registrations", sort="number")

    async def renumber() -> None:
        await people.update_many({}, {"$inc": {"registration_number": 1000}})

    await _with_each_batch(stage, monkeypatch, renumber)

    (name,) = await stage.files.names()
    file = b"".join([piece async for piece in await stage.files.open(name)])
    numbers = [row[0] for row in read_csv(file)[1:]]
    assert numbers == [str(n + 1) for n in range(len(PEOPLE))]


async def _people(stage: Stage) -> str:
    names = await stage.mongo.database.list_collection_names()
    (name,) = (name for name in names if name.startswith("people"))
    return str(name)

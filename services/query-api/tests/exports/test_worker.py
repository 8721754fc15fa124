"""The worker: files have the list's rows, and unreferenced objects are removed."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import openpyxl
import pypdfium2  # type: ignore[import-untyped]
import pytest
import pytest_asyncio
import urllib3
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from vinculo.events import utc_now
from vinculo.query_api.exports import file_builder
from vinculo.query_api.exports.job_queue import LEASE, LeasedJob
from vinculo.query_api.exports.object_store import ExportFileStore
from vinculo.query_api.exports.worker import process_job, run_worker, sweep
from vinculo.query_api.lists.catalogue import LISTS, ListName
from vinculo.query_api.texts import TextContext, label
from vinculo.tabular import Format
from vinculo.testing.fixture_types import Eventually, MakeBucket, MongoUrl

from ..query_service import make_people
from .export_harness import KEPT, ExportHarness, export_harness, running_worker

pytestmark = pytest.mark.servers

PEOPLE = make_people(220, seed=7)
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
async def harness(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually, driver: str
) -> AsyncIterator[ExportHarness]:
    async with export_harness(
        mongo_url("query"), bucket("exports"), PEOPLE, eventually, driver=driver
    ) as harness:
        yield harness


def read_csv(file: bytes) -> list[list[str]]:
    rows = csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""), delimiter=";")
    return [[cell.removeprefix("'") for cell in row] for row in rows]


def read_xlsx(file: bytes) -> list[list[str]]:
    """The cells, on which openpyxl and calamine agree."""
    (sheet,) = openpyxl.load_workbook(io.BytesIO(file))
    rows = [[text_of_cell(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    found = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
    assert [[text_of_cell(cell) for cell in row] for row in found] == rows
    return rows


def text_of_cell(cell: Any) -> str:
    """A workbook has only one type of number."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return f"{cell} 00:00:00"  # as calamine reads midnight
    return "" if cell is None else str(cell)


def read_pdf(file: bytes) -> list[str]:
    """The text of each page, which PDFium finds too."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(file), strict=True).pages]
    document = pypdfium2.PdfDocument(file)
    for page, text in zip(document, pages, strict=True):
        found = page.get_textpage().get_text_range().replace("\ufffe", "")  # breaks at hyphens
        assert _unbroken(found).replace("-", "") == _unbroken(text).replace("-", "")
    return pages


def as_exported(row: dict[str, Any]) -> list[str]:
    """A row of the list's response as a file shows it in Spanish."""
    return [_text(name, value) for name, value in row.items()]


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in {"created", "modified", "registered_at"} or name.endswith(("ance", "approval")):
        moment = datetime.fromisoformat(value).astimezone(ZoneInfo("America/Bogota"))
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    contexts = {"status": TextContext.STATUS, "kind": TextContext.KIND}
    return label(contexts[name], value, "es") if name in contexts else str(value)


@pytest.mark.parametrize(
    ("name", "driver"), [*((name, "motor") for name in ListName), (ListName.CUSTOMERS, "pymongo")]
)
async def test_files_have_the_rows_of_the_list(harness: ExportHarness, name: ListName) -> None:
    request_body: dict[str, Any] = {"list": name, "filters": FILTERS[name], "sort": SORTS[name]}
    async with running_worker(harness.worker()):
        _, as_csv = await harness.exported(**request_body, format="csv")
        _, as_xlsx = await harness.exported(**request_body, format="xlsx")
        _, as_pdf = await harness.exported(**request_body, format="pdf")
    listed = await harness.list_rows(name, **FILTERS[name], sort=SORTS[name])

    labels = [column.label("es") for column in LISTS[name].columns]
    expected = [labels, *map(as_exported, listed)]
    assert len(expected) > 10
    assert read_csv(as_csv) == expected
    assert read_xlsx(as_xlsx) == expected
    printed = read_pdf(as_pdf)
    assert _in_order(_rows_of(printed), [_unbroken("".join(row)) for row in expected[1:]])
    assert f"Filas: {len(listed)}" in printed[-1]


async def test_names_are_in_spanish_order_in_the_list_and_in_every_file(
    harness: ExportHarness,
) -> None:
    rows = await harness.list_rows("customers", sort="-name")
    names = [row["name"] for row in rows]
    request: dict[str, Any] = {"list": "customers", "sort": "-name"}
    async with running_worker(harness.worker()):
        files = {each: (await harness.exported(**request, format=each))[1] for each in Format}

    given = list(dict.fromkeys(name.split()[0] for name in names))
    order = ["Zunilda", "Óscar", "Ñata", "Nzá", "Nubia", "María", "Luz", "Łukasz", "José"]
    assert given == [*order, "Ángel", "Ana"]
    assert [row[0] for row in read_csv(files[Format.CSV])[1:]] == names
    assert [row[0] for row in read_xlsx(files[Format.XLSX])[1:]] == names
    assert _in_order(_rows_of(read_pdf(files[Format.PDF])), [_unbroken(name) for name in names])


def _rows_of(pages: list[str]) -> str:
    return _unbroken("".join(pages))


def _unbroken(text: str) -> str:
    return "".join(text.split())


def _in_order(text: str, rows: list[str]) -> bool:
    position = 0
    for row in rows:
        position = text.find(row, position)
        if position < 0:
            return False
        position += len(row)
    return True


async def test_progress_is_reported_while_an_export_runs(
    harness: ExportHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_builder, "BATCH_ROWS", 20)
    export_id = await harness.request(list="registrations")
    seen: list[tuple[int, int]] = []

    async def watch() -> None:
        job = await harness.job(export_id)
        if job["state"] == "running" and job["rows"]:
            seen.append((job["rows"], job["estimated_rows"]))

    await _with_each_batch(harness, monkeypatch, watch)

    rows = [rows for rows, _ in seen]
    assert rows == sorted(rows)
    assert 0 < rows[0] < len(PEOPLE)
    assert {estimated for _, estimated in seen} == {len(PEOPLE)}


async def _with_each_batch(
    harness: ExportHarness, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], Any]
) -> None:
    """Process the queued job, and do something after each batch."""
    worker = harness.worker()
    report_rows = worker.queue.report_rows

    async def reported(leased: LeasedJob, rows: int) -> None:
        await report_rows(leased, rows)
        await meanwhile()

    monkeypatch.setattr(worker.queue, "report_rows", reported)
    leased = await worker.queue.claim(utc_now())
    assert leased is not None
    await process_job(worker, leased)


@pytest.mark.parametrize(
    ("file_format", "driver"),
    [("csv", "motor"), ("csv", "pymongo"), ("xlsx", "motor"), ("pdf", "motor")],
)
async def test_a_cancelled_running_export_stops_and_leaves_no_object(
    harness: ExportHarness, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    monkeypatch.setattr(file_builder, "BATCH_ROWS", 1)
    export_id = await harness.request(format=file_format)
    batches: list[int] = []

    async def cancel_once() -> None:
        batches.append(1)
        if len(batches) == 1:
            assert await harness.cancel(export_id) == 204
        await asyncio.sleep(0.1)

    await _with_each_batch(harness, monkeypatch, cancel_once)

    assert len(batches) < 40
    assert (await harness.job(export_id))["state"] == "cancelled"
    assert await harness.files.names() == []
    assert await harness.audit_entries("export-made") == []


async def test_an_export_cancelled_at_the_last_moment_leaves_no_object(
    harness: ExportHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_id = await harness.request()
    worker = harness.worker()
    upload = worker.files.upload

    async def upload_and_cancel(*args: Any) -> None:
        await upload(*args)
        await harness.cancel(export_id)

    monkeypatch.setattr(worker.files, "upload", upload_and_cancel)
    leased = await worker.queue.claim(utc_now())
    assert leased is not None
    await process_job(worker, leased)

    assert (await harness.job(export_id))["state"] == "cancelled"
    assert await harness.files.names() == []


async def test_an_expired_lease_is_taken_over_and_its_former_holder_updates_nothing(
    harness: ExportHarness,
) -> None:
    export_id = await harness.request()
    now = utc_now()
    first = await harness.queue.claim(now)
    meanwhile = await harness.queue.claim(now)
    second = await harness.queue.claim(now + LEASE + timedelta(seconds=1))

    assert first is not None
    assert second is not None
    assert meanwhile is None
    assert second.export_id == first.export_id == UUID(export_id)
    assert second.attempt == 2
    assert not await harness.queue.renew(first, now)
    assert not await harness.queue.fail(first, "internal", now)
    assert await harness.queue.renew(second, now)


async def test_a_job_fails_after_three_attempts(harness: ExportHarness) -> None:
    export_id = await harness.request()
    now = utc_now()
    for attempt in range(3):
        await harness.queue.claim(now + attempt * 2 * LEASE)
    leased = await harness.queue.claim(now + 9 * LEASE)
    assert leased is not None
    await process_job(harness.worker(), leased)

    assert (await harness.job(export_id))["reason"] == "attempts-exhausted"


async def test_an_attempt_that_is_interrupted_by_an_outage_does_not_count(
    harness: ExportHarness,
) -> None:
    nowhere = ExportFileStore(
        url="http://127.0.0.1:1", access_key="a", secret_key="s", bucket="exports"
    )
    export_id = await harness.request()
    for _ in range(4):
        with pytest.raises(urllib3.exceptions.HTTPError):
            await run_worker(harness.worker(files=nowhere))
        assert (await harness.job(export_id))["state"] == "queued"

    async with running_worker(harness.worker()):
        await harness.wait_until_ended(export_id)

    assert (await harness.job(export_id))["state"] == "done"


async def test_a_job_with_a_number_that_a_sheet_would_change_fails(harness: ExportHarness) -> None:
    people = harness.mongo.database[await _people(harness)]
    await people.update_one({}, {"$set": {"registration_number": 10**15}})
    async with running_worker(harness.worker()):
        job = await harness.wait_until_ended(
            await harness.request(list="registrations", format="xlsx")
        )
        _, as_csv = await harness.exported(list="registrations", format="csv")

    assert (job["state"], job["reason"]) == ("failed", "cell-not-representable")
    assert str(10**15).encode() in as_csv
    assert len(await harness.files.names()) == 1


async def test_rows_with_letters_that_no_font_has_are_in_the_manifest(
    harness: ExportHarness,
) -> None:
    people = harness.mongo.database[await _people(harness)]
    await people.update_one({"registration_number": 3}, {"$set": {"personal.name": "李小龍"}})
    await people.update_one({"registration_number": 4}, {"$set": {"personal.name": "Дмитрий"}})
    request_body: dict[str, Any] = {"list": "registrations", "sort": "number"}
    async with running_worker(harness.worker()):
        in_pdf, as_pdf = await harness.exported(**request_body, format="pdf")
        in_csv, _ = await harness.exported(**request_body, format="csv")

    first_page = PdfReader(io.BytesIO(as_pdf)).pages[0].extract_text()
    assert "□□□" in first_page
    assert "Дмитрий" in first_page
    assert in_pdf["manifest"]["missing_glyphs"] == {"total": 1, "first": [3]}
    assert in_pdf["manifest"]["fonts"] == ["Noto Sans"]
    assert in_pdf["manifest"]["truncated"] == {"total": 0, "first": []}
    assert in_csv["manifest"]["missing_glyphs"] == {"total": 0, "first": []}
    assert in_csv["manifest"]["fonts"] == []


async def test_the_manifest_of_an_older_file_reports_no_rows(harness: ExportHarness) -> None:
    async with running_worker(harness.worker()):
        job = await harness.wait_until_ended(await harness.request())
    report = {"fonts": "", "missing_glyphs": "", "truncated": "", "guard": ""}
    await harness.mongo.own["exports"].update_one({}, {"$unset": report})

    before = (await harness.job(job["export_id"]))["manifest"]
    assert before == job["manifest"]


async def test_a_job_that_cannot_be_read_fails_and_the_next_one_is_claimed(
    harness: ExportHarness,
) -> None:
    unreadable, readable = await harness.request(), await harness.request()
    jobs = harness.mongo.own["exports"]
    await jobs.update_one({"_id": UUID(unreadable)}, {"$set": {"format": "ods"}})

    leased = await harness.queue.claim(utc_now())

    assert leased is not None
    assert leased.export_id == UUID(readable)
    failed = await jobs.find_one({"_id": UUID(unreadable)})
    assert failed is not None
    assert (failed["state"], failed["reason"], "slot" in failed) == ("failed", "unreadable", False)


async def test_objects_of_expired_jobs_are_swept_and_others_are_kept(
    harness: ExportHarness,
) -> None:
    async with running_worker(harness.worker()):
        kept = await harness.wait_until_ended(await harness.request())
        expired = await harness.wait_until_ended(await harness.request())
    await harness.mongo.own["exports"].update_one(
        {"_id": UUID(expired["export_id"])}, {"$set": {"expires_at": utc_now() - KEPT}}
    )

    assert await sweep(harness.worker()) == 1
    assert await harness.files.names() == [f"{kept['export_id']}-1.csv"]
    assert (await harness.client.get(expired["download_url"])).status_code == 410
    assert (await harness.job(expired["export_id"]))["status"] == 404


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_rows_are_of_one_moment_while_people_change(
    harness: ExportHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All people move to the end of the sort order while the file is written, and none repeats."""
    monkeypatch.setattr(file_builder, "BATCH_ROWS", 10)
    people = harness.mongo.database[await _people(harness)]
    await harness.request(list="registrations", sort="number")

    async def renumber() -> None:
        await people.update_many({}, {"$inc": {"registration_number": 1000}})

    await _with_each_batch(harness, monkeypatch, renumber)

    (name,) = await harness.files.names()
    file = b"".join([piece async for piece in await harness.files.open(name)])
    numbers = [row[0] for row in read_csv(file)[1:]]
    assert numbers == [str(n + 1) for n in range(len(PEOPLE))]


async def _people(harness: ExportHarness) -> str:
    names = await harness.mongo.database.list_collection_names()
    (name,) = (name for name in names if name.startswith("people"))
    return str(name)

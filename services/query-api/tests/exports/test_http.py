"""Exports over HTTP: request, status, one-time download, cancellation; all of it audited."""

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.testing.fixture_types import Eventually, MakeBucket, MongoUrl

from ..query_service import REQUIREMENTS, STAFF, make_people, token
from .export_harness import OPERATOR, ExportHarness, export_harness, running_worker

pytestmark = pytest.mark.servers

PEOPLE = make_people(120)
OTHER_PERSON = token(Role.OPERATOR, subject=UUID(int=2))


@pytest_asyncio.fixture
async def harness(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually
) -> AsyncIterator[ExportHarness]:
    async with export_harness(mongo_url("query"), bucket("exports"), PEOPLE, eventually) as harness:
        yield harness


@pytest_asyncio.fixture
async def worker(harness: ExportHarness) -> AsyncIterator[None]:
    async with running_worker(harness.worker()):
        yield


@pytest.mark.usefixtures("worker")
async def test_a_finished_export_shows_its_manifest(harness: ExportHarness) -> None:
    filters = {"status": ["enabled"], "q": "gomez"}
    job, file = await harness.exported(filters=filters, sort="name", locale="en")

    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    manifest = job["manifest"]
    assert job["rows"] == job["estimated_rows"] == manifest["rows"] == len(rows) > 0
    assert manifest["sha256"] == hashlib.sha256(file).hexdigest()
    assert manifest["size_bytes"] == len(file)
    assert manifest["filters"] == filters
    assert manifest["filters_in_words"] == [
        "Search: «gomez»",
        "Status: Enabled",
        "Sorted by: Name (ascending)",
    ]
    assert manifest["sort"] == "name"
    assert manifest["requested_by"] == str(STAFF)
    assert manifest["of_one_moment"] is True
    assert manifest["withheld_columns"] == []
    assert manifest["columns"] == list(
        (await harness.list_rows("customers", **filters, sort="name"))[0]
    )


@pytest.mark.usefixtures("worker")
async def test_a_file_has_the_chosen_columns_in_their_order(harness: ExportHarness) -> None:
    columns = ["status", "name", "customer_id"]

    job, file = await harness.exported(columns=columns, locale="en")

    assert next(csv.reader(io.StringIO(file.decode("utf-8-sig")))) == [
        "Status",
        "Name",
        "Customer ID",
    ]
    assert job["manifest"]["columns"] == columns
    for format_ in ("xlsx", "pdf"):
        other, _ = await harness.exported(columns=columns, format=format_)
        assert other["manifest"]["columns"] == columns


@pytest.mark.usefixtures("worker")
async def test_a_link_is_valid_once(harness: ExportHarness) -> None:
    job = await harness.wait_until_ended(await harness.request())
    first = await harness.client.get(job["download_url"])
    second = await harness.client.get(job["download_url"])

    assert first.status_code == 200
    assert 'filename="customers-' in first.headers["content-disposition"]
    assert second.status_code == 410
    assert [entry["reason"] for entry in await harness.audit_entries("export-refused")] == [
        "link-used"
    ]


@pytest.mark.usefixtures("worker")
async def test_of_concurrent_downloads_by_one_link_one_succeeds(harness: ExportHarness) -> None:
    job = await harness.wait_until_ended(await harness.request())
    responses = await asyncio.gather(*(harness.client.get(job["download_url"]) for _ in range(8)))

    assert sorted(response.status_code for response in responses) == [200, *[410] * 7]
    assert len(await harness.audit_entries("export-fetched")) == 1


@pytest.mark.usefixtures("worker")
async def test_a_new_link_invalidates_the_previous_one(harness: ExportHarness) -> None:
    export_id = await harness.request()
    first = await harness.wait_until_ended(export_id)
    second = await harness.job(export_id)

    assert (await harness.client.get(first["download_url"])).status_code == 410
    assert (await harness.client.get(second["download_url"])).status_code == 200


async def test_another_persons_export_is_unknown(harness: ExportHarness) -> None:
    export_id = await harness.request()

    assert (await harness.job(export_id, OTHER_PERSON))["status"] == 404
    assert await harness.cancel(export_id, OTHER_PERSON) == 404
    assert (await harness.job(export_id))["state"] == "queued"


async def test_the_list_has_the_callers_exports_only(harness: ExportHarness) -> None:
    export_id = await harness.request()

    own, others = [
        (await harness.client.get("/query/v1/exports", headers=headers)).json()
        for headers in (OPERATOR, OTHER_PERSON)
    ]

    assert [(each["export_id"], each["list"], each["state"]) for each in own["items"]] == [
        (export_id, "customers", "queued")
    ]
    assert others["items"] == []


async def test_of_concurrent_requests_two_are_accepted(harness: ExportHarness) -> None:
    responses = await asyncio.gather(*(harness.post() for _ in range(8)))
    refused = [response for response in responses if response.status_code == 429]

    assert len(refused) == 6
    assert {response.json()["type"].rpartition(":")[2] for response in refused} == {
        "too-many-exports"
    }
    assert all("retry-after" in response.headers for response in refused)
    assert (await harness.post(OTHER_PERSON)).status_code == 202


@pytest.mark.usefixtures("worker")
async def test_a_finished_export_frees_its_slot(harness: ExportHarness) -> None:
    for _ in range(3):
        await harness.wait_until_ended(await harness.request())


async def test_a_cancelled_export_frees_its_slot(harness: ExportHarness) -> None:
    await harness.request()
    second = await harness.request()
    assert (await harness.post()).status_code == 429
    await harness.cancel(second)

    assert (await harness.post()).status_code == 202


async def test_a_repeated_request_is_the_same_export(harness: ExportHarness) -> None:
    headers = {**OPERATOR, "Idempotency-Key": "monday"}
    first = await harness.request(headers)

    assert await harness.request(headers) == first
    assert (await harness.post(headers, sort="name")).status_code == 422
    assert (await harness.post({**OPERATOR, "Idempotency-Key": "x" * 256})).status_code == 400
    assert await harness.mongo.own["exports"].count_documents({}) == 1
    assert len(await harness.audit_entries("export-requested")) == 1


async def test_a_repeated_request_succeeds_when_all_slots_are_occupied(
    harness: ExportHarness,
) -> None:
    headers = {**OPERATOR, "Idempotency-Key": "tuesday"}
    first = await harness.request(headers)
    await harness.request()
    assert (await harness.post()).status_code == 429

    assert await harness.request(headers) == first
    await harness.cancel(first)
    assert await harness.request(headers) == first


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR, Role.REVIEWER, Role.APPLICANT])
async def test_a_request_without_permission_is_refused_and_audited(
    harness: ExportHarness, role: Role
) -> None:
    refused = await harness.post(token(role))

    assert refused.status_code == 403
    (entry,) = await harness.audit_entries("export-refused")
    assert entry["by"] == STAFF
    assert entry["reason"] == "forbidden"


@pytest.mark.parametrize(
    "wrong",
    [
        {"list": "people"},
        {"format": "exe"},
        {"sort": "$where"},
        {"sort": "payer"},
        {"filters": {"q": {"$ne": ""}}},
        {"filters": {"status": ["active"]}},
        {"filters": {"limit": 5}},
        {"filters": {"created_from": "10000-01-01"}},
        {"filters": {"created_from": "2026-02-01", "created_to": "2026-01-01"}},
        {"columns": ["salary"]},
        {"delimiter": "\t"},
        {"guard": "none"},
        {"guard": "excel", "format": "xlsx"},
        {"guard": "raw", "format": "pdf"},
        {"locale": "fr"},
    ],
)
async def test_bad_requests_are_refused_and_nothing_is_queued(
    harness: ExportHarness, wrong: dict[str, Any]
) -> None:
    assert (await harness.post(**wrong)).status_code == 422
    assert await harness.mongo.own["exports"].count_documents({}) == 0


@pytest.mark.parametrize("columns", [["name", "salary"], ["name", "name"]])
async def test_columns_that_the_list_does_not_have_are_refused(
    harness: ExportHarness, columns: list[str]
) -> None:
    response = await harness.client.post(
        "/query/v1/exports",
        json={"list": "customers", "format": "csv", "columns": columns},
        headers=OPERATOR,
    )

    (error,) = response.json()["errors"]
    assert (response.status_code, error["field"], error["code"]) == (422, "columns", "not_columns")


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        ({"format": "xlsx", "guard": "raw"}, "only_for_csv", "Is for CSV only"),
        ({"format": "csv", "guard": "no"}, "not_allowed", "Use one of: excel, raw"),
    ],
)
async def test_a_guard_that_is_not_possible_is_named(
    harness: ExportHarness, wrong: dict[str, Any], code: str, message: str
) -> None:
    response = await harness.post({**OPERATOR, "Accept-Language": "en"}, **wrong)

    assert response.json()["errors"] == [{"field": "guard", "code": code, "message": message}]


async def test_a_filter_by_an_unknown_requirement_is_refused_with_the_known_ones(
    harness: ExportHarness,
) -> None:
    request_body: dict[str, Any] = {
        "list": "pre-customers",
        "filters": {"blocked_by": "nonsense"},
    }
    response = await harness.post({**OPERATOR, "Accept-Language": "en"}, **request_body)
    (error,) = response.json()["errors"]

    assert (response.status_code, error["field"]) == (422, "blocked_by")
    assert error["message"] == f"Use one of: {', '.join(REQUIREMENTS)}"
    assert await harness.audit_entries("export-requested") == []


async def test_the_guard_is_in_the_openapi_document(harness: ExportHarness) -> None:
    document = (await harness.client.get("/query/v1/openapi.json")).json()
    schemas = document["components"]["schemas"]
    guard, *_ = schemas["ExportRequest"]["properties"]["guard"]["anyOf"]

    assert schemas[guard["$ref"].rpartition("/")[2]]["enum"] == ["excel", "raw"]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("request_body", "guard", "first_letters"),
    [({}, "excel", "'+"), ({"guard": "excel"}, "excel", "'+"), ({"guard": "raw"}, "raw", "+5")],
)
async def test_a_csv_is_guarded_for_excel_or_raw(
    harness: ExportHarness, request_body: dict[str, Any], guard: str, first_letters: str
) -> None:
    job, file = await harness.exported(locale="en", **request_body)

    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert job["manifest"]["guard"] == guard
    assert {row["Phone number"][:2] for row in rows if row["Phone number"]} == {first_letters}
    (made,) = await harness.audit_entries("export-made")
    assert made["guard"] == guard


@pytest.mark.usefixtures("worker")
async def test_other_formats_have_no_guard(harness: ExportHarness) -> None:
    job, _ = await harness.exported(format="xlsx")

    assert job["manifest"]["guard"] is None


async def test_a_job_that_was_queued_before_there_was_a_choice_is_guarded(
    harness: ExportHarness,
) -> None:
    headers = {**OPERATOR, "Idempotency-Key": "before"}
    export_id = await harness.request(headers)
    await harness.mongo.own["exports"].update_one({}, {"$unset": {"guard": ""}})

    assert await harness.request(headers) == export_id
    async with running_worker(harness.worker()):
        job = await harness.wait_until_ended(export_id)
    file = (await harness.client.get(job["download_url"])).content
    assert job["manifest"]["guard"] == "excel"
    assert b"'+57" in file


async def test_a_malformed_body_is_refused(harness: ExportHarness) -> None:
    response = await harness.client.post("/query/v1/exports", json=[], headers=OPERATOR)

    assert response.status_code == 422


async def test_a_cancelled_queued_export_never_runs(harness: ExportHarness) -> None:
    cancelled = await harness.request()
    assert await harness.cancel(cancelled) == 204
    async with running_worker(harness.worker()):
        await harness.wait_until_ended(await harness.request())

    assert (await harness.job(cancelled))["state"] == "cancelled"
    assert (await harness.job(cancelled))["rows"] == 0
    assert len(await harness.files.names()) == 1


@pytest.mark.usefixtures("worker")
async def test_the_file_of_a_cancelled_finished_export_is_removed(harness: ExportHarness) -> None:
    export_id = await harness.request()
    job = await harness.wait_until_ended(export_id)
    assert await harness.cancel(export_id) == 204

    assert (await harness.client.get(job["download_url"])).status_code == 410
    assert "download_url" not in await harness.job(export_id)
    assert await harness.files.names() == []
    assert await harness.cancel(export_id) == 204
    (entry,) = await harness.audit_entries("export-cancelled")
    assert (entry["by"], entry["state"]) == (STAFF, "done")


async def test_an_unknown_export_cannot_be_cancelled(harness: ExportHarness) -> None:
    assert await harness.cancel(str(UUID(int=9))) == 404


@pytest.mark.usefixtures("worker")
async def test_a_request_and_its_result_are_audited(harness: ExportHarness) -> None:
    job, _ = await harness.exported(filters={"q": "gomez", "status": ["enabled"]})

    (requested,) = await harness.audit_entries("export-requested")
    (made,) = await harness.audit_entries("export-made")
    (fetched,) = await harness.audit_entries("export-fetched")
    assert {entry["by"] for entry in (requested, made, fetched)} == {STAFF}
    assert requested["filters"] == {"status": ["enabled"]}
    assert requested["searched"] is True
    assert made["sha256"] == job["manifest"]["sha256"]
    assert made["rows"] == job["rows"]
    assert made["columns"] == job["manifest"]["columns"]
    assert fetched["export_id"] == made["export_id"] == job["export_id"]


async def test_columns_that_a_role_is_not_granted_are_not_in_the_file(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually
) -> None:
    groups = {"operator": ["identity", "finance"], "admin": ["identity", "contact", "finance"]}
    async with (
        export_harness(
            mongo_url("query"),
            bucket("exports"),
            PEOPLE,
            eventually,
            query_exports_column_groups=groups,
        ) as harness,
        running_worker(harness.worker()),
    ):
        job, file = await harness.exported(sort="email", locale="en")
        whole, _ = await harness.exported(token(Role.ADMIN))
        status_for_operator = await harness.client.get(
            f"/query/v1/exports/{whole['export_id']}", headers=OPERATOR
        )

        header = next(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
        assert "E-mail" not in header
        assert "Phone number" not in header
        assert "Name" in header
        assert b"@example.co" not in file
        assert b"+57" not in file
        assert job["manifest"]["withheld_columns"] == ["email", "phone"]
        assert job["manifest"]["withheld_groups"] == ["contact"]
        assert whole["manifest"]["withheld_columns"] == []
        chosen, _ = await harness.exported(columns=["phone", "name"])
        assert chosen["manifest"]["columns"] == ["name"]
        assert chosen["manifest"]["withheld_columns"] == ["phone"]
        only_withheld = {"list": "customers", "format": "csv", "columns": ["phone"]}
        refused = await harness.client.post(
            "/query/v1/exports", json=only_withheld, headers=OPERATOR
        )
        assert refused.status_code == 403
        assert status_for_operator.status_code == 403

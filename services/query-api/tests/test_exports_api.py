"""Exports over HTTP: asked for, watched, fetched once, cancelled, and all of it on record."""

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

from .exports_on_servers import OPERATOR, Stage, exporting, exports_on_servers
from .query_service import STAFF, some_people, token

pytestmark = pytest.mark.servers

PEOPLE = some_people(120)
SOMEONE_ELSE = token(Role.OPERATOR, subject=UUID(int=2))


@pytest_asyncio.fixture
async def stage(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually
) -> AsyncIterator[Stage]:
    async with exports_on_servers(
        mongo_url("query"), bucket("exports"), PEOPLE, eventually
    ) as stage:
        yield stage


@pytest_asyncio.fixture
async def exporter(stage: Stage) -> AsyncIterator[None]:
    async with exporting(stage.work()):
        yield


@pytest.mark.usefixtures("exporter")
async def test_a_done_export_shows_its_manifest(stage: Stage) -> None:
    filters = {"status": ["enabled"], "q": "gomez"}
    job, file = await stage.made(filters=filters, sort="name", locale="en")

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
    assert manifest["columns"] == list((await stage.listed("customers", **filters, sort="name"))[0])


@pytest.mark.usefixtures("exporter")
async def test_a_link_is_good_once(stage: Stage) -> None:
    job = await stage.ended(await stage.ask())
    first = await stage.client.get(job["download_url"])
    second = await stage.client.get(job["download_url"])

    assert first.status_code == 200
    assert 'filename="customers-' in first.headers["content-disposition"]
    assert second.status_code == 410
    assert [entry["reason"] for entry in await stage.audited("export-refused")] == ["link-used"]


@pytest.mark.usefixtures("exporter")
async def test_of_many_who_use_a_link_at_once_one_has_the_file(stage: Stage) -> None:
    job = await stage.ended(await stage.ask())
    answers = await asyncio.gather(*(stage.client.get(job["download_url"]) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200, *[410] * 7]
    assert len(await stage.audited("export-fetched")) == 1


@pytest.mark.usefixtures("exporter")
async def test_asking_again_gives_a_fresh_link_and_voids_the_last(stage: Stage) -> None:
    export_id = await stage.ask()
    first = await stage.ended(export_id)
    second = await stage.job(export_id)

    assert (await stage.client.get(first["download_url"])).status_code == 410
    assert (await stage.client.get(second["download_url"])).status_code == 200


async def test_another_persons_export_is_unknown(stage: Stage) -> None:
    export_id = await stage.ask()

    assert (await stage.job(export_id, SOMEONE_ELSE))["status"] == 404
    assert await stage.cancel(export_id, SOMEONE_ELSE) == 404
    assert (await stage.job(export_id))["state"] == "queued"


async def test_of_many_asked_at_once_two_are_taken(stage: Stage) -> None:
    answers = await asyncio.gather(*(stage.post() for _ in range(8)))
    refused = [answer for answer in answers if answer.status_code == 429]

    assert len(refused) == 6
    assert {answer.json()["type"].rpartition(":")[2] for answer in refused} == {"too-many-exports"}
    assert all("retry-after" in answer.headers for answer in refused)
    assert (await stage.post(SOMEONE_ELSE)).status_code == 202


@pytest.mark.usefixtures("exporter")
async def test_an_export_that_ended_makes_room_for_another(stage: Stage) -> None:
    for _ in range(3):
        await stage.ended(await stage.ask())


async def test_a_cancelled_export_makes_room_for_another(stage: Stage) -> None:
    await stage.ask()
    second = await stage.ask()
    assert (await stage.post()).status_code == 429
    await stage.cancel(second)

    assert (await stage.post()).status_code == 202


async def test_a_repeated_request_is_the_same_export(stage: Stage) -> None:
    headers = {**OPERATOR, "Idempotency-Key": "monday"}
    first = await stage.ask(headers)

    assert await stage.ask(headers) == first
    assert (await stage.post(headers, sort="name")).status_code == 422
    assert (await stage.post({**OPERATOR, "Idempotency-Key": "x" * 256})).status_code == 400
    assert await stage.mongo.database["exports"].count_documents({}) == 1
    assert len(await stage.audited("export-requested")) == 1


async def test_a_repeat_is_answered_also_when_no_other_export_would_be_taken(stage: Stage) -> None:
    headers = {**OPERATOR, "Idempotency-Key": "tuesday"}
    first = await stage.ask(headers)
    await stage.ask()
    assert (await stage.post()).status_code == 429

    assert await stage.ask(headers) == first
    await stage.cancel(first)
    assert await stage.ask(headers) == first


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR, Role.REVIEWER, Role.APPLICANT])
async def test_who_may_not_export_is_refused_and_that_is_on_record(
    stage: Stage, role: Role
) -> None:
    refused = await stage.post(token(role))

    assert refused.status_code == 403
    (entry,) = await stage.audited("export-refused")
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
        {"locale": "fr"},
    ],
)
async def test_bad_requests_are_refused_and_nothing_is_queued(
    stage: Stage, wrong: dict[str, Any]
) -> None:
    assert (await stage.post(**wrong)).status_code == 422
    assert await stage.mongo.database["exports"].count_documents({}) == 0


async def test_a_body_that_is_no_request_is_refused(stage: Stage) -> None:
    answer = await stage.client.post("/query/v1/exports", json=[], headers=OPERATOR)

    assert answer.status_code == 422


async def test_a_waiting_export_that_is_cancelled_never_runs(stage: Stage) -> None:
    cancelled = await stage.ask()
    assert await stage.cancel(cancelled) == 204
    async with exporting(stage.work()):
        await stage.ended(await stage.ask())

    assert (await stage.job(cancelled))["state"] == "cancelled"
    assert (await stage.job(cancelled))["rows"] == 0
    assert len(await stage.files.names()) == 1


@pytest.mark.usefixtures("exporter")
async def test_a_done_export_that_is_cancelled_is_removed(stage: Stage) -> None:
    export_id = await stage.ask()
    job = await stage.ended(export_id)
    assert await stage.cancel(export_id) == 204

    assert (await stage.client.get(job["download_url"])).status_code == 410
    assert "download_url" not in await stage.job(export_id)
    assert await stage.files.names() == []
    assert await stage.cancel(export_id) == 204
    (entry,) = await stage.audited("export-cancelled")
    assert (entry["by"], entry["state"]) == (STAFF, "done")


async def test_an_unknown_export_cannot_be_cancelled(stage: Stage) -> None:
    assert await stage.cancel(str(UUID(int=9))) == 404


@pytest.mark.usefixtures("exporter")
async def test_a_request_and_what_came_of_it_are_on_record(stage: Stage) -> None:
    job, _ = await stage.made(filters={"q": "gomez", "status": ["enabled"]})

    (requested,) = await stage.audited("export-requested")
    (made,) = await stage.audited("export-made")
    (fetched,) = await stage.audited("export-fetched")
    assert {entry["by"] for entry in (requested, made, fetched)} == {STAFF}
    assert requested["filters"] == {"status": ["enabled"]}
    assert requested["searched"] is True
    assert made["sha256"] == job["manifest"]["sha256"]
    assert made["rows"] == job["rows"]
    assert made["columns"] == job["manifest"]["columns"]
    assert fetched["export_id"] == made["export_id"] == job["export_id"]


async def test_columns_that_a_role_is_not_given_are_not_in_the_file(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually
) -> None:
    groups = {"operator": ["identity", "finance"], "admin": ["identity", "contact", "finance"]}
    async with (
        exports_on_servers(
            mongo_url("query"),
            bucket("exports"),
            PEOPLE,
            eventually,
            query_exports_column_groups=groups,
        ) as stage,
        exporting(stage.work()),
    ):
        job, file = await stage.made(sort="email", locale="en")
        whole, _ = await stage.made(token(Role.ADMIN))
        seen_by_an_operator = await stage.client.get(
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
        assert seen_by_an_operator.status_code == 403

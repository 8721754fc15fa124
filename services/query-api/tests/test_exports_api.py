"""An export is the list, row by row, fetched once by who asked for it."""

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.local.testing import S3, Eventually, MakeBucket, MongoUrl
from vinculo.query_api.exports.export import Exporter
from vinculo.query_api.exports.exporter import work_off_exports
from vinculo.query_api.exports.jobs import LEASE, ExportJobs
from vinculo.query_api.exports.storage import ExportFiles
from vinculo.query_api.mongo import Mongo
from vinculo.query_api.read_model import ReadModel, utc_now

from .query_service import begin_generation, query_service, some_people, token
from .test_list_filters import BOGOTA

pytestmark = pytest.mark.servers

PEOPLE = some_people(120)
OPERATOR = token(Role.OPERATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    client: httpx2.AsyncClient
    mongo: Mongo
    files: ExportFiles

    async def ask(self, **request: Any) -> str:
        answer = await self.client.post(
            "/query/v1/exports",
            json={"list": "customers", "format": "csv", **request},
            headers=OPERATOR,
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["export_id"])

    async def job(self, export_id: str, headers: dict[str, str] = OPERATOR) -> dict[str, Any]:
        answer = await self.client.get(f"/query/v1/exports/{export_id}", headers=headers)
        body: dict[str, Any] = answer.json()
        return body


@pytest_asyncio.fixture
async def service(mongo_url: MongoUrl, bucket: MakeBucket) -> AsyncIterator[Service]:
    s3: S3 = bucket("exports")
    async with query_service(mongo_url("query"), s3) as (client, mongo):
        await begin_generation(mongo, PEOPLE)
        files = ExportFiles(
            url=s3.url, access_key=s3.access_key, secret_key=s3.secret_key, bucket=s3.bucket
        )
        yield Service(client=client, mongo=mongo, files=files)


@pytest_asyncio.fixture
async def exporter(service: Service) -> AsyncIterator[None]:
    read_model = ReadModel(service.mongo.database, utc_now)
    jobs = ExportJobs(service.mongo.database)
    working = asyncio.create_task(
        work_off_exports(
            Exporter(
                read_model=read_model, jobs=jobs, files=service.files, zone=BOGOTA, clock=utc_now
            ),
            jobs=jobs,
            files=service.files,
            read_model=read_model,
            clock=utc_now,
        )
    )
    yield
    working.cancel()
    await asyncio.wait([working])


async def done(service: Service, export_id: str, eventually: Eventually) -> dict[str, Any]:
    async def finished() -> bool:
        job = await service.job(export_id)
        return bool(job["state"] == "done")

    await eventually(finished)
    return await service.job(export_id)


@pytest.mark.usefixtures("exporter")
async def test_the_file_holds_the_rows_of_the_filtered_list(
    service: Service, eventually: Eventually
) -> None:
    filters = {"status": ["enabled"], "q": "gomez"}
    job = await done(
        service,
        await service.ask(filters=filters, sort="name", locale="en"),
        eventually,
    )
    file = await service.client.get(job["download_url"])
    listed = (
        await service.client.get(
            "/query/v1/customers",
            params={**filters, "sort": "name", "limit": 200},
            headers=OPERATOR,
        )
    ).json()

    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row["Customer ID"] for row in rows] == [i["customer_id"] for i in listed["items"]]
    assert [row["Name"] for row in rows] == [i["name"] for i in listed["items"]]
    assert [row["Phone number"] for row in rows] == [f"'{i['phone']}" for i in listed["items"]]
    assert rows
    assert job["rows"] == len(rows) == listed["total_matching"]
    assert job["manifest"]["sha256"] == hashlib.sha256(file.content).hexdigest()
    assert 'filename="customers-' in file.headers["content-disposition"]


@pytest.mark.usefixtures("exporter")
async def test_a_link_is_good_once(service: Service, eventually: Eventually) -> None:
    job = await done(service, await service.ask(), eventually)
    first = await service.client.get(job["download_url"])
    second = await service.client.get(job["download_url"])

    assert first.status_code == 200
    assert second.status_code == 410


@pytest.mark.usefixtures("exporter")
async def test_asking_again_gives_a_fresh_link(service: Service, eventually: Eventually) -> None:
    export_id = await service.ask()
    job = await done(service, export_id, eventually)
    await service.client.get(job["download_url"])
    again = await service.job(export_id)

    assert (await service.client.get(again["download_url"])).status_code == 200


async def test_another_persons_export_is_unknown(service: Service) -> None:
    export_id = await service.ask()
    other = await service.client.get(
        f"/query/v1/exports/{export_id}", headers=token(Role.OPERATOR, subject=UUID(int=2))
    )

    assert other.status_code == 404


async def test_a_third_export_at_once_is_refused(service: Service) -> None:
    await service.ask()
    await service.ask()
    third = await service.client.post(
        "/query/v1/exports", json={"list": "customers", "format": "csv"}, headers=OPERATOR
    )

    assert third.status_code == 429
    assert "retry-after" in third.headers


async def test_a_viewer_may_not_export(service: Service) -> None:
    refused = await service.client.post(
        "/query/v1/exports",
        json={"list": "customers", "format": "csv"},
        headers=token(Role.VIEWER),
    )

    assert refused.status_code == 403


@pytest.mark.parametrize(
    "request_body",
    [
        {"list": "people", "format": "csv"},
        {"list": "customers", "format": "exe"},
        {"list": "customers", "format": "csv", "sort": "$where"},
        {"list": "customers", "format": "csv", "filters": {"q": {"$ne": ""}}},
        {"list": "customers", "format": "csv", "filters": {"status": ["active"]}},
        {"list": "customers", "format": "csv", "filters": {"limit": 5}},
        {"list": "customers", "format": "csv", "columns": ["salary"]},
        [],
    ],
)
async def test_bad_requests_are_refused_and_nothing_is_queued(
    service: Service, request_body: Any
) -> None:
    refused = await service.client.post("/query/v1/exports", json=request_body, headers=OPERATOR)

    assert refused.status_code == 422
    assert await service.mongo.database["exports"].count_documents({}) == 0


async def test_a_job_whose_exporter_died_is_taken_again(service: Service) -> None:
    jobs = ExportJobs(service.mongo.database)
    export_id = await service.ask()
    now = utc_now()
    first = await jobs.claim(now)
    meanwhile = await jobs.claim(now)
    later = await jobs.claim(now + LEASE + timedelta(seconds=1))

    assert first is not None
    assert meanwhile is None
    assert later is not None
    assert str(later["_id"]) == export_id
    assert later["attempts"] == 2


async def test_old_files_are_removed(service: Service, tmp_path: Any) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a;b")
    await service.files.keep("old.csv", path, "text/csv")

    assert await service.files.remove_older_than(utc_now() - timedelta(hours=1)) == 0
    assert await service.files.remove_older_than(utc_now() + timedelta(hours=1)) == 1


async def test_exports_are_audited(service: Service) -> None:
    await service.ask()
    entry = await service.mongo.database["audit"].find_one({"action": "export-requested"})

    assert entry is not None
    assert entry["list"] == "customers"

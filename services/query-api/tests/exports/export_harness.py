"""The export endpoints over ASGI and a worker, on a real database and object store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2

from vinculo.access import Role
from vinculo.events import utc_now
from vinculo.query_api.exports.job_queue import ExportJobs, ExportQueue
from vinculo.query_api.exports.object_store import ExportFileStore
from vinculo.query_api.exports.worker import WorkerDependencies, build_worker, run_worker
from vinculo.query_api.mongo import Mongo
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.settings import Settings
from vinculo.testing.fixture_types import Eventually
from vinculo.testing.storage import S3

from ..query_service import (
    environment_for,
    make_generation,
    query_service,
    settings_for,
    token,
)

KEPT = timedelta(hours=24)
OPERATOR = token(Role.OPERATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportHarness:
    client: httpx2.AsyncClient
    mongo: Mongo
    files: ExportFileStore
    eventually: Eventually
    settings: Settings
    environment: dict[str, str]

    @property
    def jobs(self) -> ExportJobs:
        return ExportJobs(self.mongo.own, kept=KEPT)

    @property
    def queue(self) -> ExportQueue:
        return ExportQueue(self.mongo.own, kept=KEPT)

    def worker(
        self, clock: Callable[[], datetime] = utc_now, files: ExportFileStore | None = None
    ) -> WorkerDependencies:
        return build_worker(self.mongo, files or self.files, self.settings, clock)

    async def post(self, headers: Mapping[str, str] = OPERATOR, **request: Any) -> httpx2.Response:
        body = {"list": "customers", "format": "csv", **request}
        return await self.client.post("/query/v1/exports", json=body, headers=headers)

    async def request(self, headers: Mapping[str, str] = OPERATOR, **request: Any) -> str:
        response = await self.post(headers, **request)
        assert response.status_code == 202, response.text
        return str(response.json()["export_id"])

    async def job(self, export_id: str, headers: Mapping[str, str] = OPERATOR) -> dict[str, Any]:
        response = await self.client.get(f"/query/v1/exports/{export_id}", headers=headers)
        body: dict[str, Any] = response.json()
        return body

    async def wait_until_ended(
        self, export_id: str, headers: Mapping[str, str] = OPERATOR
    ) -> dict[str, Any]:
        """The job once it is done or failed."""

        async def has_ended() -> bool:
            job = await self.job(export_id, headers)
            return job["state"] in {"done", "failed"}

        await self.eventually(has_ended)
        return await self.job(export_id, headers)

    async def exported(
        self, headers: Mapping[str, str] = OPERATOR, **request: Any
    ) -> tuple[dict[str, Any], bytes]:
        """The finished job and its file."""
        job = await self.wait_until_ended(await self.request(headers, **request), headers)
        assert job["state"] == "done", job
        return job, (await self.client.get(job["download_url"])).content

    async def cancel(self, export_id: str, headers: Mapping[str, str] = OPERATOR) -> int:
        response = await self.client.delete(f"/query/v1/exports/{export_id}", headers=headers)
        return response.status_code

    async def list_rows(self, list_name: str, **parameters: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            response = await self.client.get(
                f"/query/v1/{list_name}",
                params={**parameters, "limit": 50, **cursor},
                headers=OPERATOR,
            )
            page = response.json()
            rows += page["items"]
            if page["next_cursor"] is None:
                return rows
            cursor = {"cursor": page["next_cursor"]}

    async def audit_entries(self, action: str) -> list[dict[str, Any]]:
        return await self.mongo.own["audit"].find({"action": action}).to_list(None)


@asynccontextmanager
async def export_harness(
    mongo_url: str,
    s3: S3,
    people: list[Person],
    eventually: Eventually,
    *,
    driver: str = "motor",
    **settings: Any,
) -> AsyncIterator[ExportHarness]:
    async with query_service(mongo_url, s3, driver=driver, **settings) as (client, mongo):
        await make_generation(mongo, people)
        files = ExportFileStore(
            url=s3.url, access_key=s3.access_key, secret_key=s3.secret_key, bucket=s3.bucket
        )
        yield ExportHarness(
            client=client,
            mongo=mongo,
            files=files,
            eventually=eventually,
            settings=settings_for(mongo_url, s3, **settings),
            environment=environment_for(mongo_url, s3),
        )


@asynccontextmanager
async def running_worker(worker: WorkerDependencies) -> AsyncIterator[None]:
    """A worker that processes jobs."""
    working = asyncio.create_task(run_worker(worker))
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait([working])

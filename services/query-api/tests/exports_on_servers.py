"""The export endpoints over ASGI with an exporter beside, on a real database and object store."""

import asyncio
from collections.abc import AsyncIterator, Callable
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
from vinculo.query_api.settings import Settings
from vinculo.testing.fixture_types import Eventually
from vinculo.testing.storage import S3

from .query_service import (
    begin_generation,
    environment_for,
    query_service,
    settings_for,
    token,
)

KEPT = timedelta(hours=24)
OPERATOR = token(Role.OPERATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    client: httpx2.AsyncClient
    mongo: Mongo
    files: ExportFileStore
    eventually: Eventually
    settings: Settings
    environment: dict[str, str]

    @property
    def jobs(self) -> ExportJobs:
        return ExportJobs(self.mongo.database, kept=KEPT)

    @property
    def turns(self) -> ExportQueue:
        return ExportQueue(self.mongo.database, kept=KEPT)

    def work(self, clock: Callable[[], datetime] = utc_now) -> WorkerDependencies:
        return build_worker(self.mongo, self.files, self.settings, clock)

    async def post(self, headers: dict[str, str] = OPERATOR, **request: Any) -> httpx2.Response:
        body = {"list": "customers", "format": "csv", **request}
        return await self.client.post("/query/v1/exports", json=body, headers=headers)

    async def ask(self, headers: dict[str, str] = OPERATOR, **request: Any) -> str:
        answer = await self.post(headers, **request)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["export_id"])

    async def job(self, export_id: str, headers: dict[str, str] = OPERATOR) -> dict[str, Any]:
        answer = await self.client.get(f"/query/v1/exports/{export_id}", headers=headers)
        body: dict[str, Any] = answer.json()
        return body

    async def ended(self, export_id: str, headers: dict[str, str] = OPERATOR) -> dict[str, Any]:
        """The job once it is done or failed."""

        async def has_ended() -> bool:
            job = await self.job(export_id, headers)
            return job["state"] in {"done", "failed"}

        await self.eventually(has_ended)
        return await self.job(export_id, headers)

    async def made(
        self, headers: dict[str, str] = OPERATOR, **request: Any
    ) -> tuple[dict[str, Any], bytes]:
        """The job that is done, and its file."""
        job = await self.ended(await self.ask(headers, **request), headers)
        assert job["state"] == "done", job
        return job, (await self.client.get(job["download_url"])).content

    async def cancel(self, export_id: str, headers: dict[str, str] = OPERATOR) -> int:
        answer = await self.client.delete(f"/query/v1/exports/{export_id}", headers=headers)
        return answer.status_code

    async def listed(self, list_name: str, **parameters: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await self.client.get(
                f"/query/v1/{list_name}",
                params={**parameters, "limit": 50, **cursor},
                headers=OPERATOR,
            )
            page = answer.json()
            rows += page["items"]
            if page["next_cursor"] is None:
                return rows
            cursor = {"cursor": page["next_cursor"]}

    async def audited(self, action: str) -> list[dict[str, Any]]:
        return await self.mongo.database["audit"].find({"action": action}).to_list(None)


@asynccontextmanager
async def exports_on_servers(
    mongo_url: str,
    s3: S3,
    people: list[dict[str, Any]],
    eventually: Eventually,
    *,
    driver: str = "motor",
    **settings: Any,
) -> AsyncIterator[Stage]:
    async with query_service(mongo_url, s3, driver=driver, **settings) as (client, mongo):
        await begin_generation(mongo, people)
        files = ExportFileStore(
            url=s3.url, access_key=s3.access_key, secret_key=s3.secret_key, bucket=s3.bucket
        )
        yield Stage(
            client=client,
            mongo=mongo,
            files=files,
            eventually=eventually,
            settings=settings_for(mongo_url, s3, **settings),
            environment=environment_for(mongo_url, s3),
        )


@asynccontextmanager
async def exporting(work: WorkerDependencies) -> AsyncIterator[None]:
    """An exporter at work."""
    working = asyncio.create_task(run_worker(work))
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait([working])

"""A client that goes away in the middle leaves nothing open, and no place taken."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import orjson
import pytest
import pytest_asyncio

from vinculo.httpapi import serve
from vinculo.local.ports import free_ports
from vinculo.query_api.main import query_app
from vinculo.testing.fixture_types import Eventually, MakeBucket, MongoUrl

from .exports_on_servers import OPERATOR, Stage, exporting, exports_on_servers
from .query_service import some_people, verifier
from .told_events import OpenKeys

pytestmark = pytest.mark.servers

PEOPLE = some_people(30)
SIZE = 24 * 1024 * 1024
"""More than any buffer on the way holds."""
READ = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The service behind a real socket."""

    stage: Stage
    port: int

    async def connect(self, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        await writer.drain()
        return reader, writer

    async def large_export(self, tmp_path: Path) -> UUID:
        """One that is done, with a file that takes a while to fetch."""
        export_id = UUID(await self.stage.ask())
        async with exporting(self.stage.work()):
            await self.stage.ended(str(export_id))
        content = tmp_path / "content"
        content.write_bytes(bytes(SIZE))
        await self.stage.files.keep(f"{export_id}-1.csv", content, "text/csv")
        await self.stage.mongo.database["exports"].update_one(
            {"_id": export_id}, {"$set": {"size_bytes": SIZE}}
        )
        return export_id

    async def link(self, export_id: UUID) -> str:
        parts = urlsplit((await self.stage.job(str(export_id)))["download_url"])
        return f"{parts.path}?{parts.query}"

    async def fetched(self, export_id: UUID) -> bytes:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            return (await client.get(await self.link(export_id))).raise_for_status().content


@pytest_asyncio.fixture
async def served(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually
) -> AsyncIterator[Served]:
    async with exports_on_servers(
        mongo_url("query"), bucket("exports"), PEOPLE, eventually
    ) as stage:
        port = free_ports(["api"])["api"]
        app = query_app(stage.settings, stage.mongo, verifier(), OpenKeys())
        serving = asyncio.create_task(serve(app, "127.0.0.1", port))
        served = Served(stage=stage, port=port)

        async def is_up() -> bool:
            try:
                _, writer = await served.connect(b"")
            except ConnectionRefusedError:
                return False
            writer.close()
            return True

        try:
            await eventually(is_up)
            yield served
        finally:
            serving.cancel()
            await asyncio.wait([serving])


def is_open() -> tuple[int, int]:
    """How many files and sockets this process has open, and how many tasks it runs."""
    return len(os.listdir("/dev/fd")), len(asyncio.all_tasks())  # noqa: PTH208 - counted, not read


async def test_downloads_that_are_given_up_leave_nothing_open(
    served: Served, tmp_path: Path, eventually: Eventually
) -> None:
    export_id = await served.large_export(tmp_path)
    assert len(await served.fetched(export_id)) == SIZE
    before = is_open()

    for _ in range(5):
        link = await served.link(export_id)
        reader, writer = await served.connect(f"GET {link} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert (await reader.readexactly(READ)).startswith(b"HTTP/1.1 200")
        writer.transport.abort()

    await eventually(lambda: all(now <= then for now, then in zip(is_open(), before, strict=True)))
    content = await served.fetched(export_id)
    assert hashlib.sha256(content).digest() == hashlib.sha256(bytes(SIZE)).digest()


async def test_requests_that_are_given_up_take_no_place_for_good(
    served: Served, eventually: Eventually
) -> None:
    body = orjson.dumps({"list": "customers", "format": "xlsx"})
    head = (
        "POST /query/v1/exports HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        f"Authorization: {OPERATOR['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    before = is_open()
    for sent in (head, head + body[:10], head + body, head + body):
        _, writer = await served.connect(sent)
        writer.transport.abort()
    await eventually(lambda: all(now <= then for now, then in zip(is_open(), before, strict=True)))

    jobs = served.stage.mongo.database["exports"]
    async with exporting(served.stage.work()):

        async def none_is_under_way() -> bool:
            return await jobs.count_documents({"state": {"$in": ["queued", "running"]}}) == 0

        await eventually(none_is_under_way)
        assert await jobs.count_documents({"place": {"$exists": True}}) == 0
        assert await jobs.count_documents({}) <= 2
        await asyncio.gather(*(served.stage.ask() for _ in range(2)))
        await eventually(none_is_under_way)

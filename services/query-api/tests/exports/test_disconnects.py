"""A client that disconnects leaves no connection open and no slot occupied."""

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

from ..event_samples import FakeKeyRing
from ..query_service import make_people, verifier
from .export_harness import OPERATOR, ExportHarness, export_harness, running_worker

pytestmark = pytest.mark.servers

PEOPLE = make_people(30)
SIZE = 24 * 1024 * 1024
"""More than all buffers on the way can hold."""
READ = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedExports:
    """The service behind a real socket."""

    harness: ExportHarness
    port: int

    async def connect(self, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        await writer.drain()
        return reader, writer

    async def large_export(self, tmp_path: Path) -> UUID:
        """A finished export with a file that takes a while to download."""
        export_id = UUID(await self.harness.request())
        async with running_worker(self.harness.worker()):
            await self.harness.wait_until_ended(str(export_id))
        content = tmp_path / "content"
        content.write_bytes(bytes(SIZE))
        await self.harness.files.upload(f"{export_id}-1.csv", content, "text/csv")
        await self.harness.mongo.own["exports"].update_one(
            {"_id": export_id}, {"$set": {"size_bytes": SIZE}}
        )
        return export_id

    async def link(self, export_id: UUID) -> str:
        parts = urlsplit((await self.harness.job(str(export_id)))["download_url"])
        return f"{parts.path}?{parts.query}"

    async def download(self, export_id: UUID) -> bytes:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            return (await client.get(await self.link(export_id))).raise_for_status().content


@pytest_asyncio.fixture
async def served(
    mongo_url: MongoUrl, bucket: MakeBucket, eventually: Eventually
) -> AsyncIterator[ServedExports]:
    async with export_harness(mongo_url("query"), bucket("exports"), PEOPLE, eventually) as harness:
        port = free_ports(["api"])["api"]
        app = query_app(harness.settings, harness.mongo, verifier(), FakeKeyRing())
        serving = asyncio.create_task(serve(app, "127.0.0.1", port))
        served = ServedExports(harness=harness, port=port)

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


def open_resources() -> tuple[int, int]:
    """The numbers of open files and sockets, and of tasks."""
    return len(os.listdir("/dev/fd")), len(asyncio.all_tasks())  # noqa: PTH208 - counted, not read


async def test_aborted_downloads_leave_no_connection_open(
    served: ServedExports, tmp_path: Path, eventually: Eventually
) -> None:
    export_id = await served.large_export(tmp_path)
    assert len(await served.download(export_id)) == SIZE
    before = open_resources()

    for _ in range(5):
        link = await served.link(export_id)
        reader, writer = await served.connect(f"GET {link} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert (await reader.readexactly(READ)).startswith(b"HTTP/1.1 200")
        writer.transport.abort()

    await eventually(
        lambda: all(now <= then for now, then in zip(open_resources(), before, strict=True))
    )
    content = await served.download(export_id)
    assert hashlib.sha256(content).digest() == hashlib.sha256(bytes(SIZE)).digest()


async def test_aborted_requests_leave_no_slot_occupied(
    served: ServedExports, eventually: Eventually
) -> None:
    body = orjson.dumps({"list": "customers", "format": "xlsx"})
    head = (
        "POST /query/v1/exports HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        f"Authorization: {OPERATOR['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    before = open_resources()
    for sent in (head, head + body[:10], head + body, head + body):
        _, writer = await served.connect(sent)
        writer.transport.abort()
    await eventually(
        lambda: all(now <= then for now, then in zip(open_resources(), before, strict=True))
    )

    jobs = served.harness.mongo.own["exports"]
    async with running_worker(served.harness.worker()):

        async def none_is_unfinished() -> bool:
            return await jobs.count_documents({"state": {"$in": ["queued", "running"]}}) == 0

        await eventually(none_is_unfinished)
        assert await jobs.count_documents({"slot": {"$exists": True}}) == 0
        assert await jobs.count_documents({}) <= 2
        await asyncio.gather(*(served.harness.request() for _ in range(2)))
        await eventually(none_is_unfinished)

"""A download releases its source when the client disconnects."""

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from vinculo.query_api.exports.http import DownloadResponse
from vinculo.query_api.exports.service import ExportDownload, file_name
from vinculo.tabular import Format

from .export_jobs import export_job, export_spec

JOB = export_job(
    spec=export_spec(format=Format.XLSX), requested_at=datetime(2026, 3, 5, 3, tzinfo=UTC)
)
SCOPE = {"type": "http", "asgi": {"spec_version": "2.0"}}


def download(pieces: AsyncGenerator[bytes, None]) -> ExportDownload:
    name = file_name(JOB, ZoneInfo("America/Bogota"))
    return ExportDownload(pieces=pieces, format=Format.XLSX, name=name, size_bytes=3)


class EndlessFile:
    """`open` is whether it is being read."""

    def __init__(self) -> None:
        self.open = False

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        self.open = True
        try:
            while True:
                yield b"abc"
                await asyncio.sleep(0)
        finally:
            self.open = False


async def test_a_disconnected_client_closes_the_source() -> None:
    file = EndlessFile()
    sent: list[MutableMapping[str, Any]] = []
    gone = asyncio.Event()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        if len(sent) == 5:
            gone.set()
            await asyncio.Event().wait()  # like a full buffer that is not read any more

    async def receive() -> MutableMapping[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    await DownloadResponse(download(file.pieces()))(SCOPE, receive, send)

    assert len(sent) == 5
    assert not file.open


async def test_a_file_is_named_by_its_list_and_local_date() -> None:
    file = EndlessFile()
    pieces = file.pieces()
    response = DownloadResponse(download(pieces))

    assert response.headers["content-disposition"] == (
        'attachment; filename="customers-2026-03-04.xlsx"'
    )
    assert response.headers["content-length"] == "3"
    assert response.headers["cache-control"] == "no-store"
    assert response.media_type is not None
    assert "spreadsheet" in response.media_type
    await pieces.aclose()

"""A reader that goes away gives back what was opened for it."""

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from vinculo.query_api.exports.service import Download
from vinculo.query_api.exports.threads import in_thread

JOB = {
    "list": "customers",
    "format": "xlsx",
    "size_bytes": 3,
    "requested_at": datetime(2026, 3, 5, 3, tzinfo=UTC),
}
SCOPE = {"type": "http", "asgi": {"spec_version": "2.0"}}


class Store:
    """A file without end, and whether it is open."""

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


async def test_a_reader_that_goes_away_closes_the_source() -> None:
    store = Store()
    sent: list[MutableMapping[str, Any]] = []
    gone = asyncio.Event()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        if len(sent) == 5:
            gone.set()
            await asyncio.Event().wait()  # as a full buffer that nobody reads any more

    async def receive() -> MutableMapping[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    await Download(store.pieces(), JOB, ZoneInfo("America/Bogota"))(SCOPE, receive, send)

    assert len(sent) == 5
    assert not store.open


async def test_a_file_is_named_by_its_list_and_local_day() -> None:
    store = Store()
    pieces = store.pieces()
    answer = Download(pieces, JOB, ZoneInfo("America/Bogota"))

    assert answer.headers["content-disposition"] == (
        'attachment; filename="customers-2026-03-04.xlsx"'
    )
    assert answer.headers["content-length"] == "3"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.media_type is not None
    assert "spreadsheet" in answer.media_type
    await pieces.aclose()


async def test_who_is_cancelled_waits_for_the_blocking_call_under_way() -> None:
    loop = asyncio.get_running_loop()
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def blocking() -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(may_end.wait(), loop).result()
        loop.call_soon_threadsafe(ended.set)

    caller = asyncio.create_task(in_thread(blocking))
    await begun.wait()
    caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert ended.is_set()

"""Scans by a real clamd, and by servers that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio

from vinculo.documents.screening.scanner import (
    Clean,
    Infected,
    ScanError,
    Scanner,
    ScannerUnavailableError,
)
from vinculo.local.ports import free_ports

from ..sample_files import pdf
from .clamd import EICAR, SIGNATURE, STREAM_MAX_BYTES, running_clamd

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clamd_url() -> AsyncIterator[str]:
    """In a short path, as that of a Unix socket has at most 107 characters."""
    with TemporaryDirectory(prefix="clamd-") as folder:
        async with running_clamd(Path(folder)) as url:
            yield url


async def test_clamd_tells_malware_from_other_files(clamd_url: str) -> None:
    scanner = Scanner(url=clamd_url)

    assert await scanner.scan(EICAR) == Infected(signature=SIGNATURE)
    assert await scanner.scan(pdf()) == Clean()
    assert await scanner.scan(bytes(STREAM_MAX_BYTES - 1)) == Clean()
    assert scanner.is_available


async def test_clamd_is_reached_by_tcp(tmp_path: Path) -> None:
    async with running_clamd(tmp_path, free_ports(["clamd"])["clamd"]) as url:
        results = await asyncio.gather(*(Scanner(url=url).scan(each) for each in (EICAR, pdf())))

    assert results == [Infected(signature=SIGNATURE), Clean()]


async def test_a_file_above_the_limit_of_clamd_is_an_error_of_the_file(clamd_url: str) -> None:
    scanner = Scanner(url=clamd_url)

    with pytest.raises(ScanError):
        await scanner.scan(bytes(20 * STREAM_MAX_BYTES))
    assert scanner.is_available


async def test_an_ended_clamd_is_unavailable_and_then_available_again(tmp_path: Path) -> None:
    port = free_ports(["clamd"])["clamd"]
    async with running_clamd(tmp_path, port) as url:
        scanner = Scanner(url=url)
        await scanner.check()
    with pytest.raises(ScannerUnavailableError):
        await scanner.scan(pdf())
    with pytest.raises(ScannerUnavailableError):
        await scanner.check()
    assert not scanner.is_available

    async with running_clamd(tmp_path, port):
        assert await scanner.scan(pdf()) == Clean()
    assert scanner.is_available


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    """A server at a port that speaks what the handler says."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"tcp://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def busy_with_files(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Replies to PING only."""
    if await reader.readuntil(b"\0") == b"zPING\0":
        writer.write(b"PONG\0")
        await writer.drain()
        return
    await reader.read()


async def test_a_hung_clamd_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vinculo.documents.screening.scanner.CHECK_SECONDS", 0.2)
    async with server(silent) as url:
        scanner = Scanner(url=url, timeout_seconds=0.2)
        with pytest.raises(ScannerUnavailableError):
            async with asyncio.timeout(30):
                await scanner.scan(pdf())

    assert not scanner.is_available


async def test_a_file_that_takes_too_long_is_an_error_of_the_file() -> None:
    async with server(busy_with_files) as url:
        with pytest.raises(ScanError, match="no reply"):
            await Scanner(url=url, timeout_seconds=0.2).scan(pdf())


@pytest.mark.parametrize(
    "reply",
    [b"", b"stream: OK", b"x" * 200_000, b"stream: Can't allocate memory ERROR\0", b"OK\0"],
    ids=["nothing", "cut", "long", "error", "unknown"],
)
async def test_any_other_reply_is_an_error(reply: bytes) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0\0\0\0")
        writer.write(reply)
        await writer.drain()

    async with server(handler) as url:
        with pytest.raises(ScanError):
            await Scanner(url=url, timeout_seconds=5).scan(b"one file")

"""Client of clamd, ClamAV's daemon: one connection per file, by the command INSTREAM.

https://docs.clamav.net/manual/Usage/Scanning.html#clamd
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlsplit

DEFAULT_PORT: Final = 3310
CHUNK_BYTES: Final = 65_536
CHECK_SECONDS: Final = 5.0
CLEAN: Final = "stream: OK"
FOUND: Final = " FOUND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Infected:
    """`signature` is the name of the malware."""

    signature: str


@dataclass(frozen=True, slots=True)
class Clean:
    pass


ScanResult: TypeAlias = Clean | Infected


class ScannerUnavailableError(Exception):
    """clamd cannot be reached, or is too busy to reply: says nothing about the file."""


class ScanError(Exception):
    """clamd could not scan this file, for example because it exceeds `StreamMaxLength`."""


@dataclass(slots=True, kw_only=True)
class Scanner:
    """`url` is `tcp://host:port` or `unix:///path`. `is_available` is of the last connection."""

    url: str
    timeout_seconds: float = 30
    is_available: bool = True

    async def scan(self, content: bytes) -> ScanResult:
        """Raises ScannerUnavailableError, ScanError."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                reply = await self._call(b"zINSTREAM\0", content)
        except TimeoutError:
            await self.check()
            raise ScanError(f"no reply in {self.timeout_seconds:g} s") from None
        if reply == CLEAN:
            return Clean()
        if reply.endswith(FOUND):
            return Infected(signature=reply.removeprefix("stream: ").removesuffix(FOUND))
        raise ScanError(reply[:200])

    async def check(self) -> None:
        """Raises ScannerUnavailableError."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                reply = await self._call(b"zPING\0")
        except (TimeoutError, ScanError) as error:
            self.is_available = False
            raise ScannerUnavailableError(type(error).__name__) from error
        if reply != "PONG":
            raise ScannerUnavailableError(reply[:200])

    async def _call(self, command: bytes, content: bytes | None = None) -> str:
        """The reply to one command, each on a connection of its own."""
        try:
            reader, writer = await self._connect()
        except OSError as error:
            self.is_available = False
            raise ScannerUnavailableError(type(error).__name__) from error
        self.is_available = True
        try:
            writer.write(command)
            if content is not None:
                await _send(writer, content)
            reply = await reader.readuntil(b"\0")
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise ScanError(type(error).__name__) from error
        finally:
            writer.close()
        return reply.decode(errors="replace").rstrip("\0\n")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            return await asyncio.open_unix_connection(parts.path)
        return await asyncio.open_connection(parts.hostname, parts.port or DEFAULT_PORT)


async def _send(writer: asyncio.StreamWriter, content: bytes) -> None:
    """Clamd replies and closes in the middle of a file that exceeds its limit."""
    with contextlib.suppress(ConnectionError):
        for start in range(0, len(content), CHUNK_BYTES):
            chunk = content[start : start + CHUNK_BYTES]
            writer.write(len(chunk).to_bytes(4, "big") + chunk)
            await writer.drain()
        writer.write((0).to_bytes(4, "big"))
        await writer.drain()

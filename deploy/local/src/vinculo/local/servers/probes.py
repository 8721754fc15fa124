"""Readiness probes over TCP and HTTP; each raises `NotReadyError` on failure."""

import asyncio

from vinculo.local.process_spec import NotReadyError

OK = 200
TIMEOUT_SECONDS = 2.0


async def first_line(port: int, request: bytes = b"") -> str:
    """Connect, send the request, return the first line of the response."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                await writer.drain()
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError) as unreachable:
        raise NotReadyError(f"no response on port {port}") from unreachable
    return line.decode("latin-1").strip()


async def http_status(port: int, path: str) -> int:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    line = await first_line(port, request.encode())
    words = line.split()
    if len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004  # version and status
        raise NotReadyError(f"no HTTP response on port {port}")
    return int(words[1])


async def check_http_ok(port: int, path: str) -> None:
    if (status := await http_status(port, path)) != OK:
        raise NotReadyError(f"{path} responds with status {status}")


async def check_listening(port: int) -> None:
    """Precedes client libraries, whose failed connection attempts leave sockets unclosed."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError) as unreachable:
        raise NotReadyError(f"nothing listens on port {port}") from unreachable
    writer.close()

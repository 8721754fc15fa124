"""Small questions put to a server to see whether it answers."""

import asyncio

from vinculo.local.program import NotReadyError

TIMEOUT_SECONDS = 2.0


async def first_line(port: int, question: bytes = b"") -> str:
    """Connect, send the question, give the first line of the answer; `NotReadyError` otherwise."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(question)
                await writer.drain()
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError) as unreachable:
        raise NotReadyError(f"nothing answers on port {port}") from unreachable
    return line.decode("latin-1").strip()


async def http_status(port: int, path: str) -> int:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    line = await first_line(port, request.encode())
    words = line.split()
    if len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004  # version and status
        raise NotReadyError(f"port {port} does not answer as HTTP")
    return int(words[1])


async def listens(port: int) -> None:
    """Raise `NotReadyError` while nothing accepts connections.

    Asked before a client library is let loose, whose failed attempts leave sockets unclosed.
    """
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError) as unreachable:
        raise NotReadyError(f"nothing listens on port {port}") from unreachable
    writer.close()

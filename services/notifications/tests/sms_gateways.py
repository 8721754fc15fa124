"""An HTTP gateway for short messages whose responses a test chooses."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Request:
    line: str
    headers: dict[str, str]
    body: Any


@dataclass(kw_only=True)
class Gateway:
    """Responds with the next of `statuses`, and with 202 when none is left."""

    url: str = ""
    statuses: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rest = head.splitlines()
        headers = dict(each.lower().split(": ", 1) for each in rest if each)
        originals = dict(each.split(": ", 1) for each in rest if each)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        named = {name.lower(): value for name, value in originals.items()}
        self.requests.append(Request(line=line, headers=named, body=json.loads(body)))
        status = self.statuses.pop(0) if self.statuses else "202 Accepted"
        location = "Location: http://127.0.0.1:9/\r\n" if status.startswith("3") else ""
        response = f"HTTP/1.1 {status}\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(response.encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def sms_gateway(*statuses: str) -> AsyncIterator[Gateway]:
    gateway = Gateway(statuses=list(statuses))
    server = await asyncio.start_server(gateway.respond, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        gateway.url = f"http://127.0.0.1:{port}/v1/messages"
        yield gateway

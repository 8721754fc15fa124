"""Whatever the gateway refuses by itself is a problem, never a page of nginx. Over raw sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from .test_gateway import start_gateway

HOST = b"Host: 127.0.0.1\r\n"


@dataclass(frozen=True, slots=True)
class RawResponse:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> tuple[str, str]:
        """The content type, and the problem's type without its prefix."""
        document = json.loads(self.body)
        assert document["status"] == self.status
        assert document["title"]
        assert document["trace_id"]
        prefix, _, slug = document["type"].rpartition(":")
        assert prefix == "urn:vinculo:problem"
        return self.headers["content-type"], slug


async def exchange(port: int, request: bytes) -> RawResponse:
    """Send bytes as they are and read the response until its declared end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (each.partition(":") for each in lines)
        }
        body = await reader.readexactly(int(headers["content-length"]))
    finally:
        writer.close()
    return RawResponse(int(first.split()[1]), headers, body)


def get(path: str, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers).encode()
    return b"GET " + path.encode() + b" HTTP/1.1\r\n" + HOST + lines + b"\r\n"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def port(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[int]:
    async with AsyncExitStack() as exits:
        client = await start_gateway(exits, tmp_path_factory.mktemp("gateway"), limits={})
        assert client.base_url.port is not None
        yield client.base_url.port


@pytest.mark.parametrize(
    ("request_bytes", "status", "slug"),
    [
        pytest.param(get("/query/v1/pre-customers%00"), 400, "bad-request", id="nul"),
        pytest.param(get("/pages/..%2f..%2fx"), 400, "bad-request", id="above the root"),
        pytest.param(get("/query/v1/%zz"), 400, "bad-request", id="broken escape"),
        pytest.param(get("query/v1"), 400, "bad-request", id="no slash"),
        pytest.param(b"nonsense\r\n\r\n", 400, "bad-request", id="no request line"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, "bad-request", id="no host"),
        pytest.param(b"GET / HTTP/7.1\r\n" + HOST + b"\r\n", 400, "bad-request", id="version"),
        pytest.param(get("/health", "bad name"), 400, "bad-request", id="broken header"),
        pytest.param(
            b"POST /query/v1/x HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n",
            *(400, "bad-request"),
            id="transfer encoding",
        ),
        pytest.param(
            b"POST /query/v1/x HTTP/1.1\r\n" + HOST + b"Content-Length: ten\r\n\r\n",
            *(400, "bad-request"),
            id="content length",
        ),
        pytest.param(get("/activate", "Range: bytes=900000-"), 200, None, id="range"),
        pytest.param(get("/" + "x" * 9000), 414, "address-too-long", id="long address"),
        pytest.param(
            get("/query/v1/x?q=" + "x" * 40_000), 414, "address-too-long", id="longer address"
        ),
        pytest.param(get("/", "X: " + "x" * 9000), 431, "headers-too-large", id="long header"),
        pytest.param(get("/nothing"), 404, "not-found", id="unknown path"),
        pytest.param(get("/-/problem/400"), 404, "not-found", id="internal path"),
        pytest.param(get("/pages/%2e%2e/nginx.conf"), 404, "not-found", id="encoded dots"),
        pytest.param(b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", 404, "not-found", id="trace"),
        pytest.param(
            b"POST /activate HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n",
            *(404, "not-found"),
            id="posted page",
        ),
        pytest.param(
            b"POST /query/v1/x HTTP/1.1\r\n" + HOST + b"Content-Length: 1048577\r\n\r\n",
            *(413, "body-too-large"),
            id="large body",
        ),
    ],
)
async def test_what_the_gateway_refuses_is_a_problem(
    port: int, request_bytes: bytes, status: int, slug: str | None
) -> None:
    response = await exchange(port, request_bytes)
    assert response.status == status
    if slug is not None:
        assert response.problem == ("application/problem+json", slug)
        assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["server"] == "nginx"


async def test_limits_and_absent_services_say_when_to_try_again(tmp_path: Path) -> None:
    limits = {"VINCULO_RATE_PER_ADDRESS": "1r/s", "VINCULO_BURST_PER_ADDRESS": "1"}
    async with AsyncExitStack() as exits:
        client = await start_gateway(exits, tmp_path, limits=limits, up=False)
        assert client.base_url.port is not None
        responses = [await exchange(client.base_url.port, get("/query/v1/x")) for _ in range(3)]
    away, limited = responses[0], responses[-1]
    assert (away.status, away.headers["retry-after"]) == (502, "2")
    assert away.problem == ("application/problem+json", "service-unavailable")
    assert (limited.status, limited.headers["retry-after"]) == (429, "1")
    assert limited.problem == ("application/problem+json", "too-many-requests")

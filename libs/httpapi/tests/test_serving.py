"""A served program in a separate process, ended by signals."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from vinculo.httpapi import serve
from vinculo.testing.fixture_types import Eventually

TIMEOUT_SECONDS = 30
PROGRAM = Path(__file__).parent / "served_program.py"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@asynccontextmanager
async def program(port: int, *tasks: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), str(port), *tasks, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def is_live(client: httpx2.AsyncClient) -> Callable[[], object]:
    async def check() -> bool:
        try:
            return (await client.get("/health/live")).status_code == 200
        except httpx2.TransportError:
            return False

    return check


def is_pending(client: httpx2.AsyncClient) -> Callable[[], object]:
    async def check() -> bool:
        return bool((await client.get("/slow/v1/pending")).json() == 1)

    return check


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_server_and_worker_after_pending_requests(
    eventually: Eventually, number: signal.Signals
) -> None:
    port = free_port()
    async with (
        program(port, "worker") as process,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await eventually(is_live(client))
        pending = asyncio.create_task(client.get("/slow/v1/answers?seconds=1"))
        await eventually(is_pending(client))
        process.send_signal(number)
        response = await pending
        output, errors = await process.communicate()

    assert response.json() == {"answer": "whole"}
    assert process.returncode == 0
    assert b"worker-ended" in output
    assert errors == b""


async def test_a_slow_request_does_not_delay_the_end(
    eventually: Eventually,
) -> None:
    port = free_port()
    async with (
        program(port) as process,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await eventually(is_live(client))
        pending = asyncio.create_task(client.get("/slow/v1/answers?seconds=3600"))
        await eventually(is_pending(client))
        process.terminate()
        await asyncio.wait_for(process.communicate(), TIMEOUT_SECONDS)
        pending.cancel()

    assert process.returncode == 0


async def test_a_worker_that_does_not_end_is_abandoned(eventually: Eventually) -> None:
    port = free_port()
    async with (
        program(port, "stubborn") as process,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await eventually(is_live(client))
        process.terminate()
        output, _ = await asyncio.wait_for(process.communicate(), TIMEOUT_SECONDS)

    assert process.returncode == 1
    assert b"shutdown-timed-out" in output


async def test_a_worker_that_fails_ends_the_process_with_an_error() -> None:
    async with program(free_port(), "broken", "worker") as process:
        output, _ = await asyncio.wait_for(process.communicate(), TIMEOUT_SECONDS)

    assert process.returncode == 1
    assert b"task-failed" in output
    assert b"worker-ended" in output


async def test_a_response_does_not_wait_for_the_acknowledgement_of_its_headers(
    monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    listeners: list[socket.socket] = []
    create_server = socket.create_server

    def record(*arguments: Any, **named: Any) -> socket.socket:
        listeners.append(create_server(*arguments, **named))
        return listeners[0]

    monkeypatch.setattr("vinculo.httpapi.serving.socket.create_server", record)
    serving = asyncio.create_task(serve(Starlette(), "127.0.0.1", 0))
    await eventually(lambda: listeners)
    accepts = listeners[0].dup()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    with accepts:
        assert accepts.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_port_in_use_ends_the_process_with_a_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with program(listener.getsockname()[1]) as process:
            output, _ = await asyncio.wait_for(process.communicate(), TIMEOUT_SECONDS)

    assert process.returncode == 1
    assert b"in use" in output


async def test_every_line_of_output_is_json(eventually: Eventually) -> None:
    port = free_port()
    async with (
        program(port) as process,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        await eventually(is_live(client))
        await client.get("/nothing")
        process.terminate()
        output, errors = await process.communicate()

    lines = [json.loads(line) for line in output.splitlines()]
    assert {"Application startup complete.", "request"} <= {line["event"] for line in lines}
    assert errors == b""

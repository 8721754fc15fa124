"""A crashed process is restarted after what is left of its process group has ended."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from vinculo.local.process_spec import NotReadyError, ProcessSpec
from vinculo.local.supervisor import Supervisor, ignore_progress

PROGRAM = Path(__file__).parent / "orphaning_server.py"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def master_of(port: int) -> int:
    """The id of the master process, as its worker says."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return int(await reader.read())
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.timeout(60)
async def test_an_orphan_of_a_killed_master_does_not_keep_the_port(tmp_path: Path) -> None:
    port = free_port()

    async def ready() -> None:
        try:
            await master_of(port)
        except OSError as error:
            raise NotReadyError(str(error)) from error

    def spec(name: str, environment: Mapping[str, str]) -> ProcessSpec:
        return ProcessSpec(
            name=name,
            command=[sys.executable, str(PROGRAM), str(port)],
            ready=ready,
            directory=tmp_path,
            environment=environment,
        )

    supervisor = Supervisor(
        spec, lambda name: tmp_path / f"{name}.log", report=ignore_progress, inherited_fds=[]
    )
    await supervisor.start("server", {})
    first = await master_of(port)
    try:
        os.kill(first, signal.SIGKILL)
        second = first
        async with asyncio.timeout(30):
            while second in {first, 1}:
                with suppress(OSError, ValueError):
                    second = await master_of(port)
                await asyncio.sleep(0.05)
        assert supervisor.is_running("server")
    finally:
        await supervisor.stop_all()

    with pytest.raises(ConnectionRefusedError):
        await master_of(port)

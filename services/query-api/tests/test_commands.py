"""The commands of operators, and the projector as a process."""

import asyncio
import os
import signal
import socket
import sys

import httpx2
import pytest

from vinculo.query_api import commands
from vinculo.testing.fixture_types import Eventually

from .event_samples import lifecycle, person_id
from .projector_harness import PARTITIONS, ProjectorHarness

RECORDS = sum(len(stream) for stream in lifecycle(0))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.servers
async def test_the_projector_reports_health_and_ends_on_sigterm(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0))
    await harness.publish_all(sample for stream in lifecycle(0) for sample in stream)
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "projector", "--port", str(port)),
        env={**os.environ, **harness.environment},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

            async def responses(path: str) -> str | None:
                try:
                    response = await client.get(path)
                except httpx2.TransportError:
                    return None
                return response.text if response.status_code == 200 else None

            await eventually(lambda: responses("/health/ready"))
            await eventually(harness.has_projected_everything)

            async def counted() -> bool:
                metrics = await responses("/metrics") or ""
                applied = f'vinculo_projector_applied_events_total{{generation="1"}} {RECORDS}.0'
                lag = 'vinculo_projector_lag_records{generation="1"} 0.0'
                return applied in metrics and lag in metrics

            await eventually(counted)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.servers
async def test_operators_list_replay_and_discard_dead_letters(
    harness: ProjectorHarness, capsys: pytest.CaptureFixture[str], eventually: Eventually
) -> None:
    settings = harness.dependencies.settings
    unreadable = lifecycle(0)[2][0]
    await harness.publish(unreadable, b"poison")
    position = (
        f"{settings.vinculo_topic_prefix}{unreadable.topic}/{unreadable.subject.int % PARTITIONS}/0"
    )
    async with harness.running_projectors():
        await eventually(lambda: harness.collection("quarantine"))

    assert await commands.list_dead_letters(settings) == 0
    assert await commands.replay(settings) == 1
    assert await commands.discard(settings, "a/0/1") == 1
    assert await commands.discard(settings, position) == 0
    assert await commands.discard(settings, position) == 0
    assert await commands.replay(settings) == 0

    output = capsys.readouterr()
    assert output.err == "a/0/1 is not among the dead letters\n"
    lines = output.out.splitlines()[-6:]
    listed, first, failing, discarded, discarded_before, second = lines
    assert listed.startswith(f"{position}\t1\tvalue: not JSON")
    assert first == "generation 1: 0 streams released, 1 still quarantined"
    assert failing == f"  still fails: {position}"
    assert (discarded, discarded_before) == ("discarded", "discarded before")
    assert second == "generation 1: 1 streams released, 0 still quarantined"

"""The commands of operators, and the projector as a process."""

import asyncio
import json
import os
import signal
import socket
import sys

import httpx2
import pytest
from typer.testing import CliRunner

from vinculo.query_api.__main__ import app
from vinculo.query_api.rebuild.orchestration import rebuild
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
        async with asyncio.timeout(30):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.servers
async def test_operators_list_show_replay_and_discard_dead_letters(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    settings = harness.dependencies.settings
    unreadable = lifecycle(0)[2][0]
    await harness.publish(unreadable, b"poison")
    position = (
        f"{settings.vinculo_topic_prefix}{unreadable.topic}/{unreadable.subject.int % PARTITIONS}/0"
    )
    async with harness.running_projectors():
        await eventually(lambda: harness.collection("quarantine"))
    # A kept generation has the same dead letters, which are listed once.
    await rebuild(settings, keep=True, output=lambda _: None)

    async def run(*arguments: str) -> tuple[int, str]:
        result = await asyncio.to_thread(
            CliRunner().invoke, app, ["dead-letters", *arguments], env=dict(harness.environment)
        )
        return result.exit_code, result.output

    code, listed = await run("list")
    assert code == 0
    place, reason, _, source, type_, person, error = listed.strip().split("\t")
    assert (place, reason, error) == (position, "poison", "value: not JSON")
    assert (source, person) == ("/customer-registry/customers", str(unreadable.subject))
    assert type_ == f"vinculo.customer-registry.{unreadable.type}"
    code, shown = await run("show", position)
    assert (code, json.loads(shown)["value"]) == (0, "poison")
    assert await run("replay") == (1, f"waiting  {position}: value: not JSON\n")
    unknown = ("discard", "a/0/1", "--reason", "none")
    assert await run(*unknown) == (1, "no dead letter a/0/1 is waiting\n")
    assert await run("resync", unreadable.stream_id) == (
        1,
        f"{unreadable.stream_id} is not diverged\n",
    )
    discarded = ("discard", position, "--reason", "a defect")
    assert await run(*discarded) == (0, f"discarded {position}\n")
    assert (await run(*discarded))[0] == 1
    assert await run("replay") == (0, "")
    assert await run("list") == (0, "")
    for generation in ("1", "2"):
        (person_document,) = await harness.people(generation)
        assert person_document["registry"]["version"] == 1

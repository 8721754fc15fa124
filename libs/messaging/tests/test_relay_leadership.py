"""One of several relays leads; one that hangs or loses its session is replaced."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import orjson
import pytest
from prometheus_client import CollectorRegistry

from vinculo.messaging import relay as relay_module
from vinculo.messaging.fenced_producer import start_fenced_producer
from vinculo.testing.databases import connected, end_sessions

from . import relay_process
from .relay_harness import Harness, metric, running

pytestmark = pytest.mark.servers


async def test_one_instance_leads_and_another_takes_over(relay_harness: Harness) -> None:
    first, second = CollectorRegistry(), CollectorRegistry()

    def leaders() -> tuple[float, float]:
        return metric(first, "vinculo_relay_leader"), metric(second, "vinculo_relay_leader")

    async with running(relay_harness.relay(second)):
        async with running(relay_harness.relay(first)):
            await relay_harness.eventually(lambda: sum(leaders()) == 1)
            await relay_harness.fill(streams=5, versions=2)
            await relay_harness.wait_until_published()
            assert sum(leaders()) == 1
        await relay_harness.eventually(lambda: leaders() == (0, 1))
        await relay_harness.append("talk-0", 3)
        await relay_harness.wait_until_published()

    assert (await relay_harness.published())["talk-0"] == [1, 2, 3]


async def test_a_leader_that_lost_its_session_leads_again_and_loses_nothing(
    relay_harness: Harness,
) -> None:
    registry = CollectorRegistry()
    async with relay_harness.waiting_relay(registry):
        await relay_harness.append("talk-1", 1)
        await relay_harness.wait_until_published()
        assert await end_sessions(relay_harness.url, "vinculo-relay") == 1
        await relay_harness.insert_without_notification("talk-2", 1)
        await relay_harness.wait_until_published()
        await relay_harness.append("talk-1", 2)
        await relay_harness.eventually(
            lambda: metric(registry, "vinculo_relay_published_total") == 4
        )

    assert await relay_harness.published() == {"first-1": [1], "talk-1": [1, 2], "talk-2": [1]}
    assert metric(registry, "vinculo_relay_errors_total") >= 1


@asynccontextmanager
async def leading_process(
    relay_harness: Harness, *, stopped_version: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A relay in a process of its own that has published the event `talk-1`, version 1.

    It stops itself before it sends the other version, if one is given.
    """
    await relay_harness.append("talk-1", 1)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", relay_process.__name__),
        *(relay_harness.url, relay_harness.kafka, relay_harness.topic, stopped_version),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await relay_harness.wait_until_published()
        yield process
    finally:
        process.kill()
        await process.wait()


async def test_a_leader_that_hangs_loses_its_session_to_a_standby(relay_harness: Harness) -> None:
    registry = CollectorRegistry()
    async with leading_process(relay_harness) as leader:
        leader.send_signal(signal.SIGSTOP)
        await relay_harness.append("talk-1", 2)
        async with running(relay_harness.relay(registry, hung_after_seconds=3)):
            await relay_harness.eventually(
                lambda: metric(registry, "vinculo_relay_leader_silent_seconds") > 1
            )
            await relay_harness.wait_until_published()
            await relay_harness.eventually(lambda: metric(registry, "vinculo_relay_leader") == 1)
            assert metric(registry, "vinculo_relay_hung_leaders_total") == 1
            await relay_harness.eventually(
                lambda: metric(registry, "vinculo_relay_leader_silent_seconds") < 1
            )
            leader.send_signal(signal.SIGCONT)
            await relay_harness.append("talk-1", 3)
            await relay_harness.wait_until_published()

    assert await relay_harness.published() == {"talk-1": [1, 2, 3]}


async def test_a_session_that_takes_long_to_end_is_ended_once(relay_harness: Harness) -> None:
    registry = CollectorRegistry()

    async def ending() -> object:
        async with connected(relay_harness.url) as connection:
            return await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event = 'BackendTermination' AND datname = current_database()"
            )

    async with leading_process(relay_harness) as leader:
        session = await relay_harness.leading_session()
        assert session is not None
        leader.send_signal(signal.SIGSTOP)  # or it would compete for the lead again
        os.kill(session, signal.SIGSTOP)
        try:
            async with running(relay_harness.relay(registry, hung_after_seconds=1)):
                await relay_harness.eventually(ending)
                os.kill(session, signal.SIGCONT)
                await relay_harness.eventually(
                    lambda: metric(registry, "vinculo_relay_leader") == 1
                )
        finally:
            with suppress(ProcessLookupError):
                os.kill(session, signal.SIGCONT)

    assert metric(registry, "vinculo_relay_hung_leaders_total") == 1


async def test_late_records_of_a_deposed_leader_are_refused(relay_harness: Harness) -> None:
    """It stopped after its last check, with the record in its hands."""
    registry = CollectorRegistry()
    async with leading_process(relay_harness, stopped_version="2") as leader:
        await relay_harness.append("talk-1", 2)
        async with running(relay_harness.relay(registry, hung_after_seconds=3)):
            await relay_harness.wait_until_published()
            await relay_harness.append("talk-1", 3)
            await relay_harness.eventually(
                lambda: metric(registry, "vinculo_relay_published_total") == 2
            )

            leader.send_signal(signal.SIGCONT)
            assert await log_line(leader, "relay-failed") == "ProducerFenced"
            await relay_harness.append("talk-1", 4)
            await relay_harness.wait_until_published()

    assert await relay_harness.published() == {"talk-1": [1, 2, 3, 4]}


async def log_line(process: asyncio.subprocess.Process, event: str) -> str:
    """The error in the first log line with the event."""
    assert process.stdout is not None
    async for line in process.stdout:
        entry = orjson.loads(line)
        if entry["event"] == event:
            return str(entry["error"])
    raise AssertionError("the process has ended")


async def test_a_producer_ends_with_its_lifetime_and_the_leader_goes_on(
    relay_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = CollectorRegistry()
    started: list[str] = []

    async def start(kafka: str, transactional_id: str) -> object:
        started.append(transactional_id)
        return await start_fenced_producer(kafka, transactional_id)

    monkeypatch.setattr(relay_module, "PRODUCER_LIFETIME_SECONDS", 0.2)
    monkeypatch.setattr(relay_module, "start_fenced_producer", start)
    async with running(relay_harness.relay(registry, fallback_poll_seconds=0.05)):
        await relay_harness.append("talk-1", 1)
        await relay_harness.eventually(lambda: len(started) >= 3)
        await relay_harness.append("talk-1", 2)
        await relay_harness.wait_until_published()

    assert set(started) == {f"{relay_harness.topic}tested-relay"}
    assert metric(registry, "vinculo_relay_errors_total") == 0
    assert await relay_harness.published() == {"talk-1": [1, 2]}


async def test_a_leader_without_appends_does_not_hang(relay_harness: Harness) -> None:
    """It fetches every second, so a standby with a limit above that never ends its session."""
    registry = CollectorRegistry()
    async with (
        leading_process(relay_harness),
        running(relay_harness.relay(registry, hung_after_seconds=3)),
    ):
        before = await relay_harness.leading_session()
        assert before is not None
        measured = [metric(registry, "vinculo_outbox_measured_timestamp_seconds")]
        for _ in range(4):
            await relay_harness.eventually(
                lambda: metric(registry, "vinculo_outbox_measured_timestamp_seconds") > measured[-1]
            )
            measured.append(metric(registry, "vinculo_outbox_measured_timestamp_seconds"))
        assert await relay_harness.leading_session() == before
        assert metric(registry, "vinculo_relay_leader") == 0


async def test_a_relay_that_stood_still_before_sending_sends_nothing(
    relay_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = CollectorRegistry()
    await relay_harness.append("talk-1", 1)
    monkeypatch.setattr(relay_module, "MAX_UNPROVEN_SECONDS", -1.0)

    async with running(relay_harness.relay(registry)):
        await relay_harness.eventually(lambda: metric(registry, "vinculo_relay_errors_total") >= 1)
        assert await relay_harness.records() == []
        monkeypatch.undo()
        await relay_harness.wait_until_published()

    assert await relay_harness.published() == {"talk-1": [1]}

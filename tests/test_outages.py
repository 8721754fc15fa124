"""Each server is away for a while under load: every person arrives, nothing is lost or doubled.

The servers are those of this module alone. `VINCULO_OUTAGE_SECONDS` makes the outages longer.
"""

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx2
import orjson
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from vinculo.local.server_set import ServerSet
from vinculo.local.services import SERVICE_PROCESSES
from vinculo.local.state import StackState
from vinculo.local.supervisor import ignore_progress
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.testing.databases import connected
from vinculo.testing.systems import Systems
from vinculo.testing.waiting import eventually

from .conftest import CREDIT_SYSTEM, HIGH_RATE_LIMITS, NO_FLOOR
from .system_harness import SystemHarness, open_harness
from .test_crash_recovery import assert_stored_events_are_published_in_order

SERVERS: Final = ("kafka", "postgres", "mongodb", "minio", "mail")
PEOPLE: Final = 4
OUTAGE_SECONDS: Final = float(os.environ.get("VINCULO_OUTAGE_SECONDS", "8"))
FIRST_LINES: Final = 20
"""Each kind of line is written once at the beginning, before it becomes rarer."""
PROCESSES: Final = tuple(process.name for process in SERVICE_PROCESSES)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def servers() -> AsyncIterator[tuple[ServerSet, dict[str, str]]]:
    """Servers that the tests of this module may kill, and their addresses."""
    folder = Path(tempfile.mkdtemp(prefix="vinculo-outages-"))
    servers = ServerSet(folder, StackState(folder), report=ignore_progress, given={}, quick=True)
    try:
        yield servers, (await servers.start()).environment()
    finally:
        await servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outage_harness(
    servers: tuple[ServerSet, dict[str, str]], new_shared_system: Systems
) -> AsyncIterator[SystemHarness]:
    _, addresses = servers
    system = await new_shared_system({**HIGH_RATE_LIMITS, **NO_FLOOR, **CREDIT_SYSTEM, **addresses})
    try:
        async with open_harness(system) as harness:
            yield harness
    finally:
        await system.stop()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("server", SERVERS)
async def test_every_person_arrives_once_when_a_server_was_away(
    outage_harness: SystemHarness, servers: tuple[ServerSet, dict[str, str]], server: str
) -> None:
    harness, (running_servers, _) = outage_harness, servers
    started_at = await start_times(harness)
    applicants = [harness.applicant() for _ in range(PEOPLE)]
    walks = [asyncio.create_task(walk(harness, each)) for each in applicants[: PEOPLE // 2]]
    await wait_for_first_mails(harness, applicants[: PEOPLE // 2])

    sizes = log_sizes(harness)
    await running_servers.kill_server(server)
    walks += [asyncio.create_task(walk(harness, each)) for each in applicants[PEOPLE // 2 :]]
    await asyncio.sleep(OUTAGE_SECONDS)  # the length of the outage; some walks end during it
    lines = log_lines(harness, sizes)
    await running_servers.start_server(server)
    await asyncio.gather(*walks)

    assert await start_times(harness) == started_at
    for process, events in lines.items():
        assert len(events) <= OUTAGE_SECONDS + FIRST_LINES, (process, Counter(events))
    await assert_nothing_lost_or_doubled(harness, applicants)


async def walk(harness: SystemHarness, applicant: ApplicantClient) -> None:
    """From the registration to the promotion."""
    await applicant.register()
    await applicant.activate()
    await harness.complete_steps(applicant)
    await harness.operator.accept_dossier(applicant.person_id)
    await harness.operator.wait_for_status(applicant.person_id, "enabled")


async def wait_for_first_mails(harness: SystemHarness, applicants: list[ApplicantClient]) -> None:
    async def all_registered() -> bool:
        mails = [await harness.mailbox.mails_to(each.person.email) for each in applicants]
        return all(mails)

    await eventually(all_registered, timeout=60)


async def start_times(harness: SystemHarness) -> dict[str, float]:
    """When each process was started, by its own metrics."""
    async with httpx2.AsyncClient(timeout=30) as client:
        return {
            name: (await samples(client, harness, name))["process_start_time_seconds"]
            for name in PROCESSES
        }


async def samples(
    client: httpx2.AsyncClient, harness: SystemHarness, process: str
) -> dict[str, float]:
    """The sums of the process' metrics over their labels."""
    response = await client.get(f"{harness.system.process_url(process)}/metrics")
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


def log_sizes(harness: SystemHarness) -> dict[str, int]:
    return {name: harness.system.log_path(name).stat().st_size for name in PROCESSES}


def log_lines(harness: SystemHarness, sizes: dict[str, int]) -> dict[str, list[str]]:
    """The events that each process has logged since, without the one line of each request."""
    found = {}
    for name, size in sizes.items():
        with harness.system.log_path(name).open("rb") as log:
            log.seek(size)
            entries = [orjson.loads(line) for line in log if line.endswith(b"}\n")]
        found[name] = [each["event"] for each in entries if each["event"] != "request"]
    return found


async def assert_nothing_lost_or_doubled(
    harness: SystemHarness, applicants: list[ApplicantClient]
) -> None:
    for applicant in applicants:
        await harness.wait_for_row("customers", applicant, status="enabled")
        mails = await harness.mailbox.mails_to(applicant.person.email)
        assert max(Counter(mail.subject for mail in mails).values()) == 1
    await assert_stored_events_are_published_in_order(harness)
    totals = await harness.operator.totals()
    assert totals["lists"]["registrations"] == await registrations_stored(harness)
    async with httpx2.AsyncClient(timeout=30) as client:
        for name in PROCESSES:
            metrics = await samples(client, harness, name)
            assert metrics.get("vinculo_consumer_dead_lettered_records_total", 0) == 0, name
            if metrics.get("vinculo_projector_dead_lettered_records_total", 0):
                pytest.fail(await harness.run_command("query_api", "dead-letters", "list"))


async def registrations_stored(harness: SystemHarness) -> int:
    async with connected(harness.system.environment["ONBOARDING_DATABASE_URL"]) as database:
        return int(
            await database.fetchval(
                "SELECT count(*) FROM streams WHERE stream_id LIKE 'application-%'"
            )
        )

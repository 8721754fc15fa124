"""Kafka and MongoDB lose all their data; the services' databases bring everything back."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from vinculo.local.server_set import ServerSet
from vinculo.local.state import StackState
from vinculo.local.supervisor import ignore_progress
from vinculo.testing.systems import Systems

from .conftest import HIGH_RATE_LIMITS, NO_FLOOR
from .shown_state import LISTS, differences, everything_shown, settled_state
from .system_harness import SystemHarness, open_harness

SERVICES: Final = ("onboarding", "documents", "customer_registry", "notifications")
CUSTOMERS: Final = 3
COMPLETED: Final = 3
ACTIVATED: Final = 9
REGISTERED: Final = 35
PEOPLE: Final = CUSTOMERS + COMPLETED + ACTIVATED + REGISTERED
AT_ONCE: Final = 6
LOST: Final = {"kafka": "VINCULO_KAFKA", "mongodb": "VINCULO_MONGO_URL"}


@asynccontextmanager
async def servers_to_lose() -> AsyncIterator[tuple[ServerSet, dict[str, str]]]:
    """Kafka and MongoDB beside those of the test run, and the settings that name them."""
    folder = Path(tempfile.mkdtemp(prefix="vinculo-lost-"))
    others = {name: value for name, value in os.environ.items() if name not in LOST.values()}
    servers = ServerSet(
        folder, StackState(folder), report=ignore_progress, given=others, quick=True
    )
    try:
        addresses = (await servers.start()).environment()
        yield servers, {variable: addresses[variable] for variable in LOST.values()}
    finally:
        await servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(900)
async def test_republishing_and_a_rebuild_bring_everything_back(new_system: Systems) -> None:
    async with (
        servers_to_lose() as (servers, addresses),
        open_harness(await new_system({**HIGH_RATE_LIMITS, **NO_FLOOR, **addresses})) as harness,
    ):
        await make_people(harness)
        before = await settled_state(harness)
        assert [len(before["lists"][name]) for name in LISTS] == [
            PEOPLE,
            PEOPLE - CUSTOMERS,
            CUSTOMERS,
        ]
        assert len(before["files"]) >= 4 * (CUSTOMERS + COMPLETED)

        await servers.lose_data("kafka")
        await servers.lose_data("mongodb")
        await harness.run_command("contracts", "topics")
        await harness.run_command("query_api", "migrate")
        for service in SERVICES:
            await harness.run_command(service, "republish")
            await harness.run_command(service, "compare-topics")
        await harness.run_command("query_api", "rebuild")

        after = await everything_shown(harness)
        found = list(differences(before, after))
        assert not found, "\n".join(found)
        assert await harness.run_command("query_api", "dead-letters", "list") == ""

        newcomer = await harness.customer()
        await harness.wait_for_row("customers", newcomer, status="enabled")
        assert (await harness.operator.totals())["lists"]["registrations"] == PEOPLE + 1


async def make_people(harness: SystemHarness) -> None:
    """People in every state."""
    at_once = asyncio.Semaphore(AT_ONCE)

    async def made(make: Callable[[], Awaitable[object]]) -> None:
        async with at_once:
            await make()

    async def registered() -> None:
        await harness.applicant().register()

    await asyncio.gather(
        *(made(harness.customer) for _ in range(CUSTOMERS)),
        *(made(harness.completed_applicant) for _ in range(COMPLETED)),
        *(made(harness.activated_applicant) for _ in range(ACTIVATED)),
        *(made(registered) for _ in range(REGISTERED)),
    )

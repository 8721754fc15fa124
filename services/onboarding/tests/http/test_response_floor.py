"""A registration takes the same time for a known and an unknown document."""

import asyncio
from time import monotonic

import httpx2
import pytest

from vinculo.onboarding.http.response_floor import ResponseFloor
from vinculo.onboarding.storage.tables import accounts
from vinculo.testing.fixture_types import NewDatabase
from vinculo.testing.waiting import eventually

from ..service_fixture import (
    migrate_onboarding,
    registration_body,
    running_service,
    service_settings,
)

REGISTRATIONS = 10
"""More than `running_service` has connections."""


async def work(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


@pytest.mark.parametrize(("needed", "floor", "least"), [(0, 0.2, 0.2), (0.3, 0.2, 0.4)])
async def test_a_response_comes_at_a_multiple_of_the_floor(
    needed: float, floor: float, least: float
) -> None:
    started = monotonic()

    assert await ResponseFloor(floor).wait_for(work(needed)) == "done"
    assert monotonic() - started >= least


async def test_without_a_floor_nothing_waits() -> None:
    sleeping = asyncio.ensure_future(ResponseFloor(0).wait_for(work(0)))
    async with asyncio.timeout(5):
        assert await sleeping == "done"


async def test_an_error_is_raised_at_once() -> None:
    async def fail() -> None:
        raise LookupError

    async with asyncio.timeout(5):
        with pytest.raises(LookupError):
            await ResponseFloor(600).wait_for(fail())


@pytest.mark.servers
async def test_registrations_wait_without_a_database_connection(
    new_database: NewDatabase, keyring_url: str
) -> None:
    """More of them are registered and wait than there are connections."""
    url = await new_database(migrate_onboarding, "onboarding")
    chosen = service_settings(url, keyring_url, onboarding_registration_floor_seconds=60)
    async with running_service(chosen) as service:
        waiting: list[asyncio.Task[httpx2.Response]] = []

        async def all_registered() -> bool:
            return await service.rows(accounts) == len(waiting)

        try:
            for n in range(10, 10 + REGISTRATIONS):
                body = registration_body(document_number=f"10324567{n}")
                key = f"key-{n}-of-a-registration"
                request = service.post("registrations", body, idempotency_key=key)
                waiting.append(asyncio.ensure_future(request))
                await eventually(all_registered)
            assert not any(each.done() for each in waiting[-REGISTRATIONS // 2 :])
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.wait(waiting)

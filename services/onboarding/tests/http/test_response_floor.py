"""Answers that must not tell known from unknown come after the same time."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from time import monotonic
from uuid import uuid4

import httpx2
import pytest
from fastapi import Response

from vinculo.onboarding.http.response_floor import ResponseFloor
from vinculo.onboarding.storage.tables import accounts
from vinculo.testing.fixture_types import NewDatabase
from vinculo.testing.waiting import eventually

from ..service_fixture import (
    PASSWORD,
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
    async with asyncio.timeout(30):
        assert await sleeping == "done"


async def test_an_error_is_raised_at_once() -> None:
    async def fail() -> None:
        raise LookupError

    async with asyncio.timeout(30):
        with pytest.raises(LookupError):
            await ResponseFloor(600).wait_for(fail())


FLOOR_SECONDS = 7
PASSWORD_TOO = {"password": PASSWORD}


def by_document(number: str) -> dict[str, str]:
    return {
        "document_type": "CC",
        "document_number": number,
        "registered_email": "ana@example.com",
        **PASSWORD_TOO,
    }


@pytest.mark.servers
@pytest.mark.parametrize("number", ["1032456789", "79123456"], ids=["known", "unknown"])
async def test_every_answer_that_must_not_tell_known_from_unknown_has_the_floor(
    new_database: NewDatabase, keyring_url: str, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    """The wait is recorded in place of waiting."""
    waited: list[float] = []

    async def recorded(floor: ResponseFloor, work: Awaitable[Response]) -> Response:
        response = await work
        waited.append(floor.seconds)
        return response

    monkeypatch.setattr(ResponseFloor, "wait_for", recorded)
    url = await new_database(migrate_onboarding, "onboarding")
    chosen = service_settings(url, keyring_url, onboarding_response_floor_seconds=FLOOR_SECONDS)
    async with running_service(chosen) as service:
        registered = await service.post("registrations", registration_body())
        known_id = registered.json()["registration_id"]
        registration_id = known_id if number == "1032456789" else str(uuid4())
        requests = {
            "registrations": registration_body(document_number=number),
            f"registrations/{registration_id}/activation-emails": PASSWORD_TOO,
            "activation-emails": by_document(number),
            "password-resets": {"document_number": number},
        }
        for path, body in requests.items():
            waited.clear()
            service.clock.advance(timedelta(minutes=2))
            response = await service.post(path, body)
            assert (response.status_code, waited) == (202, [FLOOR_SECONDS]), path


@pytest.mark.servers
async def test_registrations_wait_without_a_database_connection(
    new_database: NewDatabase, keyring_url: str
) -> None:
    """More of them are registered and wait than there are connections."""
    url = await new_database(migrate_onboarding, "onboarding")
    chosen = service_settings(url, keyring_url, onboarding_response_floor_seconds=60)
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

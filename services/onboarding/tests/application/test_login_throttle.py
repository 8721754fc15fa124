"""Failed logins are delayed more and more, for known and unknown people alike."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.onboarding.application.login_throttle import MAX_DELAY, LoginThrottle, delay_after
from vinculo.onboarding.storage.tables import sign_in_attempts
from vinculo.testing.fixture_types import Eventually

from ..http_calls import NEW_PASSWORD, WRONG_PASSWORD, credentials, sign_in, status_and_type
from ..service_fixture import PASSWORD, ServiceFixture


@pytest.mark.servers
async def test_wrong_passwords_are_delayed_more_and_more_for_a_bounded_time(
    service: ServiceFixture,
) -> None:
    await service.active()
    wrong = credentials(password="cuatro barcos en la bahía")
    for _ in range(4):
        assert (await service.post("sessions", wrong)).status_code == 401

    waiting = await service.post("sessions", credentials())
    assert waiting.status_code == 429
    assert waiting.headers["retry-after"] == "1"

    service.clock.advance(timedelta(seconds=1))
    assert (await service.post("sessions", credentials())).status_code == 201
    assert (await service.post("sessions", credentials())).status_code == 201
    assert (await service.post("sessions", wrong)).status_code == 401


@pytest.mark.servers
async def test_signing_in_does_not_clear_the_failures_of_another_document(
    service: ServiceFixture,
) -> None:
    own_password = "siete lámparas de barro encendidas"
    await service.active()
    await service.active(document_type="PASSPORT", password=own_password)
    responses = []
    for n in range(5):
        guess = credentials(password=f"cuatro barcos en la bahía {n}", document_type="CC")
        responses.append(await service.post("sessions", guess))
        await service.post("sessions", credentials(password=own_password))

    assert [response.status_code for response in responses] == [401, 401, 401, 401, 429]


@pytest.mark.servers
async def test_an_attempt_waits_for_a_success_that_clears_the_count(
    service: ServiceFixture, eventually: Eventually
) -> None:
    engine, identifier = service.dependencies.database, b"i" * 32
    throttle = LoginThrottle(engine)
    await throttle.count_attempt([identifier], service.clock())

    async with engine.begin() as clearing:
        await clearing.execute(delete(sign_in_attempts))
        attempt = asyncio.ensure_future(throttle.count_attempt([identifier], service.clock()))
        await eventually(lambda: _waits_for_a_lock(engine))

    await attempt
    async with engine.connect() as connection:
        assert await connection.scalar(select(sign_in_attempts.c.failures)) == 1


async def _waits_for_a_lock(engine: AsyncEngine) -> bool:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with engine.connect() as connection:
        return bool(await connection.scalar(waiting))


@pytest.mark.servers
async def test_unknown_people_are_throttled_in_the_same_way(service: ServiceFixture) -> None:
    responses = [await service.post("sessions", credentials()) for _ in range(5)]

    assert [response.status_code for response in responses] == [401, 401, 401, 401, 429]


@pytest.mark.servers
async def test_concurrent_guesses_are_limited_together(service: ServiceFixture) -> None:
    await service.active()
    guesses = [credentials(password=f"cuatro barcos en la bahía {n}") for n in range(20)]
    responses = await asyncio.gather(*(service.post("sessions", guess) for guess in guesses))

    assert sorted(response.status_code for response in responses) == [401] * 4 + [429] * 16


def test_the_delay_doubles_and_is_bounded() -> None:
    waits = [delay_after(failures).total_seconds() for failures in range(1, 9)]

    assert waits == [0, 0, 0, 1, 2, 4, 8, 16]
    assert delay_after(10_000) == MAX_DELAY


@pytest.mark.servers
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("me/password", {"current_password": WRONG_PASSWORD, "password": NEW_PASSWORD}),
        ("me/contact", {"email": "new@example.com", "password": WRONG_PASSWORD}),
    ],
)
async def test_wrong_passwords_count_together_with_failed_logins(
    service: ServiceFixture, path: str, body: dict[str, Any]
) -> None:
    person_id, session = await service.active()
    before = await service.types(person_id)
    for _ in range(2):
        assert status_and_type(await service.put(path, body, **session)) == (403, "password-wrong")
    for _ in range(2):
        assert (await sign_in(service, WRONG_PASSWORD)).status_code == 401

    waiting = await service.put(path, body, **session)
    assert status_and_type(waiting) == (429, "too-many-attempts")
    assert waiting.headers["retry-after"] == "1"
    assert (await sign_in(service, PASSWORD)).status_code == 429
    assert await service.types(person_id) == before

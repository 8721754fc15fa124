"""A forgotten password is reset by a link; one in force is changed with the one before."""

import asyncio
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from vinculo.onboarding.application.password_changes import MIN_RESPONSE_SECONDS
from vinculo.onboarding.storage.accounts import update_account

from .service_under_test import PASSWORD, Service

pytestmark = pytest.mark.servers

NEW_PASSWORD = "siete lámparas de barro encendidas"
WRONG = "cuatro barcos en la bahía"
NUMBER = {"document_number": "1032456789"}
REQUESTED = "password-reset-requested.v1"


async def sign_in(service: Service, password: str) -> httpx2.Response:
    return await service.post("sessions", {**NUMBER, "password": password})


async def reset_link(service: Service, person_id: UUID) -> dict[str, Any]:
    assert (await service.post("password-resets", NUMBER)).status_code == 202
    link_id = await service.latest_id(person_id, REQUESTED, "link_id")
    return {"link_id": str(link_id), "token": service.token_of(link_id), "password": NEW_PASSWORD}


def slug(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:vinculo:problem:")


async def confirm(service: Service, body: dict[str, Any]) -> httpx2.Response:
    return await service.post("password-resets/confirmation", body)


async def test_the_link_sets_a_new_password_ends_sessions_and_forgives_wrong_tries(
    service: Service,
) -> None:
    person_id, _ = await service.active()
    session = (await sign_in(service, PASSWORD)).json()
    for _ in range(5):
        await sign_in(service, WRONG)
    assert (await sign_in(service, PASSWORD)).status_code == 429
    answer = await confirm(service, await reset_link(service, person_id))

    assert answer.status_code == 204, answer.text
    last = (await service.events(person_id))[-1]
    assert (last.type, last.data["cause"]) == ("password-changed.v1", "reset")
    refreshed = await service.post("sessions/refresh", {"refresh_token": session["refresh_token"]})
    assert slug(refreshed) == (401, "session-ended")
    assert (await sign_in(service, PASSWORD)).status_code == 401
    assert (await sign_in(service, NEW_PASSWORD)).status_code == 201


async def test_a_link_works_once_even_for_many_at_once(service: Service) -> None:
    person_id, _ = await service.active()
    body = await reset_link(service, person_id)
    answers = await asyncio.gather(*(confirm(service, body) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [204, 410, 410, 410]
    assert (await service.types(person_id)).count("password-changed.v1") == 1


async def test_a_link_is_good_for_half_an_hour(service: Service) -> None:
    person_id, _ = await service.active()
    body = await reset_link(service, person_id)
    service.clock.advance(timedelta(minutes=30))

    assert slug(await confirm(service, body)) == (410, "confirmation-expired")


async def test_a_weak_password_does_not_spend_the_link(service: Service) -> None:
    person_id, _ = await service.active()
    body = await reset_link(service, person_id)
    refused = await confirm(service, {**body, "password": "Gómez Ruiz Ana María"})

    assert refused.json()["errors"][0]["field"] == "password"
    assert (await confirm(service, body)).status_code == 204


async def test_whoever_asks_gets_the_same_answer_after_the_same_time(service: Service) -> None:
    active, _ = await service.active()
    pending = await service.registered(document_number="79123456")
    blocked, _ = await service.active(document_number="52123456")
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, blocked, status="blocked")
    answers, seconds = [], []
    for number in ("1032456789", "79123456", "52123456", "41123456", "no number", "1032456789"):
        began = time.perf_counter()
        answers.append(await service.post("password-resets", {"document_number": number}))
        seconds.append(time.perf_counter() - began)

    assert {(answer.status_code, answer.text) for answer in answers} == {(202, "{}")}
    assert min(seconds) >= MIN_RESPONSE_SECONDS
    types = [await service.types(each) for each in (active, pending.person_id, blocked)]
    assert [each.count(REQUESTED) for each in types] == [1, 0, 0]


async def test_links_that_are_not_good_are_answered_alike(service: Service) -> None:
    person_id, _ = await service.active()
    body = await reset_link(service, person_id)
    activation = await service.latest_link(person_id)
    unknown = uuid4()
    bodies = [
        {**body, "token": "x"},
        {**body, "token": "ñ" * 43},
        {**body, "link_id": str(unknown), "token": service.token_of(unknown)},
        {**body, **activation.body()},
    ]
    answers = [await confirm(service, each) for each in bodies]
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
    answers.append(await confirm(service, body))

    assert {slug(answer) for answer in answers} == {(404, "link-unknown")}
    assert "password-changed.v1" not in await service.types(person_id)


async def test_a_password_is_changed_with_the_one_in_force(service: Service) -> None:
    person_id, _ = await service.active()
    here = (await sign_in(service, PASSWORD)).json()
    elsewhere = (await sign_in(service, PASSWORD)).json()
    header = {"authorization": f"Bearer {here['access_token']}"}
    body = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    answer = await service.put("me/password", body, **header)

    assert answer.status_code == 204
    last = (await service.events(person_id))[-1]
    assert (last.type, last.data["cause"]) == ("password-changed.v1", "changed")
    answers = [
        await service.post("sessions/refresh", {"refresh_token": each["refresh_token"]})
        for each in (here, elsewhere)
    ]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert (await sign_in(service, NEW_PASSWORD)).status_code == 201


async def test_a_new_password_has_to_be_strong(service: Service) -> None:
    _, session = await service.active()
    for weak in ("short", "Ana María Gómez Ruiz", "x" * 129):
        body = {"current_password": PASSWORD, "password": weak}
        answer = await service.put("me/password", body, **session)

        assert slug(answer) == (422, "request-invalid")
        assert [error["field"] for error in answer.json()["errors"]] == ["password"]
    assert (await sign_in(service, PASSWORD)).status_code == 201


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("me/password", {"current_password": WRONG, "password": NEW_PASSWORD}),
        ("me/contact", {"email": "new@example.com", "password": WRONG}),
    ],
)
async def test_wrong_passwords_are_counted_together_with_those_of_signing_in(
    service: Service, path: str, body: dict[str, Any]
) -> None:
    person_id, session = await service.active()
    before = await service.types(person_id)
    for _ in range(2):
        assert slug(await service.put(path, body, **session)) == (403, "password-wrong")
    for _ in range(2):
        assert (await sign_in(service, WRONG)).status_code == 401

    waiting = await service.put(path, body, **session)
    assert slug(waiting) == (429, "too-many-attempts")
    assert waiting.headers["retry-after"] == "1"
    assert (await sign_in(service, PASSWORD)).status_code == 429
    assert await service.types(person_id) == before


async def test_a_blocked_person_changes_nothing(service: Service) -> None:
    person_id, session = await service.active()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
    calls = [
        service.put(
            "me/password", {"current_password": PASSWORD, "password": NEW_PASSWORD}, **session
        ),
        service.put("me/contact", {"phone": "3109876543", "password": PASSWORD}, **session),
        service.post("me/phone-codes", None, **session),
        service.post("me/phone-codes/confirmation", {"code": "123456"}, **session),
        service.get("me/consents", **session),
        service.put(
            "me/consents/marketing",
            {"given": True, "text_version": "2026-01", "channel": "web"},
            **session,
        ),
    ]
    assert {slug(await call) for call in calls} == {(401, "token-invalid")}

"""A forgotten password is reset by a link; a current one is changed by giving it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from vinculo.onboarding.storage.accounts import update_account

from ..http_calls import NEW_PASSWORD, NUMBER, WRONG_PASSWORD, sign_in, status_and_type
from ..service_fixture import PASSWORD, ServiceFixture

pytestmark = pytest.mark.servers


REQUESTED = "password-reset-requested.v1"


async def reset_link(service: ServiceFixture, person_id: UUID) -> dict[str, Any]:
    assert (await service.post("password-resets", NUMBER)).status_code == 202
    link_id = await service.latest_id(person_id, REQUESTED, "link_id")
    return {"link_id": str(link_id), "token": service.token_of(link_id), "password": NEW_PASSWORD}


async def confirm(service: ServiceFixture, body: dict[str, Any]) -> httpx2.Response:
    return await service.post("password-resets/confirmation", body)


async def test_the_link_sets_a_new_password_ends_sessions_and_clears_failures(
    service: ServiceFixture,
) -> None:
    person_id, _ = await service.active()
    session = (await sign_in(service, PASSWORD)).json()
    for _ in range(5):
        await sign_in(service, WRONG_PASSWORD)
    assert (await sign_in(service, PASSWORD)).status_code == 429
    response = await confirm(service, await reset_link(service, person_id))

    assert response.status_code == 204, response.text
    last = (await service.events(person_id))[-1]
    assert (last.type, last.data["cause"]) == ("password-changed.v1", "reset")
    refreshed = await service.post("sessions/refresh", {"refresh_token": session["refresh_token"]})
    assert status_and_type(refreshed) == (401, "session-ended")
    assert (await sign_in(service, PASSWORD)).status_code == 401
    assert (await sign_in(service, NEW_PASSWORD)).status_code == 201


async def test_a_link_works_once_even_for_many_at_once(service: ServiceFixture) -> None:
    person_id, _ = await service.active()
    body = await reset_link(service, person_id)
    responses = await asyncio.gather(*(confirm(service, body) for _ in range(4)))

    assert sorted(response.status_code for response in responses) == [204, 410, 410, 410]
    assert (await service.types(person_id)).count("password-changed.v1") == 1


async def test_a_reset_link_is_valid_for_half_an_hour(service: ServiceFixture) -> None:
    person_id, _ = await service.active()
    body = await reset_link(service, person_id)
    service.clock.advance(timedelta(minutes=30))

    assert status_and_type(await confirm(service, body)) == (410, "confirmation-expired")


async def test_a_weak_password_does_not_spend_the_link(service: ServiceFixture) -> None:
    person_id, _ = await service.active()
    body = await reset_link(service, person_id)
    refused = await confirm(service, {**body, "password": "Gómez Ruiz Ana María"})

    assert refused.json()["errors"][0]["field"] == "password"
    assert (await confirm(service, body)).status_code == 204


async def test_every_request_gets_the_same_response(
    service: ServiceFixture,
) -> None:
    active, _ = await service.active()
    pending = await service.registered(document_number="79123456")
    blocked, _ = await service.active(document_number="52123456")
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, blocked, status="blocked")
    responses = [
        await service.post("password-resets", {"document_number": number})
        for number in ("1032456789", "79123456", "52123456", "41123456", "no number", "1032456789")
    ]

    assert {(response.status_code, response.text) for response in responses} == {(202, "{}")}
    types = [await service.types(each) for each in (active, pending.person_id, blocked)]
    assert [each.count(REQUESTED) for each in types] == [1, 0, 0]


async def test_invalid_links_get_the_same_response(service: ServiceFixture) -> None:
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
    responses = [await confirm(service, each) for each in bodies]
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
    responses.append(await confirm(service, body))

    assert {status_and_type(response) for response in responses} == {(404, "link-unknown")}
    assert "password-changed.v1" not in await service.types(person_id)


async def test_a_password_is_changed_by_giving_the_current_one(service: ServiceFixture) -> None:
    person_id, _ = await service.active()
    here = (await sign_in(service, PASSWORD)).json()
    elsewhere = (await sign_in(service, PASSWORD)).json()
    header = {"authorization": f"Bearer {here['access_token']}"}
    body = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    response = await service.put("me/password", body, **header)

    assert response.status_code == 204
    last = (await service.events(person_id))[-1]
    assert (last.type, last.data["cause"]) == ("password-changed.v1", "changed")
    responses = [
        await service.post("sessions/refresh", {"refresh_token": each["refresh_token"]})
        for each in (here, elsewhere)
    ]
    assert [response.status_code for response in responses] == [200, 401]
    assert (await sign_in(service, NEW_PASSWORD)).status_code == 201

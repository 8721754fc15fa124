"""A new address is confirmed by a link, a new phone by a code, the registered phone by a code."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from vinculo.onboarding.application.applicant_view import ApplicantReader
from vinculo.onboarding.storage.accounts import update_account
from vinculo.onboarding.storage.confirmations import MAX_CODE_ATTEMPTS
from vinculo.onboarding.storage.streams import application_category
from vinculo.onboarding.storage.tables import code_tries

from ..http_calls import status_and_type
from ..service_fixture import PASSWORD, ServiceFixture

pytestmark = pytest.mark.servers

EMAIL = {"email": "nueva@example.com", "password": PASSWORD}

PHONE = {"phone": "310 987 6543", "password": PASSWORD}

REQUESTED = "contact-change-requested.v1"

CHANGED = "contact-changed.v1"


async def requested_change(
    service: ServiceFixture, session: dict[str, str], body: dict[str, Any]
) -> UUID:
    response = await service.put("me/contact", body, **session)
    assert response.status_code == 202, response.text
    return UUID(response.json()["change_id"])


async def confirm_by_link(service: ServiceFixture, change_id: UUID) -> httpx2.Response:
    body = {"change_id": str(change_id), "token": service.token_of(change_id)}
    return await service.post("contact-changes/confirmation", body)


async def confirm_by_code(
    service: ServiceFixture, session: dict[str, str], change_id: UUID, code: str
) -> httpx2.Response:
    body = {"change_id": str(change_id), "code": code}
    return await service.post("me/contact/confirmation", body, **session)


def wrong_code(code: str) -> str:
    return str((int(code) + 1) % 1_000_000).zfill(6)


def reader(service: ServiceFixture) -> ApplicantReader:
    return ApplicantReader(
        store=service.dependencies.store,
        applications=application_category(),
        keyring=service.dependencies.keyring,
    )


async def code_sent(service: ServiceFixture, session: dict[str, str], **headers: str) -> UUID:
    response = await service.post("me/phone-codes", None, **session, **headers)
    assert response.status_code == 202, response.text
    return UUID(response.json()["code_id"])


async def verify_phone(
    service: ServiceFixture, session: dict[str, str], code: str, **body: str
) -> httpx2.Response:
    return await service.post("me/phone-codes/confirmation", {"code": code, **body}, **session)


async def test_a_new_address_is_confirmed_by_the_link_that_was_sent_there(
    service: ServiceFixture,
) -> None:
    person_id, session = await service.active()
    other = (
        await service.post("sessions", {"document_number": "1032456789", "password": PASSWORD})
    ).json()
    change_id = await requested_change(service, session, EMAIL)
    requested = (await service.events(person_id))[-1]
    response = await confirm_by_link(service, change_id)

    assert (requested.type, requested.data["kind"]) == (REQUESTED, "email")
    assert response.status_code == 204, response.text
    changed = (await service.events(person_id))[-1]
    assert (changed.type, changed.data["change_id"]) == (CHANGED, str(change_id))
    assert "example.com" not in str(requested.data) + str(changed.data)
    assert changed.personal is not None
    opened = await service.dependencies.keyring.decrypt(
        person_id, changed.event_id, changed.personal
    )
    assert opened == {"v": 1, "contact": "nueva@example.com", "previous": "ana@example.com"}
    assert (await reader(service).details(person_id)).email == "nueva@example.com"
    refreshed = await service.post("sessions/refresh", {"refresh_token": other["refresh_token"]})
    assert status_and_type(refreshed) == (401, "session-ended")


async def test_the_session_that_requested_a_new_address_continues(
    service: ServiceFixture,
) -> None:
    await service.active()
    here = (
        await service.post("sessions", {"document_number": "1032456789", "password": PASSWORD})
    ).json()
    session = {"authorization": f"Bearer {here['access_token']}"}
    await confirm_by_link(service, await requested_change(service, session, EMAIL))

    refreshed = await service.post("sessions/refresh", {"refresh_token": here["refresh_token"]})
    assert refreshed.status_code == 200


async def test_a_link_to_a_new_address_works_once_the_latest_only_and_for_a_day(
    service: ServiceFixture,
) -> None:
    _, session = await service.active()
    first = await requested_change(service, session, EMAIL)
    service.clock.advance(timedelta(minutes=1))
    second = await requested_change(service, session, {**EMAIL, "email": "otra@example.com"})

    gone = (410, "confirmation-expired")
    assert status_and_type(await confirm_by_link(service, first)) == gone
    assert (await confirm_by_link(service, second)).status_code == 204
    assert status_and_type(await confirm_by_link(service, second)) == gone
    service.clock.advance(timedelta(minutes=1))
    third = await requested_change(service, session, EMAIL)
    service.clock.advance(timedelta(hours=24))
    assert status_and_type(await confirm_by_link(service, third)) == gone


async def test_invalid_links_get_the_same_response(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    change_id = await requested_change(service, session, EMAIL)
    service.clock.advance(timedelta(minutes=1))
    of_phone = await requested_change(service, session, PHONE)
    activation = (await service.latest_link(person_id)).link_id
    path = "contact-changes/confirmation"
    responses = [
        await service.post(path, {"change_id": str(change_id), "token": "x"}),
        await confirm_by_link(service, uuid4()),
        await confirm_by_link(service, of_phone),
        await confirm_by_link(service, activation),
    ]
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
    responses.append(await confirm_by_link(service, change_id))

    assert {status_and_type(response) for response in responses} == {(404, "link-unknown")}
    assert CHANGED not in await service.types(person_id)


async def test_a_new_phone_is_confirmed_by_the_code_and_verified_with_it(
    service: ServiceFixture,
) -> None:
    person_id, session = await service.active()
    change_id = await requested_change(service, session, PHONE)
    code = service.digits_of(change_id)
    refused = await confirm_by_code(service, session, change_id, wrong_code(code))
    response = await confirm_by_code(service, session, change_id, code)

    assert status_and_type(refused) == (422, "code-wrong")
    assert response.status_code == 204, response.text
    assert (await service.types(person_id))[-3:] == [REQUESTED, CHANGED, "phone-verified.v1"]
    assert (await reader(service).details(person_id)).phone == "+573109876543"
    again = await confirm_by_code(service, session, change_id, code)
    assert status_and_type(again) == (410, "confirmation-expired")


async def test_a_phone_is_not_confirmed_by_another_persons_code(service: ServiceFixture) -> None:
    _, session = await service.active()
    _, stranger = await service.active(document_number="79123456")
    change_id = await requested_change(service, session, PHONE)
    code = service.digits_of(change_id)

    response = await confirm_by_code(service, stranger, change_id, code)
    assert status_and_type(response) == (410, "confirmation-expired")


async def test_messages_to_new_contacts_are_limited(service: ServiceFixture) -> None:
    _, session = await service.active()
    await requested_change(service, session, EMAIL)
    soon = await service.put("me/contact", PHONE, **session)

    assert status_and_type(soon) == (429, "too-many-messages")
    assert soon.headers["retry-after"] == "60"


async def test_the_phone_is_verified_by_the_code_that_was_sent(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    code_id = await code_sent(service, session)
    issued = (await service.events(person_id))[-1]
    response = await verify_phone(service, session, service.digits_of(code_id))

    assert (issued.type, issued.data["code_id"]) == ("phone-code-issued.v1", str(code_id))
    assert response.status_code == 204, response.text
    assert (await service.types(person_id))[-1] == "phone-verified.v1"
    responses = [
        await verify_phone(service, session, service.digits_of(code_id)),
        await service.post("me/phone-codes", None, **session),
    ]
    assert {status_and_type(each) for each in responses} == {(409, "phone-verified-already")}


async def test_after_five_attempts_another_code_is_needed(
    service: ServiceFixture,
) -> None:
    _, session = await service.active()
    code_id = await code_sent(service, session)
    code = service.digits_of(code_id)
    for _ in range(MAX_CODE_ATTEMPTS):
        assert status_and_type(await verify_phone(service, session, wrong_code(code))) == (
            422,
            "code-wrong",
        )
    for body in ({}, {"code_id": str(code_id)}):
        late = await verify_phone(service, session, code, **body)
        assert status_and_type(late) == (410, "confirmation-expired")

    service.clock.advance(timedelta(minutes=1))
    newer = await code_sent(service, session)
    assert await service.rows(code_tries) == 1
    old = await verify_phone(service, session, code, code_id=str(code_id))
    assert status_and_type(old) == (410, "confirmation-expired")
    assert (await verify_phone(service, session, service.digits_of(newer))).status_code == 204


async def test_a_code_is_valid_for_ten_minutes(service: ServiceFixture) -> None:
    _, session = await service.active()
    code = service.digits_of(await code_sent(service, session))
    service.clock.advance(timedelta(minutes=10))

    assert status_and_type(await verify_phone(service, session, code)) == (
        410,
        "confirmation-expired",
    )


async def test_without_a_sent_code_no_code_is_valid(service: ServiceFixture) -> None:
    _, session = await service.active()

    assert status_and_type(await verify_phone(service, session, "123456")) == (
        410,
        "confirmation-expired",
    )


async def test_codes_are_sent_once_a_minute_and_once_per_key(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    first = await code_sent(service, session, idempotency_key="k1")
    again = await code_sent(service, session, idempotency_key="k1")
    soon = await service.post("me/phone-codes", None, **session)

    assert first == again
    assert status_and_type(soon) == (429, "too-many-messages")
    assert soon.headers["retry-after"] == "60"
    assert (await service.types(person_id)).count("phone-code-issued.v1") == 1

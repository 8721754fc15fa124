"""A new address is confirmed by a link, a new phone by a code; the known phone by a code too."""

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

from .service_under_test import PASSWORD, Service

pytestmark = pytest.mark.servers

EMAIL = {"email": "nueva@example.com", "password": PASSWORD}
PHONE = {"phone": "310 987 6543", "password": PASSWORD}
REQUESTED = "contact-change-requested.v1"
CHANGED = "contact-changed.v1"


def slug(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:vinculo:problem:")


async def asked(service: Service, session: dict[str, str], body: dict[str, Any]) -> UUID:
    answer = await service.put("me/contact", body, **session)
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["change_id"])


async def by_link(service: Service, change_id: UUID) -> httpx2.Response:
    body = {"change_id": str(change_id), "token": service.token_of(change_id)}
    return await service.post("contact-changes/confirmation", body)


async def by_code(
    service: Service, session: dict[str, str], change_id: UUID, code: str
) -> httpx2.Response:
    body = {"change_id": str(change_id), "code": code}
    return await service.post("me/contact/confirmation", body, **session)


def wrong(code: str) -> str:
    return str((int(code) + 1) % 1_000_000).zfill(6)


def known(service: Service) -> ApplicantReader:
    return ApplicantReader(
        store=service.dependencies.store,
        applications=application_category(),
        keyring=service.dependencies.keyring,
    )


async def test_a_new_address_is_confirmed_by_the_link_that_was_sent_there(
    service: Service,
) -> None:
    person_id, session = await service.active()
    other = (
        await service.post("sessions", {"document_number": "1032456789", "password": PASSWORD})
    ).json()
    change_id = await asked(service, session, EMAIL)
    requested = (await service.events(person_id))[-1]
    answer = await by_link(service, change_id)

    assert (requested.type, requested.data["kind"]) == (REQUESTED, "email")
    assert answer.status_code == 204, answer.text
    changed = (await service.events(person_id))[-1]
    assert (changed.type, changed.data["change_id"]) == (CHANGED, str(change_id))
    assert "example.com" not in str(requested.data) + str(changed.data)
    assert changed.personal is not None
    opened = await service.dependencies.keyring.open(person_id, changed.event_id, changed.personal)
    assert opened == {"v": 1, "contact": "nueva@example.com", "previous": "ana@example.com"}
    assert (await known(service).details(person_id)).email == "nueva@example.com"
    refreshed = await service.post("sessions/refresh", {"refresh_token": other["refresh_token"]})
    assert slug(refreshed) == (401, "session-ended")


async def test_the_session_in_which_a_new_address_was_asked_for_goes_on(service: Service) -> None:
    await service.active()
    here = (
        await service.post("sessions", {"document_number": "1032456789", "password": PASSWORD})
    ).json()
    session = {"authorization": f"Bearer {here['access_token']}"}
    await by_link(service, await asked(service, session, EMAIL))

    refreshed = await service.post("sessions/refresh", {"refresh_token": here["refresh_token"]})
    assert refreshed.status_code == 200


async def test_a_link_to_a_new_address_works_once_the_latest_only_and_for_a_day(
    service: Service,
) -> None:
    _, session = await service.active()
    first = await asked(service, session, EMAIL)
    service.clock.advance(timedelta(minutes=1))
    second = await asked(service, session, {**EMAIL, "email": "otra@example.com"})

    gone = (410, "confirmation-expired")
    assert slug(await by_link(service, first)) == gone
    assert (await by_link(service, second)).status_code == 204
    assert slug(await by_link(service, second)) == gone
    service.clock.advance(timedelta(minutes=1))
    third = await asked(service, session, EMAIL)
    service.clock.advance(timedelta(hours=24))
    assert slug(await by_link(service, third)) == gone


async def test_links_that_are_not_good_are_answered_alike(service: Service) -> None:
    person_id, session = await service.active()
    change_id = await asked(service, session, EMAIL)
    service.clock.advance(timedelta(minutes=1))
    of_phone = await asked(service, session, PHONE)
    activation = (await service.latest_link(person_id)).link_id
    path = "contact-changes/confirmation"
    answers = [
        await service.post(path, {"change_id": str(change_id), "token": "x"}),
        await by_link(service, uuid4()),
        await by_link(service, of_phone),
        await by_link(service, activation),
    ]
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
    answers.append(await by_link(service, change_id))

    assert {slug(answer) for answer in answers} == {(404, "link-unknown")}
    assert CHANGED not in await service.types(person_id)


async def test_a_new_phone_is_confirmed_by_the_code_and_verified_with_it(service: Service) -> None:
    person_id, session = await service.active()
    change_id = await asked(service, session, PHONE)
    code = service.digits_of(change_id)
    refused = await by_code(service, session, change_id, wrong(code))
    answer = await by_code(service, session, change_id, code)

    assert slug(refused) == (422, "code-wrong")
    assert answer.status_code == 204, answer.text
    assert (await service.types(person_id))[-3:] == [REQUESTED, CHANGED, "phone-verified.v1"]
    assert (await known(service).details(person_id)).phone == "+573109876543"
    again = await by_code(service, session, change_id, code)
    assert slug(again) == (410, "confirmation-expired")


async def test_nobody_confirms_a_phone_by_another_persons_code(service: Service) -> None:
    _, session = await service.active()
    _, stranger = await service.active(document_number="79123456")
    change_id = await asked(service, session, PHONE)
    code = service.digits_of(change_id)

    answer = await by_code(service, stranger, change_id, code)
    assert slug(answer) == (410, "confirmation-expired")


REFUSED: list[tuple[dict[str, str], str]] = [
    ({}, "email"),
    ({"email": "a@example.com", "phone": "3109876543"}, "phone"),
    ({"email": "no address"}, "email"),
    ({"phone": "601 765 4321"}, "phone"),
    ({"phone": "123"}, "phone"),
    ({"email": "ANA@example.com".lower()}, "email"),
    ({"phone": "300 123 4567"}, "phone"),
]


async def test_a_contact_that_cannot_be_taken_is_refused_with_its_field(service: Service) -> None:
    person_id, session = await service.active()
    for body, field in REFUSED:
        answer = await service.put("me/contact", {**body, "password": PASSWORD}, **session)

        assert answer.status_code == 422, body
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert REQUESTED not in await service.types(person_id)


async def test_messages_to_new_contacts_are_few(service: Service) -> None:
    _, session = await service.active()
    await asked(service, session, EMAIL)
    soon = await service.put("me/contact", PHONE, **session)

    assert slug(soon) == (429, "too-many-messages")
    assert soon.headers["retry-after"] == "60"


# ---- the phone that was registered ----


async def code_sent(service: Service, session: dict[str, str], **headers: str) -> UUID:
    answer = await service.post("me/phone-codes", None, **session, **headers)
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["code_id"])


async def verified(
    service: Service, session: dict[str, str], code: str, **body: str
) -> httpx2.Response:
    return await service.post("me/phone-codes/confirmation", {"code": code, **body}, **session)


async def test_the_phone_is_verified_by_the_code_that_was_sent(service: Service) -> None:
    person_id, session = await service.active()
    code_id = await code_sent(service, session)
    issued = (await service.events(person_id))[-1]
    answer = await verified(service, session, service.digits_of(code_id))

    assert (issued.type, issued.data["code_id"]) == ("phone-code-issued.v1", str(code_id))
    assert answer.status_code == 204, answer.text
    assert (await service.types(person_id))[-1] == "phone-verified.v1"
    answers = [
        await verified(service, session, service.digits_of(code_id)),
        await service.post("me/phone-codes", None, **session),
    ]
    assert {slug(each) for each in answers} == {(409, "phone-verified-already")}


async def test_a_code_is_tried_a_few_times_and_then_another_is_needed(service: Service) -> None:
    _, session = await service.active()
    code_id = await code_sent(service, session)
    code = service.digits_of(code_id)
    for _ in range(MAX_CODE_ATTEMPTS):
        assert slug(await verified(service, session, wrong(code))) == (422, "code-wrong")
    for body in ({}, {"code_id": str(code_id)}):
        late = await verified(service, session, code, **body)
        assert slug(late) == (410, "confirmation-expired")

    service.clock.advance(timedelta(minutes=1))
    newer = await code_sent(service, session)
    assert await service.rows(code_tries) == 1
    old = await verified(service, session, code, code_id=str(code_id))
    assert slug(old) == (410, "confirmation-expired")
    assert (await verified(service, session, service.digits_of(newer))).status_code == 204


async def test_a_code_is_good_for_ten_minutes(service: Service) -> None:
    _, session = await service.active()
    code = service.digits_of(await code_sent(service, session))
    service.clock.advance(timedelta(minutes=10))

    assert slug(await verified(service, session, code)) == (410, "confirmation-expired")


async def test_without_a_code_sent_none_is_right(service: Service) -> None:
    _, session = await service.active()

    assert slug(await verified(service, session, "123456")) == (410, "confirmation-expired")


async def test_codes_are_sent_once_a_minute_and_once_per_key(service: Service) -> None:
    person_id, session = await service.active()
    first = await code_sent(service, session, idempotency_key="k1")
    again = await code_sent(service, session, idempotency_key="k1")
    soon = await service.post("me/phone-codes", None, **session)

    assert first == again
    assert slug(soon) == (429, "too-many-messages")
    assert soon.headers["retry-after"] == "60"
    assert (await service.types(person_id)).count("phone-code-issued.v1") == 1

"""Several people register one document before it is activated; the right one gets the account."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import structlog.testing
from sqlalchemy import select

from vinculo.events import ERASED
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.storage.accounts import update_account
from vinculo.onboarding.storage.tables import accounts, submissions

from ..http_calls import (
    NEW_PASSWORD,
    OTHER_PASSWORD,
    WRONG_PASSWORD,
    emails_path,
    only_person,
    sign_in,
    status_and_type,
)
from ..service_fixture import PASSWORD, ServiceFixture, registration_body
from ..submission_calls import STRANGER, activate, part_of

pytestmark = pytest.mark.servers

DAY = timedelta(days=1)
DETAILS = {
    "given_names": "Ana",
    "surnames": "Gómez",
    "birth_date": "1990-05-18",
    "phone": "300 765 4321",
    "consents": [{"purpose": "personal_data", "text_version": "2026-01"}],
}


async def own_application(service: ServiceFixture, activated: httpx2.Response) -> dict[str, Any]:
    header = {"authorization": f"Bearer {activated.json()['access_token']}"}
    response = await service.get("me/application", **header)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_stranger_who_registered_first_gets_neither_the_account_nor_a_sign_in(
    service: ServiceFixture,
) -> None:
    """K5-01: the stranger gives the owner's document and address, with another password."""
    await service.registered(password=WRONG_PASSWORD, given_names="Eva")
    link = await service.registered()

    activated = await activate(service, link)

    assert activated.status_code == 200, activated.text
    assert (await sign_in(service, PASSWORD)).status_code == 201
    assert (await sign_in(service, WRONG_PASSWORD)).status_code == 401
    details = (await own_application(service, activated))["personal_details"]
    assert details["given_names"] == "Ana María"


async def test_either_link_to_the_mailbox_activates_what_the_password_fits(
    service: ServiceFixture,
) -> None:
    strangers = await service.registered(password=WRONG_PASSWORD, given_names="Eva")
    await service.registered(project="express")

    activated = await activate(service, strangers)

    answer = await own_application(service, activated)
    assert (answer["project"], answer["personal_details"]["given_names"]) == (
        "express",
        "Ana María",
    )
    assert (await sign_in(service, PASSWORD)).status_code == 201


async def test_after_a_mistyped_address_one_simply_registers_again(
    service: ServiceFixture,
) -> None:
    """K5-02: the registration's id is lost with the wrong address."""
    mistyped = await service.registered(email="aan@example.com")
    link = await service.registered()

    assert link.person_id == mistyped.person_id
    assert link.link_id != mistyped.link_id
    activated = await activate(service, link)
    assert (await own_application(service, activated))["email"] == "ana@example.com"


async def test_a_wrong_password_never_delays_the_right_one(service: ServiceFixture) -> None:
    """K5-04."""
    link = await service.registered()
    async with service.dependencies.database.connect() as connection:
        registration_id = await connection.scalar(select(submissions.c.submission_id))
    path = emails_path(registration_id)

    wrong = [await service.post(path, {"password": WRONG_PASSWORD}) for _ in range(8)]
    right = await service.post(path, {"password": PASSWORD})

    assert [each.status_code for each in wrong] == [202] * 5 + [429] * 3
    assert right.status_code == 202
    assert (await service.latest_link(link.person_id)).link_id != link.link_id


async def test_twelve_registrations_with_one_address_send_three_links(
    service: ServiceFixture,
) -> None:
    """K5-08: beyond the limit the response stays the same."""
    first = await service.registered()
    responses = [
        await service.post("registrations", registration_body(), x_forwarded_for=f"203.0.113.{n}")
        for n in range(11)
    ]

    assert {each.status_code for each in responses} == {202}
    assert {tuple(each.json()) for each in responses} == {("registration_id",)}
    types = await service.types(first.person_id)
    assert types.count("activation-link-issued.v1") == 3
    service.clock.advance(DAY)
    await service.post("registrations", registration_body())
    assert (await service.types(first.person_id)).count("activation-link-issued.v1") == 4


@pytest.mark.parametrize(
    ("addresses", "received"),
    [
        ([f"2001:db8::{n}" for n in range(8)], 5),
        ([f"2001:db8:0:{n}::1" for n in range(8)], 8),
        (["203.0.113.7"] * 8, 5),
    ],
    ids=["one household", "eight households", "one address"],
)
async def test_a_network_registers_a_document_five_times_a_day(
    service: ServiceFixture, addresses: list[str], received: int
) -> None:
    for number, address in enumerate(addresses):
        body = registration_body(email=f"ana{number}@example.com")
        await service.post("registrations", body, x_forwarded_for=address)

    assert await service.rows(submissions) == received


async def test_submissions_at_the_same_time_are_all_received(service: ServiceFixture) -> None:
    first = await service.registered()
    responses = await asyncio.gather(
        *(
            service.post(
                "registrations",
                registration_body(email=f"ana{number}@example.com"),
                x_forwarded_for=f"203.0.113.{number}",
            )
            for number in range(16)
        )
    )

    assert {each.status_code for each in responses} == {202}
    types = await service.types(first.person_id)
    assert types.count("submission-received.v1") == 16
    assert await service.rows(submissions) == 17


async def test_from_twenty_open_submissions_the_document_is_reported_as_contested(
    service: ServiceFixture,
) -> None:
    first = await service.registered()
    with structlog.testing.capture_logs() as lines:
        for number in range(20):
            await service.post(
                "registrations",
                registration_body(email=f"ana{number}@example.com"),
                x_forwarded_for=f"203.0.113.{number}",
            )

    contested = [line for line in lines if line["event"] == "document-contested"]
    assert [(line["person_id"], line["count"]) for line in contested] == [
        (str(first.person_id), 20),
        (str(first.person_id), 21),
    ]


async def test_a_blocked_person_s_document_takes_no_submission(service: ServiceFixture) -> None:
    link = await service.registered()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, link.person_id, status="blocked")

    response = await service.post("registrations", registration_body(email="eva@example.com"))

    assert response.status_code == 202
    assert await service.rows(submissions) == 1


async def test_an_activation_needs_a_password(service: ServiceFixture) -> None:
    link = await service.registered()
    body = {"link_id": str(link.link_id), "token": link.token}
    responses = [
        await service.post("activations", body),
        await service.post("activations", {**body, "new_password": NEW_PASSWORD}),
        await service.post(
            "activations", {**body, "password": PASSWORD, "new_password": NEW_PASSWORD}
        ),
    ]

    assert [
        (each.status_code, each.json()["errors"][0]["field"], each.json()["errors"][0]["code"])
        for each in responses
    ] == [
        (422, "password", "password_required"),
        (422, "details", "details_required"),
        (422, "new_password", "password_ambiguous"),
    ]


async def test_wrong_passwords_are_counted_and_always_cost_three_hashes(
    service: ServiceFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[object] = []
    verify = PasswordHasher.verify

    async def counted(self: PasswordHasher, password: str, known_hash: str | None) -> object:
        hashes.append(known_hash)
        return await verify(self, password, known_hash)

    link = await service.registered()
    monkeypatch.setattr(PasswordHasher, "verify", counted)
    tries = [await activate(service, link, WRONG_PASSWORD) for _ in range(5)]

    assert [status_and_type(each) for each in tries] == [
        *[(403, "password-wrong")] * 4,
        (429, "too-many-attempts"),
    ]
    assert len(hashes) == 12
    service.clock.advance(timedelta(seconds=int(tries[-1].headers["retry-after"])))
    assert (await activate(service, link)).status_code == 200
    assert len(hashes) == 15


async def test_who_forgot_the_password_confirms_the_details_and_sets_a_new_one(
    service: ServiceFixture,
) -> None:
    await service.registered(password=WRONG_PASSWORD)
    link = await service.registered(password=OTHER_PASSWORD, given_names="Eva")
    body = {"link_id": str(link.link_id), "token": link.token, "new_password": NEW_PASSWORD}

    activated = await service.post("activations", {**body, "details": DETAILS})

    assert activated.status_code == 200, activated.text
    answer = await own_application(service, activated)
    assert answer["personal_details"] == {
        "country": "CO",
        "document_type": "CC",
        "document_number": "1032456789",
        "given_names": "Ana",
        "surnames": "Gómez",
        "birth_date": "1990-05-18",
    }
    assert (answer["email"], answer["phone"]) == ("ana@example.com", "+573007654321")
    assert [each["purpose"] for each in answer["consents"]] == ["personal_data"]
    assert (await sign_in(service, NEW_PASSWORD)).status_code == 201
    for password in (WRONG_PASSWORD, OTHER_PASSWORD):
        assert (await sign_in(service, password)).status_code == 401


async def test_bad_details_are_named_and_the_link_stays_valid(service: ServiceFixture) -> None:
    link = await service.registered()
    body = {"link_id": str(link.link_id), "token": link.token, "new_password": "gómez ruiz 1990"}
    refused = await service.post(
        "activations", {**body, "details": {**DETAILS, "phone": "12", "consents": []}}
    )

    assert refused.status_code == 422
    assert {(each["field"], each["code"]) for each in refused.json()["errors"]} >= {
        ("details.phone", "phone_malformed"),
        ("details.consents", "consent_required"),
    }
    assert "new_password" in {each["field"] for each in refused.json()["errors"]}
    assert (await activate(service, link)).status_code == 200


async def test_the_address_is_corrected_by_document_address_and_password(
    service: ServiceFixture,
) -> None:
    mistyped = await service.registered(email="aan@example.com")
    other = await service.registered(**STRANGER)
    body = {
        "document_type": "CC",
        "document_number": "1.032.456.789",
        "registered_email": "aan@EXAMPLE.com",
        "password": PASSWORD,
        "email": "ana@example.com",
    }
    responses = [
        await service.post("activation-emails", {**body, "registered_email": "no@example.com"}),
        await service.post("activation-emails", {**body, "document_number": "79123456"}),
        await service.post("activation-emails", {**body, "password": WRONG_PASSWORD}),
    ]
    before = await service.types(mistyped.person_id)
    assert "email-corrected.v1" not in before
    responses.append(await service.post("activation-emails", body))

    assert [(each.status_code, each.json()) for each in responses] == [(202, {})] * 4
    assert await part_of(service, mistyped.person_id, "email-corrected.v1") == [
        {"v": 1, "contact": "ana@example.com"}
    ]
    newest = await service.latest_link(mistyped.person_id)
    assert status_and_type(await activate(service, mistyped)) == (410, "link-expired")
    assert (await activate(service, other, PASSWORD)).status_code == 403
    activated = await activate(service, newest)
    assert (await own_application(service, activated))["email"] == "ana@example.com"


async def test_the_applicant_reads_only_what_won(service: ServiceFixture) -> None:
    marketing = {"purpose": "marketing", "text_version": "2026-01"}
    consents = [*registration_body()["consents"], marketing]
    await service.registered(**STRANGER, consents=consents)
    link = await service.registered()
    activated = await activate(service, link)
    await service.registered(**{**STRANGER, "email": "eva.otra@example.com"})

    answer = await own_application(service, activated)

    assert answer["personal_details"]["given_names"] == "Ana María"
    assert answer["email"] == "ana@example.com"
    assert [each["purpose"] for each in answer["consents"]] == ["personal_data"]


async def test_an_erasure_destroys_the_keys_of_all_submissions(service: ServiceFixture) -> None:
    link = await service.registered(**STRANGER)
    await service.registered()
    await service.dependencies.keyring.destroy_key(link.person_id)

    for type_ in ("application-started.v1", "submission-received.v1"):
        assert await part_of(service, link.person_id, type_) == [ERASED]


async def test_a_registration_repeated_after_a_crash_is_one_submission(
    service: ServiceFixture,
) -> None:
    await service.registered()
    body = registration_body(email="eva@example.com")
    first = await service.post("registrations", body, idempotency_key="r-1")
    second = await service.post("registrations", body, idempotency_key="r-1")

    assert first.json() == second.json()
    assert await service.rows(submissions) == 2
    person_id = await only_person(service)
    assert (await service.types(person_id)).count("submission-received.v1") == 1
    assert await service.rows(accounts) == 1

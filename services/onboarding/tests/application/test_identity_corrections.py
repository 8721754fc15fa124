"""Corrections of names, birth date and document, before and after promotion."""

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select

from vinculo.access import Role
from vinculo.httpapi.testing import discard_saved_responses
from vinculo.onboarding.storage.accounts import delete_account, update_account
from vinculo.onboarding.storage.tables import accounts, document_reservations, identity_corrections

from ..http_calls import OTHER_PASSWORD
from ..service_fixture import PASSWORD, Link, ServiceFixture, lapse, registration_body

pytestmark = pytest.mark.servers

NEW_DOCUMENT = {"document_type": "CE", "document_number": "412.345"}

FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"document_type": "XX"}, "document_type", "document_type_unknown"),
    ({"document_type": "NIT"}, "document_number", "document_number_missing"),
    ({"document_number": "1"}, "document_number", "document_number_malformed"),
    ({"given_names": "4n4"}, "given_names", "name_malformed"),
    ({"birth_date": "2020-01-01"}, "birth_date", "under_age"),
    ({"email": "b@example.com"}, "email", "unknown_field"),
]

LAPSED_DOCUMENT = {"document_type": "CE", "document_number": "412345"}


async def correct(
    service: ServiceFixture, session: dict[str, str], **changes: Any
) -> httpx2.Response:
    return await service.put("me/personal-details", {"password": PASSWORD, **changes}, **session)


async def promoted(service: ServiceFixture, **changes: Any) -> tuple[UUID, dict[str, str]]:
    person_id, session = await service.active(**changes)
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, kind="customer", status="enabled")
    return person_id, session


async def shown(service: ServiceFixture, session: dict[str, str]) -> dict[str, Any]:
    response = await service.get("me/application", **session)
    document: dict[str, Any] = response.json()
    return document


async def decide(
    service: ServiceFixture,
    correction_id: str,
    path: str,
    body: Any = None,
    role: Role = Role.OPERATOR,
) -> httpx2.Response:
    session = service.staff_header(role)
    return await service.post(f"identity-corrections/{correction_id}/{path}", body, **session)


async def signs_in(service: ServiceFixture, number: str) -> bool:
    body = {"document_number": number, "password": PASSWORD}
    return (await service.post("sessions", body)).status_code == 201


async def reserved_by(service: ServiceFixture, person_id: UUID) -> int:
    async with service.dependencies.database.connect() as connection:
        rows = await connection.execute(
            select(document_reservations).where(document_reservations.c.person_id == person_id)
        )
        return len(rows.all())


async def lapsed_registration(service: ServiceFixture) -> Link:
    link = await service.registered(
        email="eva@example.com", password=OTHER_PASSWORD, **LAPSED_DOCUMENT
    )
    await lapse(service, link.person_id)
    return link


async def correct_document(
    service: ServiceFixture, session: dict[str, str], **changes: Any
) -> httpx2.Response:
    body = {"password": PASSWORD, **LAPSED_DOCUMENT, **changes}
    return await service.put("me/personal-details", body, **session)


async def holders(service: ServiceFixture) -> set[UUID]:
    async with service.dependencies.database.connect() as connection:
        return set(await connection.scalars(select(document_reservations.c.person_id)))


async def test_a_pre_customer_is_corrected_at_once(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    response = await correct(
        service, session, given_names="Ana  Lucía", birth_date="1991-05-17", **NEW_DOCUMENT
    )
    event = (await service.events(person_id))[-1]
    details = (await shown(service, session))["personal_details"]

    assert (response.status_code, response.json()["state"]) == (200, "corrected")
    assert event.type == "identity-corrected.v1"
    assert event.data["decided_by"] is None
    assert event.data["document_type"] == "CE"
    assert "412345" not in str(event.data)
    assert "Lucía" not in str(event)
    assert details == {
        "country": "CO",
        "document_type": "CE",
        "document_number": "412345",
        "given_names": "Ana Lucía",
        "surnames": "Gómez Ruiz",
        "birth_date": "1991-05-17",
    }


async def test_the_old_document_is_free_and_the_new_one_signs_in(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    await correct(service, session, **NEW_DOCUMENT)

    assert await signs_in(service, "412345")
    assert not await signs_in(service, "1032456789")
    assert await reserved_by(service, person_id) == 1
    other, _ = await service.active(email="eva@example.com")
    assert other != person_id


async def test_a_correction_that_corrects_nothing_records_nothing(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    response = await correct(
        service, session, given_names="Ana María", document_number="1032456789"
    )

    assert response.json() == {"state": "unchanged"}
    assert "identity-corrected.v1" not in await service.types(person_id)


async def test_the_nit_of_the_same_person_needs_no_other_reservation(
    service: ServiceFixture,
) -> None:
    person_id, session = await service.active()
    body = {"document_type": "NIT", "document_number": "1.032.456.789-7"}
    response = await correct(service, session, **body)

    assert response.json()["state"] == "corrected"
    assert await reserved_by(service, person_id) == 1
    assert await signs_in(service, "1032456789")


async def test_a_document_of_another_person_is_refused_and_nothing_changes(
    service: ServiceFixture,
) -> None:
    await service.registered(document_type="CE", document_number="412345", email="eva@example.com")
    person_id, session = await service.active()
    response = await correct(service, session, **NEW_DOCUMENT)

    assert response.status_code == 409
    assert response.json()["type"] == "urn:vinculo:problem:identity-correction-not-possible"
    assert "identity-corrected.v1" not in await service.types(person_id)
    assert await signs_in(service, "1032456789")


async def test_probing_one_document_after_another_is_throttled(service: ServiceFixture) -> None:
    _, session = await service.active()
    statuses = []
    for number in range(8):
        response = await correct(service, session, document_number=f"103245679{number}")
        statuses.append(response.status_code)

    assert statuses[0] == 200
    assert statuses[-1] == 429


async def test_the_rules_of_registration_apply(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    for change, field, code in FAULTS:
        response = await correct(service, session, **change)
        faults = [(error["field"], error["code"]) for error in response.json()["errors"]]
        assert (response.status_code, faults) == (422, [(field, code)])
    assert "identity-corrected.v1" not in await service.types(person_id)


async def test_a_correction_needs_the_password(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    response = await correct(service, session, password="not the password", given_names="Eva")

    assert response.status_code == 403
    assert "identity-corrected.v1" not in await service.types(person_id)


async def test_a_customers_correction_waits_for_an_operator(service: ServiceFixture) -> None:
    person_id, session = await promoted(service)
    response = await correct(service, session, given_names="Ana", **NEW_DOCUMENT)
    again = await correct(service, session, given_names="Ana", **NEW_DOCUMENT)
    another = await correct(service, session, given_names="Eva")
    correction_id = response.json()["correction_id"]
    seen = await shown(service, session)
    (item,) = (
        await service.get("identity-corrections", **service.staff_header(Role.OPERATOR))
    ).json()["items"]

    assert (response.status_code, response.json()["state"]) == (202, "requested")
    assert again.json() == response.json()
    assert another.status_code == 409
    assert seen["personal_details"]["given_names"] == "Ana María"
    assert seen["identity_correction"]["state"] == "requested"
    assert item["correction_id"] == correction_id
    assert item["person_id"] == str(person_id)
    assert item["current"]["document_number"] == "1032456789"
    assert item["requested"]["document_number"] == "412345"


async def test_an_approved_correction_counts_from_then_on(service: ServiceFixture) -> None:
    person_id, session = await promoted(service)
    requested = (await correct(service, session, **NEW_DOCUMENT)).json()
    approved = await decide(service, requested["correction_id"], "approval")
    event = (await service.events(person_id))[-1]
    seen = await shown(service, session)

    assert approved.status_code == 200
    assert event.type == "identity-corrected.v1"
    assert event.data["decided_by"] == str(UUID(int=7))
    assert seen["personal_details"]["document_number"] == "412345"
    assert "identity_correction" not in seen
    assert await reserved_by(service, person_id) == 1
    assert await service.rows(identity_corrections) == 0
    assert await signs_in(service, "412345")
    assert (await decide(service, requested["correction_id"], "approval")).status_code == 404


async def test_a_refused_correction_frees_its_document(service: ServiceFixture) -> None:
    person_id, session = await promoted(service)
    requested = (await correct(service, session, **NEW_DOCUMENT)).json()
    meanwhile = await service.active(document_number="52345678", email="eva@example.com")
    taken = await correct(service, meanwhile[1], **NEW_DOCUMENT)
    body = {"reason_code": "not_proved", "note": "Falta el documento"}
    refused = await decide(service, requested["correction_id"], "refusal", body)
    event = (await service.events(person_id))[-1]
    seen = await shown(service, session)

    assert taken.status_code == 409
    assert refused.status_code == 200
    assert event.type == "identity-correction-refused.v1"
    assert "Falta" not in str(event)
    assert seen["identity_correction"]["reason_code"] == "not_proved"
    assert seen["personal_details"]["document_number"] == "1032456789"
    assert await signs_in(service, "1032456789")
    assert not await signs_in(service, "412345")
    assert (await correct(service, meanwhile[1], **NEW_DOCUMENT)).status_code == 200


@pytest.mark.parametrize(
    ("decision", "body", "event"),
    [
        ("approval", None, "identity-corrected.v1"),
        ("refusal", {"reason_code": "not_proved"}, "identity-correction-refused.v1"),
    ],
)
async def test_a_repeated_decision_gets_the_first_response(
    service: ServiceFixture, decision: str, body: Any, event: str
) -> None:
    person_id, session = await promoted(service)
    requested = (await correct(service, session, **NEW_DOCUMENT)).json()
    path = f"identity-corrections/{requested['correction_id']}/{decision}"
    headers = {**service.staff_header(Role.OPERATOR), "idempotency_key": "k-1"}
    first = await service.post(path, body, **headers)
    await discard_saved_responses(service.dependencies.database)
    again = await service.post(path, body, **headers)
    other = await service.post(path, body, **{**headers, "idempotency_key": "k-2"})

    assert [(each.status_code, each.json()) for each in (first, again)] == [(200, {})] * 2
    assert other.status_code == 404
    assert (await service.types(person_id)).count(event) == 1


async def test_an_erasure_takes_the_request_with_it(service: ServiceFixture) -> None:
    person_id, session = await promoted(service)
    requested = (await correct(service, session, **NEW_DOCUMENT)).json()
    async with service.dependencies.store.transaction() as connection:
        await delete_account(connection, person_id)

    assert await service.rows(identity_corrections) == 0
    assert await service.rows(document_reservations) == 0
    assert (await decide(service, requested["correction_id"], "approval")).status_code == 404


async def test_a_pre_customers_correction_takes_it_over(service: ServiceFixture) -> None:
    old = await lapsed_registration(service)
    person_id, session = await service.active()
    response = await correct_document(service, session)

    assert (response.status_code, response.json()["state"]) == (200, "corrected")
    assert (await service.types(old.person_id))[-1] == "reservation-taken-over.v1"
    assert await holders(service) == {person_id}
    assert (await service.post("activations", old.body())).status_code == 404
    sign_in = {"document_number": "412345", "password": PASSWORD}
    assert (await service.post("sessions", sign_in)).status_code == 201


async def test_a_customers_request_takes_it_over_and_its_refusal_frees_it(
    service: ServiceFixture,
) -> None:
    old = await lapsed_registration(service)
    person_id, session = await service.active()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, kind="customer", status="enabled")
    requested = await correct_document(service, session)
    repeated = await service.post(
        "registrations", registration_body(email="eva@example.com", **LAPSED_DOCUMENT)
    )
    held = await service.rows(accounts)
    refused = await service.post(
        f"identity-corrections/{requested.json()['correction_id']}/refusal",
        {"reason_code": "not_proved"},
        **service.staff_header(Role.OPERATOR),
    )
    other, _ = await service.active(email="eva@example.com", **LAPSED_DOCUMENT)

    assert (requested.status_code, requested.json()["state"]) == (202, "requested")
    assert (await service.types(old.person_id))[-1] == "reservation-taken-over.v1"
    assert (repeated.status_code, held) == (202, 2)
    assert refused.status_code == 200
    assert await holders(service) == {person_id, other}


async def test_a_blocked_registration_holds_its_document(service: ServiceFixture) -> None:
    old = await lapsed_registration(service)
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, old.person_id, status="blocked")
    person_id, session = await service.active()
    response = await correct_document(service, session)

    assert response.status_code == 409
    assert await holders(service) == {person_id, old.person_id}
    assert "identity-corrected.v1" not in await service.types(person_id)


async def test_of_a_concurrent_revival_and_correction_one_succeeds(service: ServiceFixture) -> None:
    for number in range(4):
        document = {"document_type": "CE", "document_number": f"41234{number}"}
        old = await service.registered(email="eva@example.com", **document)
        await lapse(service, old.person_id)
        _, session = await service.active(document_number=f"10324569{number:02}")
        activated, corrected = await asyncio.gather(
            service.post("activations", old.body()), correct_document(service, session, **document)
        )

        types = await service.types(old.person_id)
        assert (activated.status_code, corrected.status_code) in {(200, 409), (404, 200)}
        assert ("email-verified.v2" in types) is (activated.status_code == 200)
        assert ("reservation-taken-over.v1" in types) is (corrected.status_code == 200)


async def test_of_concurrent_corrections_to_one_document_one_succeeds(
    service: ServiceFixture,
) -> None:
    old = await lapsed_registration(service)
    people = [await service.active(document_number=f"10324569{n:02}") for n in range(4)]
    responses = await asyncio.gather(*(correct_document(service, session) for _, session in people))
    statuses = sorted(response.status_code for response in responses)

    assert statuses == [200, 409, 409, 409]
    assert (await service.types(old.person_id)).count("reservation-taken-over.v1") == 1
    assert await service.rows(document_reservations) == len(people)
    assert await service.rows(identity_corrections) == 0


async def test_surnames_are_removed_from_a_person_with_one_name(service: ServiceFixture) -> None:
    _, session = await service.active()

    response = await correct(service, session, given_names="Suharto", single_name=True)
    details = (await shown(service, session))["personal_details"]

    assert response.json()["state"] == "corrected"
    assert (details["given_names"], details["surnames"]) == ("Suharto", "")

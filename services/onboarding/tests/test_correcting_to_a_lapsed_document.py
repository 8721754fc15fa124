"""A correction takes a document over from a registration that lapsed, as registering does."""

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select

from vinculo.access import Role
from vinculo.onboarding.storage.accounts import update_account
from vinculo.onboarding.storage.tables import accounts, document_reservations, identity_corrections

from .lapses import lapse
from .service_under_test import PASSWORD, Link, Service, registration_body

pytestmark = pytest.mark.servers

DOCUMENT = {"document_type": "CE", "document_number": "412345"}
OTHERS = "once faroles rojos bajo la lluvia"


async def lapsed(service: Service) -> Link:
    link = await service.registered(email="eva@example.com", password=OTHERS, **DOCUMENT)
    await lapse(service, link.person_id)
    return link


async def correct(service: Service, session: dict[str, str], **changes: Any) -> httpx2.Response:
    body = {"password": PASSWORD, **DOCUMENT, **changes}
    return await service.put("me/personal-details", body, **session)


async def holders(service: Service) -> set[UUID]:
    async with service.dependencies.database.connect() as connection:
        return set(await connection.scalars(select(document_reservations.c.person_id)))


async def test_a_pre_customers_correction_takes_it_over(service: Service) -> None:
    old = await lapsed(service)
    person_id, session = await service.active()
    answer = await correct(service, session)

    assert (answer.status_code, answer.json()["state"]) == (200, "corrected")
    assert (await service.types(old.person_id))[-1] == "reservation-taken-over.v1"
    assert await holders(service) == {person_id}
    assert (await service.post("activations", old.body())).status_code == 404
    sign_in = {"document_number": "412345", "password": PASSWORD}
    assert (await service.post("sessions", sign_in)).status_code == 201


async def test_a_customers_request_takes_it_over_and_its_refusal_frees_it(
    service: Service,
) -> None:
    old = await lapsed(service)
    person_id, session = await service.active()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, kind="customer", status="enabled")
    asked = await correct(service, session)
    repeated = await service.post(
        "registrations", registration_body(email="eva@example.com", **DOCUMENT)
    )
    held = await service.rows(accounts)
    refused = await service.post(
        f"identity-corrections/{asked.json()['correction_id']}/refusal",
        {"reason_code": "not_proved"},
        **service.staff_header(Role.OPERATOR),
    )
    other, _ = await service.active(email="eva@example.com", **DOCUMENT)

    assert (asked.status_code, asked.json()["state"]) == (202, "requested")
    assert (await service.types(old.person_id))[-1] == "reservation-taken-over.v1"
    assert (repeated.status_code, held) == (202, 2)
    assert refused.status_code == 200
    assert await holders(service) == {person_id, other}


async def test_one_that_was_blocked_keeps_its_document(service: Service) -> None:
    old = await lapsed(service)
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, old.person_id, status="blocked")
    person_id, session = await service.active()
    answer = await correct(service, session)

    assert answer.status_code == 409
    assert await holders(service) == {person_id, old.person_id}
    assert "identity-corrected.v1" not in await service.types(person_id)


async def test_reviving_and_correcting_at_once_end_as_one_of_both(service: Service) -> None:
    for number in range(4):
        document = {"document_type": "CE", "document_number": f"41234{number}"}
        old = await service.registered(email="eva@example.com", **document)
        await lapse(service, old.person_id)
        _, session = await service.active(document_number=f"10324569{number:02}")
        activated, corrected = await asyncio.gather(
            service.post("activations", old.body()), correct(service, session, **document)
        )

        types = await service.types(old.person_id)
        assert (activated.status_code, corrected.status_code) in {(200, 409), (404, 200)}
        assert ("email-verified.v1" in types) is (activated.status_code == 200)
        assert ("reservation-taken-over.v1" in types) is (corrected.status_code == 200)


async def test_of_many_that_want_it_at_once_one_has_it(service: Service) -> None:
    old = await lapsed(service)
    people = [await service.active(document_number=f"10324569{n:02}") for n in range(4)]
    answers = await asyncio.gather(*(correct(service, session) for _, session in people))
    statuses = sorted(answer.status_code for answer in answers)

    assert statuses == [200, 409, 409, 409]
    assert (await service.types(old.person_id)).count("reservation-taken-over.v1") == 1
    assert await service.rows(document_reservations) == len(people)
    assert await service.rows(identity_corrections) == 0

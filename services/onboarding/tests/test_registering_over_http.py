"""Step one over HTTP: one document is one registration, and the answer never tells."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.storage.tables import accounts, activation_links, document_reservations

from .lapses import lapse
from .service_under_test import Service, registration_body

pytestmark = pytest.mark.servers


async def test_a_registration_is_accepted_and_recorded(service: Service) -> None:
    answer = await service.post("registrations", registration_body())

    assert answer.status_code == 202
    assert list(answer.json()) == ["registration_id"]
    async with service.dependencies.database.connect() as connection:
        person_id = await connection.scalar(select(accounts.c.person_id))
    assert person_id is not None
    assert await service.types(person_id) == [
        "application-started.v1",
        "consent-given.v1",
        "activation-link-issued.v1",
    ]


async def test_what_is_personal_is_sealed_and_opens_regular(service: Service) -> None:
    link = await service.registered()
    started = (await service.events(link.person_id))[0]

    assert started.personal is not None
    assert "Ana" not in str(started.data) + str(started.personal)
    opened = await service.dependencies.keyring.open(
        link.person_id, started.event_id, started.personal
    )
    assert opened == {
        "v": 1,
        "document_number": "1032456789",
        "given_names": "Ana María",
        "surnames": "Gómez Ruiz",
        "birth_date": "1990-05-17",
        "email": "ana@example.com",
        "phone": "+573001234567",
    }


async def test_the_same_document_again_gets_the_same_answer_and_its_owner_is_told(
    service: Service,
) -> None:
    link = await service.registered()
    again = await service.post(
        "registrations", registration_body(document_number="1032456789", email="eva@example.com")
    )

    assert again.status_code == 202
    assert list(again.json()) == ["registration_id"]
    assert (await service.types(link.person_id))[-1] == "registration-repeated.v1"
    assert await service.rows(accounts) == 1


async def test_a_repeat_within_the_hour_is_answered_alike_and_not_recorded(
    service: Service,
) -> None:
    link = await service.registered()
    for _ in range(3):
        assert (await service.post("registrations", registration_body())).status_code == 202

    assert (await service.types(link.person_id)).count("registration-repeated.v1") == 1


async def test_a_cedula_and_the_nit_of_its_holder_are_one_identity(service: Service) -> None:
    link = await service.registered(document_number="1032456789")
    nit = registration_body(document_type="NIT", document_number="1.032.456.789-7")

    assert (await service.post("registrations", nit)).status_code == 202
    assert await service.rows(document_reservations) == 1
    assert (await service.types(link.person_id))[-1] == "registration-repeated.v1"


async def test_the_same_number_of_another_document_type_is_another_person(
    service: Service,
) -> None:
    await service.registered(document_type="CE", document_number="412345")
    await service.registered(document_type="PASSPORT", document_number="412345")

    assert await service.rows(accounts) == 2


async def test_fifty_at_once_end_as_one_reservation_and_one_stream(service: Service) -> None:
    answers = await asyncio.gather(
        *(service.post("registrations", registration_body()) for _ in range(50))
    )

    assert {answer.status_code for answer in answers} == {202}
    assert {tuple(answer.json()) for answer in answers} == {("registration_id",)}
    assert await service.rows(document_reservations) == 1
    assert await service.rows(accounts) == 1
    async with service.dependencies.database.connect() as connection:
        (person_id,) = (await connection.scalars(select(activation_links.c.person_id))).all()
        streams = await connection.exec_driver_sql("SELECT count(*) FROM streams")
    assert streams.scalar() == 1
    assert (await service.types(person_id)).count("application-started.v1") == 1


async def test_a_repeat_after_the_link_expired_brings_a_new_one(service: Service) -> None:
    first = await service.registered()
    service.clock.advance(timedelta(hours=25))

    await service.post("registrations", registration_body())
    newer = await service.latest_link(first.person_id)

    assert newer.link_id != first.link_id
    assert (await service.post("activations", first.body())).status_code == 410
    assert (await service.post("activations", newer.body())).status_code == 200


async def test_an_idempotency_key_gives_the_first_answer_again(service: Service) -> None:
    answers = [
        await service.post("registrations", registration_body(), idempotency_key="k-1")
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()


async def test_every_fault_of_a_form_is_named_at_once_in_the_callers_language(
    service: Service,
) -> None:
    body = registration_body(
        project="unknown",
        document_number="12",
        given_names="R2-D2",
        birth_date="2020-01-01",
        email="ana@",
        phone="123",
        password="short",
        consents=[{"purpose": "marketing", "text_version": "2026-01"}],
    )
    answer = await service.post("registrations", body, accept_language="en")
    errors = {error["field"]: error for error in answer.json()["errors"]}

    assert answer.status_code == 422
    assert {field: error["code"] for field, error in errors.items()} == {
        "project": "project_unknown",
        "document_number": "document_number_malformed",
        "given_names": "name_malformed",
        "birth_date": "under_age",
        "email": "email_malformed",
        "phone": "phone_malformed",
        "password": "password_too_short",
        "consents": "consent_required",
    }
    assert errors["birth_date"]["message"] == "You have to be 18 years old or older"
    assert await service.rows(accounts) == 0


MALFORMED: list[tuple[dict[str, Any], str, str]] = [
    ({"admin": True}, "admin", "unknown_field"),
    ({"channel": "fax"}, "channel", "not_allowed"),
    ({"birth_date": 0}, "birth_date", "not_date"),
    ({"email": None}, "email", "not_text"),
    ({"consents": "all"}, "consents", "not_list"),
    ({"country": "XX"}, "country", "country_unsupported"),
    ({"document_type": "DNI"}, "document_type", "document_type_unknown"),
    (
        {"document_type": "NIT", "document_number": "1032456789-1"},
        "document_number",
        "check_digit_wrong",
    ),
]


async def test_a_malformed_field_is_named(service: Service) -> None:
    for change, field, code in MALFORMED:
        answer = await service.post("registrations", registration_body(**change))
        faults = [(error["field"], error["code"]) for error in answer.json()["errors"]]

        assert (answer.status_code, faults) == (422, [(field, code)])
    assert await service.rows(accounts) == 0


async def test_the_consent_is_recorded_with_the_hash_of_the_text_shown(service: Service) -> None:
    texts = (await service.get("consent-texts?locale=es")).json()["items"]
    link = await service.registered()
    given = (await service.events(link.person_id))[1]

    assert [text["purpose"] for text in texts] == ["personal_data", "marketing"]
    assert given.data["text_sha256"] == texts[0]["sha256"]


async def test_a_project_can_be_chosen(service: Service) -> None:
    link = await service.registered(project="express")

    assert (await service.events(link.person_id))[0].data["project"] == "express"


async def test_document_types_are_named_in_the_callers_language(service: Service) -> None:
    answer = await service.get("document-types", accept_language="en-GB")
    names = {item["code"]: item["name"] for item in answer.json()["items"]}

    assert names["CC"] == "Citizenship card"
    assert set(names) == {"CC", "CE", "TI", "NIT", "PASSPORT", "PPT"}


async def test_events_carry_the_callers_correlation_id(service: Service) -> None:
    correlation_id = str(UUID(int=42))
    await service.post("registrations", registration_body(), correlation_id=correlation_id)
    async with service.dependencies.database.connect() as connection:
        person_id = await connection.scalar(select(accounts.c.person_id))
    assert person_id is not None

    assert {e.meta.correlation_id for e in await service.events(person_id)} == {correlation_id}


async def test_registering_hashes_once_whether_new_repeated_or_taken_over(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    hash_ = PasswordHasher.hash

    async def counted(self: PasswordHasher, password: str) -> str:
        hashed.append(password)
        return await hash_(self, password)

    monkeypatch.setattr(PasswordHasher, "hash", counted)
    new = await service.registered()
    repeated = await service.post("registrations", registration_body())
    await lapse(service, new.person_id)
    taken_over = await service.post("registrations", registration_body())

    assert len(hashed) == 3
    assert repeated.status_code == taken_over.status_code == 202
    assert repeated.json().keys() == taken_over.json().keys()
    assert repeated.headers.keys() == taken_over.headers.keys()


async def test_the_same_request_after_a_crash_gets_the_same_id_and_tells_nobody(
    service: Service,
) -> None:
    """The registration is there, its answer was not kept: the key alone makes it known again."""
    first = await service.post("registrations", registration_body(), idempotency_key="k-1")
    async with service.dependencies.database.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM idempotency_keys")
    again = await service.post("registrations", registration_body(), idempotency_key="k-1")
    async with service.dependencies.database.connect() as connection:
        person_id = await connection.scalar(select(accounts.c.person_id))
    assert person_id is not None

    assert again.json() == first.json()
    assert "registration-repeated.v1" not in await service.types(person_id)

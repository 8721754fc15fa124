"""Registration, live validation and document checks over HTTP."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from vinculo.access import Role
from vinculo.httpapi.rate_limits import rate_limits
from vinculo.onboarding.storage.tables import accounts, activation_links

from ..http_calls import (
    CC_CHECK,
    CORRECT_PASSWORD,
    NIT_CHECK,
    ChecksWith,
    emails_path,
    only_person,
    register_unactivated,
)
from ..service_fixture import (
    ServiceFixture,
    registration_body,
)

MALFORMED_REGISTRATIONS: list[tuple[dict[str, Any], str, str]] = [
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


async def live_errors(service: ServiceFixture, body: Any, **headers: str) -> list[dict[str, str]]:
    response = await service.post("registrations/validation", body, **headers)
    assert response.status_code == 200, response.text
    errors: list[dict[str, str]] = response.json()["errors"]
    return errors


@pytest.mark.servers
@pytest.mark.servers
async def test_an_idempotency_key_gives_the_first_response_again(service: ServiceFixture) -> None:
    responses = [
        await service.post("registrations", registration_body(), idempotency_key="k-1")
        for _ in range(2)
    ]

    assert responses[0].json() == responses[1].json()


@pytest.mark.servers
async def test_every_error_of_a_form_is_reported_at_once_in_the_callers_language(
    offline_service: ServiceFixture,
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
    response = await offline_service.post("registrations", body, accept_language="en")
    errors = {error["field"]: error for error in response.json()["errors"]}

    assert response.status_code == 422
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


@pytest.mark.servers
async def test_a_malformed_field_is_named(offline_service: ServiceFixture) -> None:
    for change, field, code in MALFORMED_REGISTRATIONS:
        response = await offline_service.post("registrations", registration_body(**change))
        faults = [(error["field"], error["code"]) for error in response.json()["errors"]]

        assert (response.status_code, faults) == (422, [(field, code)])


@pytest.mark.servers
@pytest.mark.servers
async def test_the_consent_is_recorded_with_the_hash_of_the_text_shown(
    service: ServiceFixture,
) -> None:
    texts = (await service.get("consent-texts?locale=es")).json()["items"]
    link = await service.registered()
    (given,) = (await service.events(link.person_id))[0].data["consents"]

    assert [text["purpose"] for text in texts] == ["personal_data", "marketing"]
    assert given["text_sha256"] == texts[0]["sha256"]


@pytest.mark.servers
async def test_document_types_are_named_in_the_callers_language(
    offline_service: ServiceFixture,
) -> None:
    response = await offline_service.get("document-types", accept_language="en-GB")
    names = {item["code"]: item["name"] for item in response.json()["items"]}

    assert names["CC"] == "Citizenship card"
    assert set(names) == {"CC", "CE", "NIT", "PASSPORT", "PPT"}


@pytest.mark.servers
@pytest.mark.parametrize(
    ("query", "accepted"),
    [
        ("document-types?country=XX", "CO"),
        ("consent-texts?locale=fr", "es, en"),
        ("payers?status=nonsense", "active, suspended, proposed, refused"),
        ("document-claims?state=nonsense", "open, granted, refused, expired"),
    ],
)
async def test_an_unknown_code_is_refused_with_the_accepted_ones(
    offline_service: ServiceFixture, query: str, accepted: str
) -> None:
    session = offline_service.staff_header(Role.OPERATOR)
    response = await offline_service.get(query, accept_language="en", **session)
    (error,) = response.json()["errors"]

    assert response.status_code == 422
    assert error["code"] == "not_allowed"
    assert error["message"] == f"Use one of: {accepted}"


@pytest.mark.servers
async def test_document_types_are_those_of_a_country(offline_service: ServiceFixture) -> None:
    everything = await offline_service.get("document-types")

    assert (await offline_service.get("document-types?country=co")).json() == everything.json()


@pytest.mark.servers
async def test_events_carry_the_callers_correlation_id(service: ServiceFixture) -> None:
    correlation_id = str(UUID(int=42))
    await service.post("registrations", registration_body(), correlation_id=correlation_id)
    async with service.dependencies.database.connect() as connection:
        person_id = await connection.scalar(select(accounts.c.person_id))
    assert person_id is not None

    assert {e.meta.correlation_id for e in await service.events(person_id)} == {correlation_id}


@pytest.mark.servers
@pytest.mark.servers
async def test_a_request_repeated_after_a_crash_gets_the_same_id_and_is_no_repeat(
    service: ServiceFixture,
) -> None:
    """The response was not stored: the registration is recognized by the key alone."""
    first = await service.post("registrations", registration_body(), idempotency_key="k-1")
    async with service.dependencies.database.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM idempotency_keys")
    again = await service.post("registrations", registration_body(), idempotency_key="k-1")
    async with service.dependencies.database.connect() as connection:
        person_id = await connection.scalar(select(accounts.c.person_id))
    assert person_id is not None

    assert again.json() == first.json()
    assert "registration-repeated.v1" not in await service.types(person_id)


@pytest.mark.servers
async def test_valid_fields_a_valid_form_and_no_field_have_no_errors(
    offline_service: ServiceFixture,
) -> None:
    for body in ({"given_names": "Ana María"}, registration_body(), {}):
        assert await live_errors(offline_service, body) == []


@pytest.mark.servers
async def test_errors_are_in_the_callers_language(offline_service: ServiceFixture) -> None:
    body = {"phone": "601 765 4321"}
    fault = {"field": "phone", "code": "phone_not_mobile"}

    assert await live_errors(offline_service, body, accept_language="es") == [
        {**fault, "message": "Debe ser un número de celular"}
    ]
    assert await live_errors(offline_service, body, accept_language="en") == [
        {**fault, "message": "Must be a mobile phone number"}
    ]


@pytest.mark.servers
async def test_a_malformed_field_is_one_of_the_errors(offline_service: ServiceFixture) -> None:
    body = {"birth_date": "17/05/1990", "email": 7, "surnames": "", "admin": True}

    assert {each["field"]: each["code"] for each in await live_errors(offline_service, body)} == {
        "birth_date": "not_date",
        "email": "not_text",
        "surnames": "name_empty",
        "admin": "unknown_field",
    }


@pytest.mark.servers
@pytest.mark.servers
async def test_a_registered_document_gives_no_error(service: ServiceFixture) -> None:
    await service.registered()

    assert await live_errors(service, registration_body()) == []


@pytest.mark.servers
async def test_a_form_that_is_no_object_is_refused(offline_service: ServiceFixture) -> None:
    bodies: list[Any] = [[], "text", None, 7]
    for body in bodies:
        assert (await offline_service.post("registrations/validation", body)).status_code == 422


@pytest.mark.servers
@pytest.mark.servers
async def test_an_invalid_document_is_refused_and_not_counted(
    checks_with: ChecksWith,
) -> None:
    service = await checks_with("limited")
    bad: list[tuple[dict[str, str], str, str]] = [
        ({**CC_CHECK, "document_number": "12"}, "document_number", "document_number_malformed"),
        ({**NIT_CHECK, "document_number": "1032456789-1"}, "document_number", "check_digit_wrong"),
        ({**CC_CHECK, "country": "XX"}, "country", "country_unsupported"),
        ({**CC_CHECK, "document_type": "DNI"}, "document_type", "document_type_unknown"),
        ({**CC_CHECK, "more": "1"}, "more", "unknown_field"),
    ]
    for body, field, code in bad:
        response = await service.post("document-checks", body)
        assert response.status_code == 422
        assert [(each["field"], each["code"]) for each in response.json()["errors"]] == [
            (field, code)
        ]
    assert await service.rows(rate_limits) == 0


@pytest.mark.servers
@pytest.mark.servers
async def test_an_idempotency_key_sends_one_mail(service: ServiceFixture) -> None:
    registration_id = await register_unactivated(service)
    responses = [
        await service.post(emails_path(registration_id), CORRECT_PASSWORD, idempotency_key="k-1")
        for _ in range(2)
    ]

    assert [each.status_code for each in responses] == [202, 202]
    assert await service.rows(activation_links) == 2


@pytest.mark.servers
@pytest.mark.servers
async def test_a_malformed_request_is_refused_and_not_counted(service: ServiceFixture) -> None:
    registration_id = await register_unactivated(service)
    person_id = await only_person(service)
    before = await service.types(person_id)
    bad: list[tuple[str, Any]] = [
        (emails_path(registration_id), {**CORRECT_PASSWORD, "email": "ana@"}),
        (emails_path(registration_id), {**CORRECT_PASSWORD, "email": "ana\u202e@example.com"}),
        (emails_path(registration_id), {**CORRECT_PASSWORD, "admin": True}),
        (emails_path(registration_id), {}),
        (emails_path("none"), CORRECT_PASSWORD),
    ]
    for where, body in bad:
        assert (await service.post(where, body)).status_code == 422
    assert await service.types(person_id) == before
    assert (await service.post(emails_path(registration_id), CORRECT_PASSWORD)).status_code == 202

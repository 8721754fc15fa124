"""The form is checked field by field over HTTP, in both languages, and tells nothing of people."""

from typing import Any

import pytest

from vinculo.onboarding.storage.tables import accounts

from .service_under_test import Service, registration_body

pytestmark = pytest.mark.servers


async def checked(service: Service, body: Any, **headers: str) -> list[dict[str, str]]:
    answer = await service.post("registrations/validation", body, **headers)
    assert answer.status_code == 200, answer.text
    errors: list[dict[str, str]] = answer.json()["errors"]
    return errors


async def test_a_good_field_a_good_form_and_no_field_have_no_errors(service: Service) -> None:
    for body in ({"given_names": "Ana María"}, registration_body(), {}):
        assert await checked(service, body) == []
    assert await service.rows(accounts) == 0


async def test_what_is_wrong_is_said_in_the_callers_language(service: Service) -> None:
    body = {"phone": "601 765 4321"}
    fault = {"field": "phone", "code": "phone_not_mobile"}

    assert await checked(service, body, accept_language="es") == [
        {**fault, "message": "Debe ser un número de celular"}
    ]
    assert await checked(service, body, accept_language="en") == [
        {**fault, "message": "Must be a mobile phone number"}
    ]


async def test_a_field_of_a_wrong_shape_is_one_of_the_errors(service: Service) -> None:
    body = {"birth_date": "17/05/1990", "email": 7, "surnames": "", "admin": True}

    assert {each["field"]: each["code"] for each in await checked(service, body)} == {
        "birth_date": "not_date",
        "email": "not_text",
        "surnames": "name_empty",
        "admin": "unknown_field",
    }


async def test_a_registered_document_is_as_good_as_another(service: Service) -> None:
    await service.registered()

    assert await checked(service, registration_body()) == []


async def test_a_form_that_is_no_object_is_refused(service: Service) -> None:
    bodies: list[Any] = [[], "text", None, 7]
    for body in bodies:
        assert (await service.post("registrations/validation", body)).status_code == 422

"""Signing in with document number and password, or with e-mail and password for staff."""

import asyncio
from datetime import timedelta
from typing import Any

import jwt
import pytest

from vinculo.access import Role
from vinculo.onboarding.application.login_throttle import MAX_DELAY, delay_after
from vinculo.onboarding.application.staff import validate_member
from vinculo.onboarding.storage.accounts import delete_account, update_account

from .service_under_test import PASSWORD, Service

REFUSED = "urn:vinculo:problem:sign-in-refused"
STAFF_PASSWORD = "nueve faroles junto al muelle"

servers = pytest.mark.servers


def credentials(**changes: Any) -> dict[str, Any]:
    return {"document_number": "1032456789", "password": PASSWORD, **changes}


FORMS_OF_THE_NUMBER: list[dict[str, str]] = [
    {},
    {"document_number": "1.032.456.789"},
    {"document_number": " 1032456789 "},
    {"document_number": "1.032.456.789-7"},
    {"document_type": "CC"},
    {"document_type": "NIT", "document_number": "1032456789-7"},
    {"document_type": "cc", "country": "co"},
]


@servers
async def test_a_person_signs_in_by_any_form_of_the_number(service: Service) -> None:
    person_id, _ = await service.active()
    for given in FORMS_OF_THE_NUMBER:
        answer = await service.post("sessions", credentials(**given))

        assert answer.status_code == 201, given
        assert answer.json()["person_id"] == str(person_id)


@servers
async def test_whatever_is_wrong_the_answer_is_the_same(service: Service) -> None:
    await service.active()
    await service.registered(document_number="79123456")
    blocked, _ = await service.active(document_number="52123456")
    erased, _ = await service.active(document_number="41123456")
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, blocked, status="blocked")
        await delete_account(connection, erased)

    answers = [
        await service.post("sessions", credentials(password="cuatro barcos en la bahía")),
        await service.post("sessions", credentials(document_number="1032456780")),
        await service.post("sessions", credentials(document_number="not a number at all!")),
        await service.post("sessions", credentials(document_type="PASSPORT")),
        await service.post("sessions", credentials(country="XX")),
        await service.post("sessions", credentials(document_number="79123456")),
        await service.post("sessions", credentials(document_number="52123456")),
        await service.post("sessions", credentials(document_number="41123456")),
        await service.post("sessions", {"email": "nobody@example.com", "password": PASSWORD}),
    ]

    assert {answer.status_code for answer in answers} == {401}
    bodies = [{**answer.json(), "trace_id": ""} for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["type"] == REFUSED


@servers
async def test_two_people_with_one_number_each_sign_in_with_their_password(
    service: Service,
) -> None:
    other_password = "siete lámparas de barro encendidas"
    first, _ = await service.active(document_type="CE", document_number="412345")
    second, _ = await service.active(
        document_type="PASSPORT", document_number="412345", password=other_password
    )

    for person_id, password in ((first, PASSWORD), (second, other_password)):
        answer = await service.post(
            "sessions", credentials(document_number="412345", password=password)
        )
        assert answer.json()["person_id"] == str(person_id)


@servers
async def test_a_password_is_the_same_in_either_unicode_form(service: Service) -> None:
    await service.active(password="tres pa\u0301ramos con niebla azul")
    answer = await service.post("sessions", credentials(password="tres páramos con niebla azul"))

    assert answer.status_code == 201


@servers
async def test_wrong_passwords_are_answered_slower_and_slower_but_never_for_ever(
    service: Service,
) -> None:
    await service.active()
    wrong = credentials(password="cuatro barcos en la bahía")
    for _ in range(4):
        assert (await service.post("sessions", wrong)).status_code == 401

    waiting = await service.post("sessions", credentials())
    assert waiting.status_code == 429
    assert waiting.headers["retry-after"] == "1"

    service.clock.advance(timedelta(seconds=1))
    assert (await service.post("sessions", credentials())).status_code == 201
    assert (await service.post("sessions", credentials())).status_code == 201
    assert (await service.post("sessions", wrong)).status_code == 401


@servers
async def test_signing_in_does_not_clear_what_was_guessed_of_another_document(
    service: Service,
) -> None:
    own_password = "siete lámparas de barro encendidas"
    await service.active()
    await service.active(document_type="PASSPORT", password=own_password)
    answers = []
    for n in range(5):
        guess = credentials(password=f"cuatro barcos en la bahía {n}", document_type="CC")
        answers.append(await service.post("sessions", guess))
        await service.post("sessions", credentials(password=own_password))

    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]


@servers
async def test_unknown_people_are_slowed_down_alike(service: Service) -> None:
    answers = [await service.post("sessions", credentials()) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]


@servers
async def test_many_guesses_at_once_do_not_slip_through_together(service: Service) -> None:
    await service.active()
    guesses = [credentials(password=f"cuatro barcos en la bahía {n}") for n in range(20)]
    answers = await asyncio.gather(*(service.post("sessions", guess) for guess in guesses))

    assert sorted(answer.status_code for answer in answers) == [401] * 4 + [429] * 16


@servers
async def test_staff_sign_in_by_email_with_their_role(service: Service) -> None:
    member = validate_member("Operator@Example.com", Role.OPERATOR, STAFF_PASSWORD)
    staff_id = await service.staff.add(member, service.clock())
    answer = await service.post(
        "sessions", {"email": "operator@example.com", "password": STAFF_PASSWORD}
    )
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})

    assert answer.status_code == 201
    assert (claims["sub"], claims["roles"]) == (str(staff_id), ["operator"])


MALFORMED: list[tuple[dict[str, str], str]] = [
    ({"password": PASSWORD}, "document_number"),
    ({"document_number": "1", "email": "a@example.com", "password": PASSWORD}, "email"),
    ({"document_number": "1"}, "password"),
    ({"document_number": "1", "password": PASSWORD, "otp": "1"}, "otp"),
    ({"document_number": "1", "password": "x" * 1025}, "password"),
]


@servers
async def test_a_malformed_sign_in_is_refused(service: Service) -> None:
    for body, field in MALFORMED:
        answer = await service.post("sessions", body)

        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_the_wait_doubles_and_is_bounded() -> None:
    waits = [delay_after(failures).total_seconds() for failures in range(1, 9)]

    assert waits == [0, 0, 0, 1, 2, 4, 8, 16]
    assert delay_after(10_000) == MAX_DELAY

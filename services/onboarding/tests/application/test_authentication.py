"""People sign in with document number and password, staff with e-mail and password."""

import jwt
import pytest

from vinculo.access import Role
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.application.password_queue import PasswordHasherBusy
from vinculo.onboarding.application.staff import validate_member
from vinculo.onboarding.forms.password_strength import PasswordRules
from vinculo.onboarding.storage.accounts import delete_account, update_account

from ..http_calls import credentials
from ..service_fixture import PASSWORD, ServiceFixture

pytestmark = pytest.mark.servers

REFUSED = "urn:vinculo:problem:sign-in-refused"

STAFF_PASSWORD = "nueve faroles junto al muelle"

FORMS_OF_THE_NUMBER: list[dict[str, str]] = [
    {},
    {"document_number": "1.032.456.789"},
    {"document_number": " 1032456789 "},
    {"document_number": "1.032.456.789-7"},
    {"document_type": "CC"},
    {"document_type": "NIT", "document_number": "1032456789-7"},
    {"document_type": "cc", "country": "co"},
]


async def test_a_person_signs_in_by_any_form_of_the_number(service: ServiceFixture) -> None:
    person_id, _ = await service.active()
    for given in FORMS_OF_THE_NUMBER:
        response = await service.post("sessions", credentials(**given))

        assert response.status_code == 201, given
        assert response.json()["person_id"] == str(person_id)


async def test_an_old_form_of_a_number_signs_in_and_is_no_duplicate(
    service: ServiceFixture,
) -> None:
    """NIT `47383688` was once stored as `4738368` with the check digit 8."""
    stored_in_old_form, _ = await service.active(document_number="4738368")
    other_password = "siete lámparas de barro encendidas"
    other, _ = await service.active(
        document_type="NIT", document_number="47383688-0", password=other_password
    )

    typed = {"document_type": "NIT", "document_number": "47383688"}
    old_form = await service.post("sessions", credentials(**typed))
    right_form = await service.post(
        "sessions", credentials(document_number="47383688", password=other_password)
    )

    assert other != stored_in_old_form
    assert old_form.json()["person_id"] == str(stored_in_old_form)
    assert right_form.json()["person_id"] == str(other)


async def test_every_failure_gives_the_same_response(service: ServiceFixture) -> None:
    await service.active()
    await service.registered(document_number="79123456")
    blocked, _ = await service.active(document_number="52123456")
    erased, _ = await service.active(document_number="41123456")
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, blocked, status="blocked")
        await delete_account(connection, erased)

    responses = [
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

    assert {response.status_code for response in responses} == {401}
    bodies = [{**response.json(), "trace_id": ""} for response in responses]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["type"] == REFUSED


async def test_two_people_with_one_number_each_sign_in_with_their_password(
    service: ServiceFixture,
) -> None:
    other_password = "siete lámparas de barro encendidas"
    first, _ = await service.active(document_type="CE", document_number="412345")
    second, _ = await service.active(
        document_type="PASSPORT", document_number="412345", password=other_password
    )

    for person_id, password in ((first, PASSWORD), (second, other_password)):
        response = await service.post(
            "sessions", credentials(document_number="412345", password=password)
        )
        assert response.json()["person_id"] == str(person_id)


async def test_a_password_is_the_same_in_either_unicode_form(service: ServiceFixture) -> None:
    await service.active(password="tres pa\u0301ramos con niebla azul")
    response = await service.post("sessions", credentials(password="tres páramos con niebla azul"))

    assert response.status_code == 201


async def test_staff_sign_in_by_email_with_their_role(service: ServiceFixture) -> None:
    member = validate_member("Operator@Example.com", Role.OPERATOR, STAFF_PASSWORD, PasswordRules())
    staff_id = await service.staff.add(member, service.clock())
    response = await service.post(
        "sessions", {"email": "operator@example.com", "password": STAFF_PASSWORD}
    )
    claims = jwt.decode(response.json()["access_token"], options={"verify_signature": False})

    assert response.status_code == 201
    assert (claims["sub"], claims["roles"]) == (str(staff_id), ["operator"])


async def test_attempts_that_the_queue_refuses_do_not_count(
    service: ServiceFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.active()

    async def refuse(*_: object) -> None:
        raise PasswordHasherBusy(2)

    with monkeypatch.context() as busy:
        busy.setattr(PasswordHasher, "verify", refuse)
        refused = [await service.post("sessions", credentials()) for _ in range(8)]
    response = await service.post("sessions", credentials())

    assert {each.status_code for each in refused} == {503}
    assert {each.headers["retry-after"] for each in refused} == {"2"}
    assert response.status_code == 201

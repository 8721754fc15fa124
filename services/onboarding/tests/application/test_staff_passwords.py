"""Members of staff reset a forgotten password by mail, and replace the current one."""

from datetime import timedelta

import pytest

from vinculo.access import Role

from ..service_fixture import PASSWORD, ServiceFixture
from ..staff_calls import (
    NEW_PASSWORD,
    added_admin,
    events_of,
    link_to,
    signed_in,
    types_of,
)

pytestmark = pytest.mark.servers

ADMIN = "admin@example.com"
RESET = "staff-password-reset-requested.v1"


async def sign_in_status(service: ServiceFixture, password: str) -> int:
    response = await service.post("sessions", {"email": ADMIN, "password": password})
    return response.status_code


async def test_a_forgotten_password_is_replaced_by_a_mailed_link(service: ServiceFixture) -> None:
    staff_id = str(await added_admin(service))
    session = (await service.post("sessions", {"email": ADMIN, "password": PASSWORD})).json()

    requested = await service.post("password-resets", {"email": f" {ADMIN.upper()} "})
    link = await link_to(service, staff_id, RESET)
    body = {**link, "password": NEW_PASSWORD}
    first = await service.post("password-resets/confirmation", body)
    second = await service.post("password-resets/confirmation", body)

    assert [each.status_code for each in (requested, first, second)] == [202, 204, 410]
    refreshed = await service.post("sessions/refresh", {"refresh_token": session["refresh_token"]})
    assert refreshed.status_code == 401
    assert await sign_in_status(service, PASSWORD) == 401
    assert await sign_in_status(service, NEW_PASSWORD) == 201
    assert await types_of(service, staff_id) == [RESET, "staff-password-changed.v1"]
    assert (await events_of(service, staff_id))[-1].data["cause"] == "reset"


async def test_the_answer_is_the_same_for_every_address(service: ServiceFixture) -> None:
    await added_admin(service)

    known = await service.post("password-resets", {"email": ADMIN})
    again = await service.post("password-resets", {"email": ADMIN})
    unknown = await service.post("password-resets", {"email": "nobody@example.com"})

    assert known.status_code == again.status_code == unknown.status_code == 202
    assert known.json() == again.json() == unknown.json()


async def test_an_address_gets_one_reset_mail_in_five_minutes(service: ServiceFixture) -> None:
    staff_id = str(await added_admin(service))

    for pause in (timedelta(), timedelta(minutes=4), timedelta(minutes=1)):
        service.clock.advance(pause)
        await service.post("password-resets", {"email": ADMIN})

    assert await types_of(service, staff_id) == [RESET, RESET]


async def test_an_expired_link_and_a_weak_password_change_nothing(service: ServiceFixture) -> None:
    staff_id = str(await added_admin(service))
    await service.post("password-resets", {"email": ADMIN})
    link = await link_to(service, staff_id, RESET)

    weak = await service.post("password-resets/confirmation", {**link, "password": "short"})
    service.clock.advance(timedelta(minutes=30))
    late = await service.post("password-resets/confirmation", {**link, "password": NEW_PASSWORD})

    assert (weak.status_code, late.status_code) == (422, 410)
    assert await sign_in_status(service, PASSWORD) == 201


async def test_a_request_names_a_person_or_a_member(service: ServiceFixture) -> None:
    neither = await service.post("password-resets", {})
    both = await service.post("password-resets", {"email": ADMIN, "document_number": "1032456789"})

    assert [each.json()["errors"][0]["code"] for each in (neither, both)] == [
        "identifier_missing",
        "identifier_ambiguous",
    ]


async def test_a_signed_in_member_replaces_the_password_and_keeps_the_session(
    service: ServiceFixture,
) -> None:
    staff_id = str(await added_admin(service))
    other = (await service.post("sessions", {"email": ADMIN, "password": PASSWORD})).json()
    header = await signed_in(service, ADMIN)
    body = {"current_password": PASSWORD, "password": NEW_PASSWORD}

    wrong = await service.put("me/password", {**body, "current_password": "x"}, **header)
    changed = await service.put("me/password", body, **header)

    assert (wrong.status_code, changed.status_code) == (403, 204)
    assert len((await service.get("me/sessions", **header)).json()["items"]) == 1
    refreshed = await service.post("sessions/refresh", {"refresh_token": other["refresh_token"]})
    assert refreshed.status_code == 401
    assert await sign_in_status(service, NEW_PASSWORD) == 201
    assert (await events_of(service, staff_id))[-1].data["cause"] == "changed"


async def test_a_member_of_another_issuer_has_no_password_here(service: ServiceFixture) -> None:
    body = {"current_password": PASSWORD, "password": NEW_PASSWORD}

    response = await service.put("me/password", body, **service.staff_header(Role.OPERATOR))

    assert (response.status_code, response.json()["type"]) == (
        409,
        "urn:vinculo:problem:no-own-password",
    )

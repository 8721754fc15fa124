"""The own account over HTTP: malformed bodies, and blocked people."""

from typing import Any

import pytest

from vinculo.onboarding.storage.accounts import update_account

from ..http_calls import GIVE_CONSENT, NEW_PASSWORD, put_consent, sign_in, status_and_type
from ..service_fixture import PASSWORD, ServiceFixture

pytestmark = pytest.mark.servers

REQUESTED = "contact-change-requested.v1"

REFUSED: list[tuple[dict[str, str], str]] = [
    ({}, "email"),
    ({"email": "a@example.com", "phone": "3109876543"}, "phone"),
    ({"email": "no address"}, "email"),
    ({"phone": "601 765 4321"}, "phone"),
    ({"phone": "123"}, "phone"),
    ({"email": "ANA@example.com".lower()}, "email"),
    ({"phone": "300 123 4567"}, "phone"),
]


MALFORMED_CONSENTS: list[tuple[str, dict[str, Any]]] = [
    ("marketing", {"given": True, "channel": "web"}),
    ("marketing", {**GIVE_CONSENT, "text_version": "1999-01"}),
    ("marketing", {"given": True, "text_version": "2026-01"}),
    ("marketing", {**GIVE_CONSENT, "more": 1}),
    ("marketing", {**GIVE_CONSENT, "given": "perhaps"}),
    ("profiling", GIVE_CONSENT),
]


async def test_an_invalid_contact_is_refused_with_its_field(
    service: ServiceFixture,
) -> None:
    person_id, session = await service.active()
    for body, field in REFUSED:
        response = await service.put("me/contact", {**body, "password": PASSWORD}, **session)

        assert response.status_code == 422, body
        assert [error["field"] for error in response.json()["errors"]] == [field]
    assert REQUESTED not in await service.types(person_id)


async def test_a_malformed_consent_is_refused(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    before = await service.types(person_id)
    for purpose, body in MALFORMED_CONSENTS:
        assert (await put_consent(service, session, purpose, body)).status_code == 422, body
    assert await service.types(person_id) == before


async def test_a_new_password_has_to_be_strong(service: ServiceFixture) -> None:
    _, session = await service.active()
    for weak in ("short", "Ana María Gómez Ruiz", "x" * 129):
        body = {"current_password": PASSWORD, "password": weak}
        response = await service.put("me/password", body, **session)

        assert status_and_type(response) == (422, "request-invalid")
        assert [error["field"] for error in response.json()["errors"]] == ["password"]
    assert (await sign_in(service, PASSWORD)).status_code == 201


async def test_a_blocked_person_changes_nothing(service: ServiceFixture) -> None:
    person_id, session = await service.active()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, status="blocked")
    calls = [
        service.put(
            "me/password", {"current_password": PASSWORD, "password": NEW_PASSWORD}, **session
        ),
        service.put("me/contact", {"phone": "3109876543", "password": PASSWORD}, **session),
        service.post("me/phone-codes", None, **session),
        service.post("me/phone-codes/confirmation", {"code": "123456"}, **session),
        service.get("me/consents", **session),
        service.put(
            "me/consents/marketing",
            {"given": True, "text_version": "2026-01", "channel": "web"},
            **session,
        ),
    ]
    assert {status_and_type(await call) for call in calls} == {(401, "token-invalid")}

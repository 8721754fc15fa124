"""The responses to commands carry the position of the stream they concern."""

from uuid import UUID

import httpx2
import pytest

from vinculo.access import Role
from vinculo.httpapi import parse_position

from ..http_calls import GIVE_CONSENT
from ..service_fixture import PASSWORD, ServiceFixture, employment_body, registration_body

pytestmark = pytest.mark.servers


def position(response: httpx2.Response) -> tuple[str, int] | None:
    assert response.status_code < 400, response.text
    return parse_position(response.headers["vinculo-position"])


async def test_an_applicants_commands_give_the_position_of_the_application(
    service: ServiceFixture,
) -> None:
    person_id, session = await service.active()
    payer_id = await service.payer()

    async def stands() -> tuple[str, int]:
        return f"application-{person_id}", len(await service.events(person_id))

    for path, body in (
        ("me/consents/marketing", GIVE_CONSENT),
        ("me/consents/marketing", GIVE_CONSENT),
        ("me/employment", employment_body(payer_id)),
        ("me/contact", {"phone": "310 987 6543", "password": PASSWORD}),
        ("me/personal-details", {"password": PASSWORD, "surnames": "Otro Apellido"}),
        ("me/personal-details", {"password": PASSWORD, "surnames": "Otro Apellido"}),
    ):
        assert position(await service.put(path, body, **session)) == await stands(), path
    again = {**session, "idempotency_key": "once"}
    first, second = [await service.post("me/phone-codes", None, **again) for _ in range(2)]
    assert position(first) == position(second) == await stands()


async def test_activation_gives_a_position_and_registration_does_not(
    service: ServiceFixture,
) -> None:
    link = await service.registered()
    registered = await service.post("registrations", registration_body())
    activated = await service.post("activations", link.body())

    assert "vinculo-position" not in registered.headers
    assert position(activated) == (
        f"application-{link.person_id}",
        len(await service.events(link.person_id)),
    )


async def test_operators_commands_give_the_position_of_the_payer(service: ServiceFixture) -> None:
    operator = service.staff_header(Role.OPERATOR)
    made = await service.post("payers", {"name": "Alcaldía", "tax_id": "891800846-1"}, **operator)
    payer = f"payer-{UUID(made.json()['payer_id'])}"
    path = f"payers/{payer.removeprefix('payer-')}"
    suspended = await service.post(
        f"{path}/suspensions", {"reason_code": "does_not_pay"}, **operator, if_match='W/"1"'
    )
    reinstated = await service.post(f"{path}/reinstatements", None, **operator, if_match='W/"2"')

    assert [position(each) for each in (made, suspended, reinstated)] == [
        (payer, version) for version in (1, 2, 3)
    ]

"""The history of messages of a person, and sending one again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec

from vinculo.access import PERMISSIONS, Permission, Role, TokenVerifier
from vinculo.access.guards import guarded_routes, unguarded_routes
from vinculo.access.testing import access_token
from vinculo.httpapi import service_app
from vinculo.httpapi.testing import header_declaration_problems
from vinculo.notifications.application.message_history import RESENDS_PER_DAY
from vinculo.notifications.http.examples import EXAMPLES
from vinculo.notifications.http.messages import messages_api
from vinculo.notifications.http.problems import REFUSALS
from vinculo.translation import load_catalogue

from ..harness import Harness
from ..incoming_events import Person

pytestmark = pytest.mark.servers

ISSUER = "https://credito.example"
KEY = ec.generate_private_key(ec.SECP256R1())
OPERATOR = UUID(int=71)
ROUTES = {
    "GET /notifications/v1/people/{person_id}/messages": Permission.PROFILE_READ,
    "PUT /notifications/v1/messages/{message_id}/resends/{resend_id}": Permission.MESSAGES_RESEND,
}


def caller(role: Role, subject: UUID = OPERATOR) -> dict[str, str]:
    token = access_token(KEY, "test", issuer=ISSUER, subject=subject, roles=[role])
    return {"authorization": f"Bearer {token}", "accept-language": "en"}


@pytest_asyncio.fixture
async def client(harness: Harness) -> AsyncIterator[httpx2.AsyncClient]:
    catalogue = load_catalogue("vinculo.notifications")
    app = service_app(
        "notifications",
        [messages_api(harness.history, catalogue)],
        readiness={},
        refusals=REFUSALS,
        catalogue=catalogue,
        examples=EXAMPLES,
    )
    app.state.token_verifier = TokenVerifier(ISSUER, keys={"test": KEY.public_key()})
    assert unguarded_routes(app) == []
    assert header_declaration_problems(app) == []
    assert guarded_routes(app) == {path: frozenset({each}) for path, each in ROUTES.items()}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url=ISSUER
    ) as opened:
        yield opened


async def messages(
    client: httpx2.AsyncClient, person: Person, role: Role = Role.VIEWER
) -> list[dict[str, Any]]:
    address = f"/notifications/v1/people/{person.person_id}/messages"
    response = await client.get(address, headers=caller(role))
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def message(client: httpx2.AsyncClient, person: Person, template: str) -> dict[str, Any]:
    return next(each for each in await messages(client, person) if each["template"] == template)


async def resend(
    client: httpx2.AsyncClient,
    message_id: str,
    resend_id: UUID | None = None,
    subject: UUID = OPERATOR,
) -> httpx2.Response:
    address = f"/notifications/v1/messages/{message_id}/resends/{resend_id or uuid4()}"
    return await client.put(address, headers=caller(Role.OPERATOR, subject))


def refusal(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("urn:vinculo:problem:")


async def welcomed(harness: Harness) -> Person:
    """A person who got the mail of the activation."""
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring), ana.verified())
    await harness.deliver_due()
    return ana


@pytest.mark.parametrize("route", ROUTES)
async def test_a_route_serves_exactly_the_roles_with_its_permission(
    client: httpx2.AsyncClient, route: str
) -> None:
    method, path = route.split(" ")
    for name in ("person_id", "message_id", "resend_id"):
        path = path.replace(f"{{{name}}}", str(uuid4()))

    for role in Role:
        response = await client.request(method, path, headers=caller(role))
        assert (response.status_code != 403) == (ROUTES[route] in PERMISSIONS[role]), role
    assert (await client.request(method, path)).status_code == 401


async def test_the_history_has_the_outcome_of_each_message(
    harness: Harness, client: httpx2.AsyncClient
) -> None:
    ana = await welcomed(harness)
    harness.now += timedelta(minutes=5)
    ana.at = harness.now
    await harness.receive(ana.password_changed())

    changed, welcome = await messages(client, ana)

    assert (changed["template"], changed["state"], changed["can_resend"]) == (
        "password-changed",
        "due",
        False,
    )
    assert (welcome["template"], welcome["state"], welcome["can_resend"]) == (
        "welcome",
        "sent",
        True,
    )
    assert welcome["attempts"] == 1
    assert welcome["ended_at"] is not None
    assert "ana@example.org" not in str([changed, welcome])


async def test_a_message_is_sent_again_once_per_request_and_names_who_requested_it(
    harness: Harness, client: httpx2.AsyncClient
) -> None:
    ana = await welcomed(harness)
    (first,) = await messages(client, ana)
    resend_id = uuid4()

    responses = [await resend(client, first["message_id"], resend_id) for _ in range(2)]
    await harness.deliver_due()

    assert [response.status_code for response in responses] == [202, 202]
    assert responses[0].json() == responses[1].json()
    assert [address for address, _ in harness.emails.sent] == ["ana@example.org"] * 2
    (again,) = [each for each in await messages(client, ana) if each["resend_of"]]
    assert again["message_id"] == responses[0].json()["message_id"]
    assert (again["resend_of"], again["requested_by"]) == (first["message_id"], str(OPERATOR))
    queued = [data for type_, data in await harness.events() if type_ == "message-queued.v1"]
    assert queued[-1]["requested_by"] == str(OPERATOR)
    assert queued[-1]["resend_of"] == first["message_id"]


async def test_a_failed_message_is_sent_again_to_the_present_address(
    harness: Harness, client: httpx2.AsyncClient
) -> None:
    ana = await welcomed(harness)
    await harness.receive(await ana.contact_changed(harness.keyring, "new@example.org", ana.email))
    await harness.deliver_due()
    welcome = await message(client, ana, "welcome")

    assert (await resend(client, welcome["message_id"])).status_code == 202
    await harness.deliver_due()

    assert harness.emails.sent[-1][0] == "new@example.org"


async def test_what_cannot_be_sent_again_is_refused(
    harness: Harness, client: httpx2.AsyncClient
) -> None:
    ana = await welcomed(harness)
    await harness.receive(ana.password_reset_requested())
    reset = await message(client, ana, "password-reset")
    unsent = await resend(client, reset["message_id"])
    await harness.deliver_due()
    harness.now += timedelta(days=2)
    expired = await resend(client, reset["message_id"])
    await harness.receive(await ana.contact_changed(harness.keyring, "new@example.org", ana.email))
    await harness.deliver_due()
    changed = await message(client, ana, "contact-changed")
    without_address = await resend(client, changed["message_id"])
    unknown = await resend(client, str(uuid4()))
    own = await resend(client, changed["message_id"], subject=ana.person_id)

    assert refusal(unsent) == (409, "message-not-ended")
    assert refusal(expired) == (409, "message-not-repeatable")
    assert refusal(without_address) == (409, "message-not-repeatable")
    assert refusal(unknown) == (404, "message-unknown")
    assert refusal(own) == (403, "own-record")
    assert not any(each["resend_of"] for each in await messages(client, ana))


async def test_nothing_is_sent_again_to_an_erased_person(
    harness: Harness, client: httpx2.AsyncClient
) -> None:
    ana = await welcomed(harness)
    (welcome,) = await messages(client, ana)
    await harness.receive(ana.erased())

    assert refusal(await resend(client, welcome["message_id"])) == (410, "person-erased")
    assert await harness.deliver_due() == 0


async def test_a_person_gets_few_messages_again_in_a_day(
    harness: Harness, client: httpx2.AsyncClient
) -> None:
    ana = await welcomed(harness)
    (welcome,) = await messages(client, ana)
    for _ in range(RESENDS_PER_DAY):
        assert (await resend(client, welcome["message_id"])).status_code == 202

    refused = await resend(client, welcome["message_id"])
    harness.now += timedelta(days=1, seconds=1)
    next_day = await resend(client, welcome["message_id"])

    assert refusal(refused) == (429, "too-many-resends")
    assert refused.headers["retry-after"] == "3600"
    assert next_day.status_code == 202

"""A document that another person activated is claimed with the link of the losing submission."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import jwt
import pytest
from sqlalchemy import select

from vinculo.access import Role
from vinculo.eventstore import StoredEvent
from vinculo.onboarding.application.access_tokens import ACCESS_TOKEN_LIFETIME
from vinculo.onboarding.storage.accounts import update_account
from vinculo.onboarding.storage.tables import document_claims

from ..http_calls import status_and_type
from ..service_fixture import Link, ServiceFixture
from ..submission_calls import STRANGER, activate

pytestmark = pytest.mark.servers


def claim_body(link: Link, **more: Any) -> dict[str, Any]:
    return {"link_id": str(link.link_id), "token": link.token, **more}


async def claim(service: ServiceFixture, link: Link, **more: Any) -> httpx2.Response:
    return await service.post("document-claims", claim_body(link, **more))


async def claimed(service: ServiceFixture, **changes: Any) -> tuple[UUID, str]:
    """The stranger who activated the document, and the claim of the person who came later."""
    holder, _ = await service.active(**STRANGER, **changes)
    link = await service.registered(**changes)
    response = await claim(service, link, statement="El documento es mío")
    assert response.status_code == 201, response.text
    return holder, response.json()["claim_id"]


async def claim_events(service: ServiceFixture, claim_id: str) -> list[StoredEvent]:
    return await service.dependencies.store.read(f"document-claim-{claim_id}")


async def test_the_link_that_lost_opens_a_claim_under_the_key_of_its_submission(
    service: ServiceFixture,
) -> None:
    holder, claim_id = await claimed(service)

    (opened,) = await claim_events(service, claim_id)
    assert opened.type == "document-claim-opened.v1"
    assert opened.subject == holder
    assert opened.personal is not None
    assert opened.personal["kid"] != str(holder)
    details = await service.dependencies.keyring.decrypt(holder, opened.event_id, opened.personal)
    assert isinstance(details, dict)
    assert (details["email"], details["statement"]) == ("ana@example.com", "El documento es mío")


async def test_a_submission_that_lost_before_the_activation_can_claim(
    service: ServiceFixture,
) -> None:
    mine = await service.registered()
    await activate(service, await service.registered(**STRANGER), STRANGER["password"])

    assert (await claim(service, mine)).status_code == 201


async def test_a_link_that_can_activate_claims_nothing(service: ServiceFixture) -> None:
    link = await service.registered()

    assert status_and_type(await claim(service, link)) == (409, "document-not-activated")


async def test_other_links_claim_nothing(service: ServiceFixture) -> None:
    """The responses are those of an activation with the same link."""
    holder, _ = await service.active(**STRANGER)
    own = await service.registered(**STRANGER)
    link = await service.registered()
    wrong = Link(link.link_id, "x" * 43, holder)

    assert status_and_type(await claim(service, own)) == (410, "link-used")
    assert status_and_type(await claim(service, wrong)) == (404, "link-unknown")
    service.clock.advance(timedelta(days=1))
    assert status_and_type(await claim(service, link)) == (410, "link-expired")
    assert await service.rows(document_claims) == 0


async def test_the_document_of_a_blocked_person_is_not_claimed(service: ServiceFixture) -> None:
    holder, _ = await service.active(**STRANGER)
    link = await service.registered()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, holder, status="blocked")

    assert status_and_type(await claim(service, link)) == (404, "link-unknown")


async def test_a_submission_claims_once(service: ServiceFixture) -> None:
    await service.active(**STRANGER)
    link = await service.registered()
    responses = await asyncio.gather(*(claim(service, link) for _ in range(4)))

    assert sorted(each.status_code for each in responses) in (
        [201, 409, 409, 409],
        [201, 409, 409, 429],
        [201, 409, 429, 429],
        [201, 429, 429, 429],
    )
    assert status_and_type(await claim(service, link)) == (409, "document-claimed-already")
    assert await service.rows(document_claims) == 1


async def test_an_address_claims_once_a_week(service: ServiceFixture) -> None:
    await claimed(service)
    other = {"document_number": "1032456780"}
    await service.active(**STRANGER, **other)
    link = await service.registered(**other)

    refused = await claim(service, link)
    assert status_and_type(refused) == (429, "too-many-attempts")
    assert int(refused.headers["retry-after"]) <= timedelta(days=7).total_seconds()
    service.clock.advance(timedelta(days=7))
    assert (await claim(service, await service.registered(**other))).status_code == 201


async def test_a_repeated_request_gets_the_same_claim(service: ServiceFixture) -> None:
    await service.active(**STRANGER)
    body = claim_body(await service.registered())
    first = await service.post("document-claims", body, idempotency_key="c-1")
    again = await service.post("document-claims", body, idempotency_key="c-1")

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()


async def access_token(service: ServiceFixture, link: Link) -> httpx2.Response:
    return await service.post("document-claim-access-tokens", claim_body(link))


async def test_the_link_issues_tokens_for_its_open_claim(service: ServiceFixture) -> None:
    await service.active(**STRANGER)
    link = await service.registered()
    assert status_and_type(await access_token(service, link)) == (404, "document-claim-unknown")
    opened = (await claim(service, link)).json()

    responses = [await access_token(service, link) for _ in range(2)]

    for response in responses:
        assert response.status_code == 201, response.text
        assert response.headers["cache-control"] == "no-store"
        answer = response.json()
        assert opened.items() <= answer.items()
        expected = service.clock() + ACCESS_TOKEN_LIFETIME
        assert datetime.fromisoformat(answer["access_token_expires_at"]) == expected
        claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
        assert (claims["sub"], claims["roles"]) == (opened["claim_id"], ["claimant"])


async def test_the_token_of_a_claim_opens_no_route_of_onboarding(service: ServiceFixture) -> None:
    claimant = service.staff_header(Role.CLAIMANT)

    for path in ("me", "me/application", "document-claims"):
        assert status_and_type(await service.get(path, **claimant)) == (403, "forbidden")


async def test_other_links_get_no_token_of_a_claim(service: ServiceFixture) -> None:
    await service.active(**STRANGER)
    link = await service.registered()
    await claim(service, link)
    wrong = Link(link.link_id, "x" * 43, link.person_id)
    other = await service.registered(email="ana.maria@example.com")

    assert status_and_type(await access_token(service, wrong)) == (404, "link-unknown")
    assert status_and_type(await access_token(service, other)) == (404, "document-claim-unknown")
    service.clock.advance(timedelta(days=1))
    assert status_and_type(await access_token(service, link)) == (410, "link-expired")


async def test_a_decided_claim_gets_no_token(service: ServiceFixture) -> None:
    await service.active(**STRANGER)
    link = await service.registered()
    claim_id = (await claim(service, link)).json()["claim_id"]
    refused = await service.post(
        f"document-claims/{claim_id}/decision",
        {"decision": "refuse", "reason": "holder_confirmed"},
        if_match='W/"1"',
        **service.staff_header(Role.OPERATOR),
    )
    assert refused.status_code == 200

    assert status_and_type(await access_token(service, link)) == (409, "document-claim-decided")


async def test_a_statement_must_be_readable(service: ServiceFixture) -> None:
    await service.active(**STRANGER)
    link = await service.registered()

    empty = await claim(service, link, statement=" ")
    assert [error["code"] for error in empty.json()["errors"]] == ["text_empty"]
    assert (await claim(service, link, statement="x" * 1001)).status_code == 422
    assert await service.rows(document_claims) == 0
    assert (await claim(service, link, statement="Dos\nlíneas")).status_code == 201


async def test_the_queue_has_the_oldest_first_page_by_page(service: ServiceFixture) -> None:
    opened = []
    for number in range(3):
        service.clock.advance(timedelta(minutes=1))
        changes = {"document_number": f"103245678{number}"}
        await service.active(**STRANGER, **changes)
        link = await service.registered(**changes, email=f"ana{number}@example.com")
        opened.append((await claim(service, link)).json()["claim_id"])
    operator = service.staff_header(Role.OPERATOR)

    first = (await service.get("document-claims?limit=2&state=open", **operator)).json()
    cursor = first["next_cursor"]
    rest = (await service.get(f"document-claims?limit=2&cursor={cursor}", **operator)).json()

    assert [each["claim_id"] for each in first["items"] + rest["items"]] == opened
    assert first["items"][0]["given_names"] == "Ana María"
    assert rest.get("next_cursor") is None
    none = (await service.get("document-claims?state=granted", **operator)).json()
    assert none["items"] == []
    bad = await service.get("document-claims?cursor=abc", **operator)
    assert status_and_type(bad) == (400, "cursor-unreadable")


async def test_an_operator_sees_both_sides(service: ServiceFixture) -> None:
    holder, claim_id = await claimed(service)
    operator = service.staff_header(Role.OPERATOR)

    response = await service.get(f"document-claims/{claim_id}", **operator)

    seen = response.json()
    assert response.headers["etag"] == 'W/"1"'
    assert (seen["claim"]["holder"], seen["claim"]["state"]) == (str(holder), "open")
    assert seen["claimant"]["details"]["given_names"] == "Ana María"
    assert seen["holder"]["details"]["given_names"] == "Eva"
    assert (seen["claimant"]["email"], seen["holder"]["email"]) == (
        "ana@example.com",
        "eva@example.com",
    )
    assert seen["statement"] == "El documento es mío"
    unknown = await service.get(f"document-claims/{UUID(int=1)}", **operator)
    assert status_and_type(unknown) == (404, "document-claim-unknown")


async def test_names_of_the_claim_are_only_in_envelopes(service: ServiceFixture) -> None:
    _, claim_id = await claimed(service)
    (opened,) = await claim_events(service, claim_id)
    async with service.dependencies.database.connect() as connection:
        row = (await connection.execute(select(document_claims))).one()

    stored = f"{opened.data} {row}"
    assert not any(name in stored for name in ("Ana", "Gómez", "ana@example.com", "1032456789"))

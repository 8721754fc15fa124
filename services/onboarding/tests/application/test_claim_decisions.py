"""A granted claim moves the document; refused and expired ones leave it, and no key behind."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select

from vinculo.access import Role
from vinculo.events import ERASED
from vinculo.onboarding.application.submission_retention import CLAIM_KEYS_KEPT
from vinculo.onboarding.storage.tables import (
    document_reservations,
    submissions,
)

from ..http_calls import NEW_PASSWORD, WRONG_PASSWORD, sign_in, status_and_type
from ..service_fixture import PASSWORD, ServiceFixture
from ..submission_calls import STRANGER, activate, part_of
from .test_document_claims import claim, claim_events, claimed
from .test_submission_retention import retention
from .test_submissions import DETAILS

pytestmark = pytest.mark.servers

GRANT = {"decision": "grant", "reason": "identity_proved"}
REFUSE = {"decision": "refuse", "reason": "evidence_insufficient"}
OPERATOR = UUID(int=7)


async def decide(
    service: ServiceFixture, claim_id: str, body: dict[str, Any], **headers: str
) -> httpx2.Response:
    operator = service.staff_header(Role.OPERATOR)
    chosen = {"if_match": 'W/"1"', **operator, **headers}
    return await service.post(f"document-claims/{claim_id}/decision", body, **chosen)


async def granted(service: ServiceFixture) -> tuple[UUID, UUID, str]:
    """The holder until then, the claimant's person id, and the claim."""
    holder, claim_id = await claimed(service)
    response = await decide(service, claim_id, GRANT)
    assert response.status_code == 200, response.text
    return holder, UUID(response.json()["decision"]["claimant_id"]), claim_id


async def test_a_granted_claim_moves_the_document_and_signs_the_holder_out(
    service: ServiceFixture,
) -> None:
    holder, session = await service.active(**STRANGER)
    claim_id = (await claim(service, await service.registered())).json()["claim_id"]
    response = await decide(service, claim_id, GRANT)

    assert response.headers["etag"] == 'W/"2"'
    claimant = UUID(response.json()["decision"]["claimant_id"])
    assert (await service.types(holder))[-1] == "reservation-moved.v1"
    assert await service.types(claimant) == [
        "application-started.v1",
        "reservation-received.v1",
        "activation-link-issued.v1",
    ]
    async with service.dependencies.database.connect() as connection:
        holders = list(await connection.scalars(select(document_reservations.c.person_id)))
    assert holders == [claimant]
    assert (await service.get("me/application", **session)).status_code == 401
    assert (await sign_in(service, WRONG_PASSWORD)).status_code == 401


async def test_the_claimant_activates_with_the_password_of_the_submission(
    service: ServiceFixture,
) -> None:
    _, claimant, _ = await granted(service)
    link = await service.latest_link(claimant)

    wrong = await activate(service, link, WRONG_PASSWORD)
    assert status_and_type(wrong) == (403, "password-wrong")
    assert (await activate(service, link)).status_code == 200
    assert (await sign_in(service, PASSWORD)).status_code == 201
    (details,) = await part_of(service, claimant, "email-verified.v2")
    assert details["given_names"] == "Ana María"


async def test_a_claimant_who_forgot_the_password_confirms_the_details(
    service: ServiceFixture,
) -> None:
    _, claimant, _ = await granted(service)
    link = await service.latest_link(claimant)
    body = {"link_id": str(link.link_id), "token": link.token, "new_password": NEW_PASSWORD}

    activated = await service.post("activations", {**body, "details": DETAILS})

    assert activated.status_code == 200, activated.text
    assert (await sign_in(service, NEW_PASSWORD)).status_code == 201


async def test_the_key_of_a_granted_submission_is_destroyed_at_once(
    service: ServiceFixture,
) -> None:
    holder, claimant, claim_id = await granted(service)
    (opened, _) = await claim_events(service, claim_id)

    assert await retention(service).end_claims() == 1
    assert await retention(service).end_claims() == 0

    assert opened.personal is not None
    keyring = service.dependencies.keyring
    assert await keyring.decrypt(holder, opened.event_id, opened.personal) == ERASED
    assert (await service.types(holder))[-1] == "submission-dropped.v1"
    assert (await activate(service, await service.latest_link(claimant))).status_code == 200


async def test_a_refused_claim_changes_nothing_for_the_holder(service: ServiceFixture) -> None:
    holder, session = await service.active(**STRANGER)
    link = await service.registered()
    claim_id = (await claim(service, link)).json()["claim_id"]
    response = await decide(service, claim_id, REFUSE)

    assert response.json()["state"] == "refused"
    assert response.json()["decision"]["reason_in_words"]
    assert (await service.get("me/application", **session)).status_code == 200
    assert status_and_type(await claim(service, link)) == (409, "document-claimed-already")
    service.clock.advance(timedelta(days=1))
    assert await retention(service).end_claims() == 0
    service.clock.advance(CLAIM_KEYS_KEPT)
    assert await retention(service).end_claims() == 1
    (opened, _) = await claim_events(service, claim_id)
    assert opened.personal is not None
    keyring = service.dependencies.keyring
    assert await keyring.decrypt(holder, opened.event_id, opened.personal) == ERASED
    operator = service.staff_header(Role.OPERATOR)
    seen = (await service.get(f"document-claims/{claim_id}", **operator)).json()
    assert seen["claimant"] == {}
    assert seen["holder"]["details"]["given_names"] == "Eva"


async def test_the_submission_of_an_open_claim_outlives_its_link(
    service: ServiceFixture,
) -> None:
    _, claim_id = await claimed(service)
    service.clock.advance(timedelta(days=80))

    assert await retention(service).drop_expired() == 0
    assert await retention(service).end_claims() == 0
    assert (await decide(service, claim_id, GRANT)).status_code == 200


async def test_an_undecided_claim_expires_after_ninety_days(service: ServiceFixture) -> None:
    _, claim_id = await claimed(service)
    service.clock.advance(timedelta(days=90))

    assert status_and_type(await decide(service, claim_id, GRANT)) == (
        409,
        "document-claim-decided",
    )
    assert await retention(service).end_claims() == 1
    events = await claim_events(service, claim_id)
    assert events[-1].type == "document-claim-expired.v1"
    service.clock.advance(CLAIM_KEYS_KEPT)
    assert await retention(service).end_claims() == 1
    assert await service.rows(submissions) == 0


async def test_a_decision_names_the_version_it_rests_on(service: ServiceFixture) -> None:
    _, claim_id = await claimed(service)
    operator = service.staff_header(Role.OPERATOR)
    path = f"document-claims/{claim_id}/decision"

    missing = await service.post(path, GRANT, **operator)
    assert status_and_type(missing) == (428, "if-match-required")
    for body in (GRANT, REFUSE):
        stale = await decide(service, claim_id, body, if_match='W/"2"')
        assert status_and_type(stale) == (412, "version-changed")
    assert len(await claim_events(service, claim_id)) == 1


async def test_a_repeated_decision_has_no_further_effect(service: ServiceFixture) -> None:
    holder, claim_id = await claimed(service)
    first = await decide(service, claim_id, GRANT, idempotency_key="g-1")
    again = await decide(service, claim_id, GRANT, idempotency_key="g-1")

    assert first.json() == again.json()
    assert (await service.types(holder)).count("reservation-moved.v1") == 1
    other = await decide(service, claim_id, REFUSE, if_match='W/"2"')
    assert status_and_type(other) == (409, "document-claim-decided")


async def test_a_reason_must_fit_the_decision(service: ServiceFixture) -> None:
    _, claim_id = await claimed(service)

    for body in (GRANT | {"reason": "holder_confirmed"}, REFUSE | {"reason": "identity_proved"}):
        refused = await decide(service, claim_id, body)
        assert status_and_type(refused) == (422, "claim-reason-not-fitting")


async def test_the_holder_does_not_decide_about_the_own_document(service: ServiceFixture) -> None:
    holder, claim_id = await claimed(service)
    own = service.staff_header(Role.OPERATOR, holder)

    for body in (GRANT, REFUSE):
        assert status_and_type(await decide(service, claim_id, body, **own)) == (403, "own-record")


async def test_of_two_claims_to_a_document_one_is_granted(service: ServiceFixture) -> None:
    holder, first = await claimed(service)
    link = await service.registered(email="ana.maria@example.com")
    second = (await claim(service, link)).json()["claim_id"]

    responses = await asyncio.gather(decide(service, first, GRANT), decide(service, second, GRANT))

    assert sorted(each.status_code for each in responses) == [200, 412]
    assert (await service.types(holder)).count("reservation-moved.v1") == 1
    other = first if responses[0].status_code == 412 else second
    (_, refused) = await claim_events(service, other)
    assert refused.type == "document-claim-refused.v1"
    assert refused.subject == holder
    assert refused.data["reason_code"] == "granted_to_another"
    operator = service.staff_header(Role.OPERATOR)
    ended = await service.get("document-claims?state=open", **operator)
    assert ended.json()["items"] == []
    shown = (await service.get(f"document-claims/{other}", **operator)).json()["claim"]
    assert (shown["state"], shown["decision"]["reason"]) == ("refused", "granted_to_another")


async def test_the_claimant_of_another_person_keeps_the_claim(service: ServiceFixture) -> None:
    _, first = await claimed(service)
    other = {"document_number": "1032456780"}
    await service.active(**{**STRANGER, "email": "eva2@example.com"}, **other)
    link = await service.registered(**other, email="ana.maria@example.com")
    second = (await claim(service, link)).json()["claim_id"]

    assert (await decide(service, first, GRANT)).status_code == 200

    assert (await decide(service, second, REFUSE)).status_code == 200


async def test_a_failed_grant_leaves_nothing(
    service: ServiceFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, claim_id = await claimed(service)

    async def unreachable(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("vinculo.onboarding.application.claim_decisions.end_sessions", unreachable)
        assert (await decide(service, claim_id, GRANT)).status_code == 503

    assert "reservation-moved.v1" not in await service.types(holder)
    assert len(await claim_events(service, claim_id)) == 1
    assert (await decide(service, claim_id, GRANT)).status_code == 200

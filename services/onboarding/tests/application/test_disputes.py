"""Contested documents are counted; one activated by another is disputed until dismissed."""

from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import insert

from vinculo.access import Role
from vinculo.contracts.onboarding import CONTESTED_FROM
from vinculo.onboarding.application.disputes import ContestedDocuments
from vinculo.onboarding.metrics import OnboardingMetrics
from vinculo.onboarding.storage.accounts import update_account
from vinculo.onboarding.storage.tables import submissions

from ..http_calls import OTHER_PASSWORD, WRONG_PASSWORD, sign_in, status_and_type
from ..service_fixture import ServiceFixture
from ..submission_calls import STRANGER, activate

pytestmark = pytest.mark.servers


async def test_documents_with_twenty_submissions_are_counted_until_one_is_activated(
    service: ServiceFixture,
) -> None:
    contested = ContestedDocuments(
        engine=service.dependencies.database, metrics=OnboardingMetrics(CollectorRegistry())
    )
    gauge = contested.metrics.contested_documents

    async def counted() -> float:
        await contested.measure()
        (sample,) = [each for metric in gauge.collect() for each in metric.samples]
        return sample.value

    await service.registered(document_number="79123456")
    link = await service.registered()
    async with service.dependencies.database.begin() as connection:
        columns = {"person_id": link.person_id, "password_hash": "", "received_at": service.clock()}
        for _ in range(CONTESTED_FROM - 2):
            row = {"submission_id": uuid4(), "key_id": uuid4(), **columns}
            await connection.execute(insert(submissions).values(row))
    assert await counted() == 0

    await service.registered(email="otra@example.com")
    assert await counted() == 1
    await service.post("activations", link.body())
    assert await counted() == 0


async def test_a_document_activated_by_a_stranger_is_disputed_once(
    service: ServiceFixture,
) -> None:
    """K5-03: the owner, who registers later, is heard."""
    person_id, _ = await service.active(**STRANGER)
    mine = await service.registered()
    await service.registered(email="ana.maria@example.com")

    types = await service.types(person_id)
    assert types.count("document-disputed.v1") == 1
    assert types.count("registration-repeated.v1") == 1
    assert status_and_type(await activate(service, mine)) == (409, "document-activated-by-another")
    assert (await sign_in(service, WRONG_PASSWORD)).status_code == 201


async def test_an_owner_who_forgot_the_account_disputes_nothing(service: ServiceFixture) -> None:
    person_id, _ = await service.active()
    again = await service.registered(password=OTHER_PASSWORD, given_names="Ana")

    types = await service.types(person_id)
    assert "registration-repeated.v1" in types
    assert "document-disputed.v1" not in types
    assert status_and_type(await activate(service, again, OTHER_PASSWORD)) == (410, "link-used")


async def test_accounts_of_an_earlier_version_are_compared_by_their_details(
    service: ServiceFixture,
) -> None:
    person_id, _ = await service.active()
    async with service.dependencies.store.transaction() as connection:
        await update_account(connection, person_id, email_hash=None, birth_date_hash=None)

    await service.registered()
    assert "document-disputed.v1" not in await service.types(person_id)
    await service.registered(birth_date="1990-05-16", email="ana@example.com")
    assert (await service.types(person_id)).count("document-disputed.v1") == 1


async def test_an_operator_dismisses_a_dispute(service: ServiceFixture) -> None:
    person_id, session = await service.active(**STRANGER)
    await service.registered()
    path, body = f"people/{person_id}/document-dispute/dismissal", {"reason_code": "mistake"}
    operator = service.staff_header(Role.OPERATOR)

    assert (await service.post(path, body, **session)).status_code == 403
    own = service.staff_header(Role.OPERATOR, person_id)
    assert status_and_type(await service.post(path, body, **own)) == (403, "own-record")
    for _ in range(2):
        done = await service.post(path, body, idempotency_key="d-1", **operator)
        assert done.status_code == 204, done.text
    again = await service.post(path, body, **operator)

    assert status_and_type(again) == (409, "document-not-disputed")
    (dismissed,) = [
        event
        for event in await service.events(person_id)
        if event.type == "document-dispute-dismissed.v1"
    ]
    assert dismissed.data["dismissed_by"] == str(UUID(int=7))
    await service.registered(email="ana.maria@example.com")
    assert (await service.types(person_id)).count("document-disputed.v1") == 2


async def test_the_dispute_of_an_unknown_person_cannot_be_dismissed(
    service: ServiceFixture,
) -> None:
    operator = service.staff_header(Role.OPERATOR)
    path = f"people/{UUID(int=8)}/document-dispute/dismissal"
    refused = await service.post(path, {"reason_code": "mistake"}, **operator)

    assert status_and_type(refused) == (404, "person-unknown")

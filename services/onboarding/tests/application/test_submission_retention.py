"""Keys of submissions that lost are destroyed; applications that lapsed long ago are closed."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from vinculo.events import ERASED
from vinculo.onboarding.application.submission_retention import SubmissionRetention
from vinculo.onboarding.storage.streams import application_category, claim_category
from vinculo.onboarding.storage.submissions import ended_links
from vinculo.onboarding.storage.tables import (
    activation_links,
    document_reservations,
    submissions,
)
from vinculo.process import pruning_job

from ..http_calls import status_and_type
from ..service_fixture import ServiceFixture, lapse, registration_body
from ..submission_calls import STRANGER, activate, part_of

pytestmark = pytest.mark.servers

DAY = timedelta(days=1)


def retention(service: ServiceFixture) -> SubmissionRetention:
    return SubmissionRetention(
        store=service.dependencies.store,
        applications=application_category(),
        claims=claim_category(),
        keyring=service.dependencies.keyring,
        abandon_after=timedelta(days=60),
        clock=service.clock,
    )


async def test_the_keys_of_losing_submissions_are_destroyed_when_their_links_have_expired(
    service: ServiceFixture,
) -> None:
    loser = await service.registered(**STRANGER)
    winner = await service.registered()
    await activate(service, winner)
    await service.registered(**{**STRANGER, "email": "eva.otra@example.com"})
    person_id = loser.person_id

    assert await retention(service).drop_expired() == 0
    service.clock.advance(DAY)
    assert await retention(service).drop_expired() == 2
    assert await retention(service).drop_expired() == 0

    causes = [
        event.data["cause"]
        for event in await service.events(person_id)
        if event.type == "submission-dropped.v1"
    ]
    assert sorted(causes) == ["expired", "not_activated"]
    assert await service.rows(submissions) == 0
    assert await part_of(service, person_id, "application-started.v1") == [ERASED]
    (kept, late) = await part_of(service, person_id, "submission-received.v1")
    assert (kept["given_names"], late) == ("Ana María", ERASED)
    (current,) = await part_of(service, person_id, "email-verified.v2")
    assert current["given_names"] == "Ana María"
    assert status_and_type(await activate(service, loser)) == (410, "link-expired")


async def test_links_that_expired_long_ago_are_deleted(service: ServiceFixture) -> None:
    old = await service.registered()
    service.clock.advance(181 * DAY)
    new = await service.registered(**STRANGER)
    job = pruning_job(
        activation_links,
        lambda: ended_links(service.clock() - 180 * DAY),
        service.dependencies.database,
    )

    before = await service.rows(activation_links)
    assert await job.run_once()
    assert await service.rows(activation_links) == before
    service.clock.advance(DAY)
    assert await job.run_once()

    assert await service.rows(activation_links) == before - 1
    assert status_and_type(await activate(service, old)) == (404, "link-unknown")
    assert status_and_type(await activate(service, new)) == (410, "link-expired")


async def test_an_interrupted_drop_is_completed_by_the_next_run(
    service: ServiceFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    loser = await service.registered(**STRANGER)
    await activate(service, await service.registered())
    service.clock.advance(DAY)
    keyring = service.dependencies.keyring

    async def unreachable(_: UUID) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(keyring, "destroy_key", unreachable)
        with pytest.raises(ConnectionError):
            await retention(service).drop_expired()
    assert await retention(service).drop_expired() == 1

    assert (await service.types(loser.person_id)).count("submission-dropped.v1") == 1
    assert await part_of(service, loser.person_id, "application-started.v1") == [ERASED]


async def test_a_lapsed_application_is_closed_and_its_document_free(
    service: ServiceFixture,
) -> None:
    link = await service.registered()
    await lapse(service, link.person_id)
    service.clock.advance(timedelta(days=60))
    assert await retention(service).abandon_lapsed() == 0
    service.clock.advance(2 * DAY)

    assert await retention(service).abandon_lapsed() == 1
    assert await retention(service).abandon_lapsed() == 0
    assert (await service.types(link.person_id))[-1] == "application-abandoned.v1"
    assert await service.rows(document_reservations) == 0
    again = await service.registered()
    assert again.person_id != link.person_id


async def test_of_a_closing_and_a_registration_at_once_none_is_lost(
    service: ServiceFixture,
) -> None:
    for number in range(5):
        document = f"10324569{number:02}"
        old = await service.registered(document_number=document)
        await lapse(service, old.person_id)
        service.clock.advance(timedelta(days=62))
        _, response = await asyncio.gather(
            retention(service).abandon_lapsed(),
            service.post("registrations", registration_body(document_number=document)),
        )

        assert response.status_code == 202
        assert await service.rows(document_reservations) == number + 1
        async with service.dependencies.database.connect() as connection:
            holders = await connection.scalars(select(document_reservations.c.person_id))
        assert old.person_id not in holders.all()

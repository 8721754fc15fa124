"""A submission whose mail cannot be delivered ends, and the person can register again."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.contracts import topics
from vinculo.contracts.notifications import MessageFailed
from vinculo.events import ERASED, Meta
from vinculo.messaging import ConsumedEvent
from vinculo.onboarding.application.submission_retention import SubmissionRetention
from vinculo.onboarding.consumers.consumer import ApplicationConsumer
from vinculo.onboarding.storage.streams import application_category, claim_category
from vinculo.onboarding.storage.tables import discarded_keys, submissions
from vinculo.testing.fixture_types import Eventually

from ..http_calls import status_and_type
from ..service_fixture import Link, ServiceFixture
from ..staff_calls import added_admin, change, invited, link_to, listed, signed_in
from ..submission_calls import STRANGER, activate, part_of
from .test_consumer import Worker, worker

__all__ = ["worker"]

pytestmark = pytest.mark.servers

AT = datetime(2026, 1, 1, tzinfo=UTC)


def failed(link: Link, reason: str = "address_refused") -> MessageFailed:
    return MessageFailed(
        message_id=uuid4(),
        template="activation",
        reason_code=reason,
        attempts=1,
        failed_at=AT,
        link_id=link.link_id,
    )


async def receive(service: ServiceFixture, person_id: UUID, event: MessageFailed) -> None:
    """Apply the event in a transaction, as the consumer does."""
    received = ConsumedEvent(
        topic=topics.NOTIFICATIONS_MESSAGES,
        partition=0,
        offset=0,
        event_id=uuid4(),
        type="message-failed.v1",
        source="/notifications/messages",
        subject=person_id,
        stream_id=f"message-{event.message_id}",
        version=2,
        time=AT,
        meta=Meta(),
        value=b"{}",
        payload=event,
        raw=ConsumerRecord(*[None] * 11),
    )
    consumer = ApplicationConsumer(
        store=service.dependencies.store,
        applications=application_category(),
        claims=claim_category(),
        keyring=service.dependencies.keyring,
    )
    async with service.dependencies.store.transaction() as connection:
        await consumer.apply(connection, [received])


def retention(service: ServiceFixture) -> SubmissionRetention:
    return SubmissionRetention(
        store=service.dependencies.store,
        applications=application_category(),
        claims=claim_category(),
        keyring=service.dependencies.keyring,
        abandon_after=service.clock() - service.clock(),
        clock=service.clock,
    )


async def causes(service: ServiceFixture, person_id: UUID) -> list[str]:
    return [
        event.data["cause"]
        for event in await service.events(person_id)
        if event.type == "submission-dropped.v1"
    ]


async def test_a_failed_mail_ends_the_submission_and_its_key(service: ServiceFixture) -> None:
    link = await service.registered()
    for _ in range(2):
        await receive(service, link.person_id, failed(link))

    assert await causes(service, link.person_id) == ["undeliverable"]
    assert await service.rows(submissions) == 0
    assert status_and_type(await activate(service, link)) == (410, "link-expired")
    assert await retention(service).destroy_discarded_keys() == 1
    assert await service.rows(discarded_keys) == 0
    assert await part_of(service, link.person_id, "application-started.v1") == [ERASED]


async def test_the_person_registers_again_at_once_with_the_right_address(
    service: ServiceFixture,
) -> None:
    mistyped = await service.registered(email="ana@exmaple.com")
    await receive(service, mistyped.person_id, failed(mistyped))

    link = await service.registered()

    assert link.person_id == mistyped.person_id
    assert (await activate(service, link)).status_code == 200


async def test_other_submissions_of_the_document_stay(service: ServiceFixture) -> None:
    stranger = await service.registered(**STRANGER)
    owner = await service.registered()
    await receive(service, stranger.person_id, failed(stranger))

    assert (await activate(service, owner)).status_code == 200


@pytest.mark.parametrize(
    "reason", ["link_expired", "link_superseded", "no_longer_needed", "recipient_erased"]
)
async def test_a_link_that_was_not_sent_for_another_reason_ends_nothing(
    service: ServiceFixture, reason: str
) -> None:
    link = await service.registered()
    await receive(service, link.person_id, failed(link, reason))

    assert (await activate(service, link)).status_code == 200


async def test_an_activated_submission_never_ends(service: ServiceFixture) -> None:
    link = await service.registered()
    await activate(service, link)
    await receive(service, link.person_id, failed(link))

    assert await causes(service, link.person_id) == []


async def test_of_an_activation_and_a_failed_mail_at_once_one_wins(service: ServiceFixture) -> None:
    for number in range(4):
        link = await service.registered(
            document_number=f"10324569{number:02}", email=f"ana{number}@example.com"
        )
        activated, _ = await asyncio.gather(
            activate(service, link), receive(service, link.person_id, failed(link))
        )
        dropped = await causes(service, link.person_id)
        assert (activated.status_code == 200) == (dropped == [])


async def test_a_failed_mail_is_heard_from_its_topic(
    worker: Worker, eventually: Eventually
) -> None:
    link = await worker.service.registered()
    event = failed(link).model_dump(mode="json")
    await worker.says("notifications", link.person_id, ("message-failed.v1", event))

    async def dropped() -> bool:
        return await causes(worker.service, link.person_id) == ["undeliverable"]

    await eventually(dropped)


@pytest.mark.parametrize(
    ("reason", "undeliverable_at"),
    [("address_refused", "2026-01-01T00:00:00Z"), ("link_superseded", None)],
)
async def test_an_invitation_whose_mail_has_failed_is_listed_as_such_until_it_is_sent_again(
    service: ServiceFixture, reason: str, undeliverable_at: str | None
) -> None:
    await added_admin(service)
    header = await signed_in(service, "admin@example.com")
    member = await invited(service, header)
    link_id = UUID((await link_to(service, member["staff_id"]))["link_id"])
    failure = MessageFailed(
        message_id=uuid4(),
        template="staff-invitation",
        reason_code=reason,
        attempts=1,
        failed_at=AT,
        link_id=link_id,
    )

    await receive(service, UUID(member["staff_id"]), failure)

    found = await listed(service, header)
    assert found["invitation_undeliverable_at"] == undeliverable_at
    await change(service, header, "POST", f"{member['staff_id']}/invitations", version=1)
    assert (await listed(service, header))["invitation_undeliverable_at"] is None

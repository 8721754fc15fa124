"""What becomes of a delivery: sent, given up, put off, dropped."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from vinculo.notifications.delivery.transports import PermanentFailure, TransientFailure
from vinculo.notifications.domain.message import FailureReason
from vinculo.privacy import KeyMissing, link_token
from vinculo.testing.fixture_types import NewDatabase

from .events_of_a_person import NOW, Person
from .service_under_test import LEASE, LINK_KEY, PUBLIC_URL, Outbox, Service, service_on

pytestmark = pytest.mark.servers


@pytest.fixture
def transport() -> Outbox:
    return Outbox()


@pytest_asyncio.fixture
async def service(new_database: NewDatabase, transport: Outbox) -> AsyncIterator[Service]:
    async with service_on(new_database, transport) as made:
        yield made


async def test_the_activation_link_carries_the_computed_token(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email="ana@example.org")
    link_id = uuid4()
    await service.tell(await ana.started(service.keyring), ana.link_issued(link_id=link_id))

    await service.attempt_all_due()

    (email,) = transport.taken
    body = email.message.get_body(("plain",))
    assert email.address == "ana@example.org"
    assert body is not None
    token = link_token(LINK_KEY, link_id)
    assert f"{PUBLIC_URL}/activate#{link_id}.{token}" in body.get_content()
    assert token not in await service.everything_stored()
    type_, data = (await service.events())[-1]
    assert (type_, data["attempts"]) == ("message-sent.v1", 1)


async def test_a_sent_message_is_not_sent_again(service: Service, transport: Outbox) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring), ana.link_issued())

    await service.attempt_all_due()
    service.now += timedelta(days=1)

    assert await service.attempt_all_due() == 0
    assert len(transport.taken) == 1


async def test_an_expired_link_is_not_sent(service: Service, transport: Outbox) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(
        await ana.started(service.keyring), ana.link_issued(expires_at=NOW + timedelta(hours=1))
    )
    service.now = NOW + timedelta(hours=1)

    await service.attempt_all_due()

    assert transport.taken == []
    assert (await service.events())[-1][1]["reason_code"] == "link_expired"


async def test_a_newer_link_supersedes_an_older_one(service: Service, transport: Outbox) -> None:
    ana = Person(email="ana@example.org")
    newer = uuid4()
    await service.tell(
        await ana.started(service.keyring),
        ana.link_issued(),
        ana.link_issued(at=NOW + timedelta(minutes=1), link_id=newer),
    )

    await service.attempt_all_due()

    (email,) = transport.taken
    assert str(newer) in email.message.as_string()
    reasons = [data.get("reason_code") for _, data in await service.events()]
    assert reasons.count("link_superseded") == 1


async def test_a_refused_address_fails_at_once_and_for_good(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring), ana.link_issued())
    transport.failures.append(PermanentFailure(FailureReason.ADDRESS_REFUSED, 550))

    await service.attempt_all_due()
    service.now += timedelta(hours=1)

    assert await service.attempt_all_due() == 0
    assert (await service.events())[-1][1]["reason_code"] == "address_refused"


async def test_an_address_no_mail_can_go_to_fails_like_a_refused_one(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email="no address at all")
    await service.tell(await ana.started(service.keyring), ana.link_issued())

    await service.attempt_all_due()

    assert transport.taken == []
    assert (await service.events())[-1][1]["reason_code"] == "address_refused"


async def test_what_cannot_be_sent_now_is_put_off_longer_each_time_then_given_up(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring), ana.link_issued())
    transport.failures.extend(TransientFailure("down") for _ in range(3))

    assert await service.attempt_all_due() == 1
    service.now += timedelta(seconds=5)
    assert await service.attempt_all_due() == 0
    service.now += timedelta(seconds=10)
    assert await service.attempt_all_due() == 1
    service.now += timedelta(seconds=13)
    assert await service.attempt_all_due() == 0
    service.now += timedelta(seconds=20)
    assert await service.attempt_all_due() == 1

    type_, data = (await service.events())[-1]
    assert (type_, data["reason_code"]) == ("message-failed.v1", "attempts_exhausted")
    assert data["attempts"] == 3


async def test_an_attempt_that_never_ended_is_taken_again_when_its_lease_ends(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring), ana.link_issued())
    transport.failures.append(RuntimeError("the process ends here"))

    with pytest.raises(RuntimeError):
        await service.attempt_all_due()
    assert await service.attempt_all_due() == 0
    service.now += LEASE

    assert await service.attempt_all_due() == 1
    assert len(transport.taken) == 1


async def test_a_person_erased_in_the_key_ring_gets_no_message(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring), ana.link_issued())
    await service.keyring.destroy_key(ana.person_id)

    await service.attempt_all_due()

    assert transport.taken == []
    assert (await service.events())[-1][1]["reason_code"] == "recipient_erased"


async def test_a_missing_key_is_a_fault_and_no_erasure(
    service: Service, transport: Outbox, new_database: NewDatabase
) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring), ana.link_issued())
    async with service_on(new_database, transport) as elsewhere:
        service.keyring = elsewhere.keyring

        with pytest.raises(KeyMissing):
            await service.attempt_all_due()

    assert await service.event_types() == ["message-queued.v1"]

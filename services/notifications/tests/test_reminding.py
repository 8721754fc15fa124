"""Who is reminded when, on a real database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from vinculo.notifications.application.reminders import LEASE
from vinculo.notifications.domain.message import Template
from vinculo.notifications.storage.application_progress import claim_idle
from vinculo.testing.fixture_types import NewDatabase

from .events_of_a_person import NOW, Person
from .service_under_test import Outbox, Service, service_on

pytestmark = pytest.mark.servers

FIRST = timedelta(days=2)
LAST = timedelta(days=7)


@pytest.fixture
def transport() -> Outbox:
    return Outbox()


@pytest_asyncio.fixture
async def service(new_database: NewDatabase, transport: Outbox) -> AsyncIterator[Service]:
    async with service_on(new_database, transport) as made:
        yield made


async def templates(service: Service) -> list[str]:
    return [data["template"] for type_, data in await service.events() if "queued" in type_]


async def test_who_stops_is_reminded_twice_and_never_again(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring))

    for days in (1, 2, 3, 7, 8, 100):
        service.now = NOW + timedelta(days=days)
        await service.reminders.queue_batch()
        await service.attempt_all_due()

    assert await templates(service) == ["reminder", "last-reminder"]
    assert [address for address, _ in transport.sent] == [ana.email] * 2
    text = str(transport.taken[0].message.get_body(("plain",)))
    assert "Falta activar su cuenta" in text


async def test_new_progress_starts_the_clock_anew_and_names_the_next_step(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring))
    service.now = NOW + FIRST
    await service.reminders.queue_batch()
    await service.attempt_all_due()
    ana.at = NOW + timedelta(days=5)
    service.disabled_templates = frozenset({Template.WELCOME})
    await service.tell(ana.verified())

    service.now = NOW + LAST
    await service.reminders.queue_batch()
    assert await templates(service) == ["reminder"]
    service.now = ana.at + LAST
    await service.reminders.queue_batch()
    await service.attempt_all_due()

    assert await templates(service) == ["reminder", "last-reminder"]
    assert "sobre su trabajo" in str(transport.taken[-1].message.get_body(("plain",)))


@pytest.mark.parametrize("end", ["completed", "promoted", "blocked", "erased"])
async def test_nobody_is_reminded_who_is_through_or_out(service: Service, end: str) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring), getattr(ana, end)())

    service.now = NOW + timedelta(days=30)

    assert await service.reminders.queue_batch() == 0
    assert not {"reminder", "last-reminder"} & set(await templates(service))


async def test_a_promotion_that_comes_before_the_registration_is_not_forgotten(
    service: Service,
) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(ana.promoted())
    await service.tell(await ana.started(service.keyring))
    service.now = NOW + timedelta(days=30)

    assert await service.reminders.queue_batch() == 0


async def test_a_reminder_that_could_not_be_sent_before_the_person_went_on_is_dropped(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring))
    service.now = NOW + FIRST
    await service.reminders.queue_batch()
    ana.at = service.now
    await service.tell(ana.employment_declared())

    await service.attempt_all_due()

    assert transport.taken == []
    assert (await service.events())[-1][1]["reason_code"] == "no_longer_needed"


async def test_workers_that_sweep_at_once_remind_once(service: Service) -> None:
    people = [Person(email=f"p{number}@example.org") for number in range(5)]
    for person in people:
        await service.tell(await person.started(service.keyring))
    service.now = NOW + FIRST

    looked_at = await asyncio.gather(*(service.reminders.queue_batch() for _ in range(4)))

    assert sum(looked_at) == len(people)
    assert await templates(service) == ["reminder"] * len(people)


async def test_a_lease_that_ended_lets_another_worker_remind(service: Service) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring))
    service.now = NOW + FIRST
    async with service.store.engine.begin() as connection:
        claimed = await claim_idle(
            connection, idle_times=service.idle_times, now=service.now, lease=LEASE, limit=9
        )
    assert claimed == [ana.person_id]
    assert await service.reminders.queue_batch() == 0
    service.now += LEASE

    assert await service.reminders.queue_batch() == 1
    assert await templates(service) == ["reminder"]


async def test_a_disabled_reminder_is_not_sent(service: Service) -> None:
    service.disabled_templates = frozenset({Template.REMINDER})
    ana = Person(email="ana@example.org")
    await service.tell(await ana.started(service.keyring))
    service.now = NOW + FIRST

    await service.reminders.queue_batch()

    assert await templates(service) == []

"""Which people are reminded, and when."""

import asyncio
from datetime import timedelta

import pytest

from vinculo.notifications.application.reminders import LEASE
from vinculo.notifications.domain.message import Template
from vinculo.notifications.storage.application_progress import claim_idle

from ..harness import Harness, RecordedEmails
from ..incoming_events import NOW, Person

pytestmark = pytest.mark.servers
FIRST = timedelta(days=2)
LAST = timedelta(days=7)


async def templates(harness: Harness) -> list[str]:
    return [data["template"] for type_, data in await harness.events() if "queued" in type_]


async def test_a_person_who_stops_after_the_activation_is_reminded_twice_at_most(
    harness: Harness, emails: RecordedEmails
) -> None:
    harness.disabled_templates = frozenset({Template.WELCOME})
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring), ana.verified())

    for days in (1, 2, 3, 7, 8, 100):
        harness.now = NOW + timedelta(days=days)
        await harness.reminders.queue_batch()
        await harness.deliver_due()

    assert await templates(harness) == ["reminder", "last-reminder"]
    assert [address for address, _ in emails.sent] == [ana.email] * 2


async def test_each_submission_is_reminded_once_at_most_until_one_is_activated(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring))
    await remind_until(harness, days=100)

    ana.at = harness.now
    await harness.receive(await ana.submitted_again(harness.keyring, "again@example.org"))
    await remind_until(harness, days=200)

    assert await templates(harness) == ["reminder", "reminder"]
    assert [address for address, _ in emails.sent] == [ana.email, "again@example.org"]
    text = str(emails.messages[0].message.get_body(("plain",)))
    assert "Lo que sigue: Activar su cuenta." in text


async def remind_until(harness: Harness, *, days: int) -> None:
    end = NOW + timedelta(days=days)
    while harness.now < end:
        harness.now += timedelta(days=5)
        assert await harness.reminders.queue_batch() <= 1
        await harness.deliver_due()


async def test_progress_restarts_the_idle_time_and_changes_the_next_step(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring))
    harness.now = NOW + FIRST
    await harness.reminders.queue_batch()
    await harness.deliver_due()
    ana.at = NOW + timedelta(days=5)
    harness.disabled_templates = frozenset({Template.WELCOME})
    await harness.receive(ana.verified())

    harness.now = NOW + LAST
    await harness.reminders.queue_batch()
    assert await templates(harness) == ["reminder"]
    harness.now = ana.at + LAST
    await harness.reminders.queue_batch()
    await harness.deliver_due()

    assert await templates(harness) == ["reminder", "last-reminder"]
    assert "sobre su trabajo" in str(emails.messages[-1].message.get_body(("plain",)))


@pytest.mark.parametrize("end", ["completed", "promoted", "blocked", "erased"])
async def test_no_reminder_after_completion_promotion_block_or_erasure(
    harness: Harness, end: str
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring), getattr(ana, end)())

    harness.now = NOW + timedelta(days=30)

    assert await harness.reminders.queue_batch() == 0
    assert not {"reminder", "last-reminder"} & set(await templates(harness))


async def test_a_promotion_received_before_the_registration_still_counts(
    harness: Harness,
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(ana.promoted())
    await harness.receive(await ana.started(harness.keyring))
    harness.now = NOW + timedelta(days=30)

    assert await harness.reminders.queue_batch() == 0


async def test_a_reminder_still_unsent_when_the_person_continues_is_dropped(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring))
    harness.now = NOW + FIRST
    await harness.reminders.queue_batch()
    ana.at = harness.now
    await harness.receive(ana.employment_declared())

    await harness.deliver_due()

    assert emails.messages == []
    assert (await harness.events())[-1][1]["reason_code"] == "no_longer_needed"


async def test_workers_that_sweep_concurrently_remind_once(harness: Harness) -> None:
    people = [Person(email=f"p{number}@example.org") for number in range(5)]
    for person in people:
        await harness.receive(await person.started(harness.keyring))
    harness.now = NOW + FIRST

    looked_at = await asyncio.gather(*(harness.reminders.queue_batch() for _ in range(4)))

    assert sum(looked_at) == len(people)
    assert await templates(harness) == ["reminder"] * len(people)


async def test_an_expired_lease_lets_another_worker_remind(harness: Harness) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring))
    harness.now = NOW + FIRST
    async with harness.store.engine.begin() as connection:
        claimed = await claim_idle(
            connection, idle_times=harness.idle_times, now=harness.now, lease=LEASE, limit=9
        )
    assert claimed == [ana.person_id]
    assert await harness.reminders.queue_batch() == 0
    harness.now += LEASE

    assert await harness.reminders.queue_batch() == 1
    assert await templates(harness) == ["reminder"]


async def test_a_disabled_reminder_is_not_sent(harness: Harness) -> None:
    harness.disabled_templates = frozenset({Template.REMINDER})
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring))
    harness.now = NOW + FIRST

    await harness.reminders.queue_batch()

    assert await templates(harness) == []

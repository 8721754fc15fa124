"""To whom messages go while an application has several submissions, and afterwards."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from vinculo.notifications.storage.tables import submission_contacts

from ..harness import Harness, RecordedEmails
from ..incoming_events import NOW, Person

pytestmark = pytest.mark.servers
OTHER = "other@example.org"


async def test_each_link_goes_to_the_address_of_its_submission_in_its_language(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana, again = Person(email="ana@example.org"), uuid4()
    started = await ana.started(harness.keyring)
    await harness.receive(started, ana.link_issued(submission_id=first_of(started)))
    await harness.receive(
        await ana.submitted_again(harness.keyring, OTHER, submission_id=again, locale="en"),
        ana.link_issued(submission_id=again, at=NOW.replace(minute=50)),
    )
    await harness.deliver_due()

    subjects = dict(emails.sent)
    assert subjects.keys() == {ana.email, OTHER}
    assert subjects[ana.email] != subjects[OTHER]


async def test_a_correction_changes_the_address_of_its_submission_alone(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana, again = Person(email="ana@example.org"), uuid4()
    started = await ana.started(harness.keyring)
    await harness.receive(
        started,
        await ana.submitted_again(harness.keyring, "mistyped@example.org", submission_id=again),
        ana.link_issued(submission_id=first_of(started)),
        await ana.email_corrected(harness.keyring, OTHER, submission_id=again),
        ana.link_issued(submission_id=again),
    )
    await harness.deliver_due()

    assert {address for address, _ in emails.sent} == {ana.email, OTHER}


async def test_after_the_activation_messages_go_to_the_activated_address_alone(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(
        await ana.started(harness.keyring),
        await ana.email_corrected(harness.keyring, "corrected@example.org"),
        await ana.submitted_again(harness.keyring, OTHER),
        await ana.activated(harness.keyring, OTHER),
        ana.promoted(),
    )
    await harness.deliver_due()

    assert [address for address, _ in emails.sent] == [OTHER, OTHER]
    assert "Otra" in emails.last_text
    assert await count_contacts(harness) == 0


async def test_a_message_that_overtakes_the_activation_waits_for_it(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(
        await ana.started(harness.keyring), await ana.submitted_again(harness.keyring, OTHER)
    )
    await harness.receive(ana.promoted())
    await harness.deliver_due()
    assert emails.sent == []

    await harness.receive(await ana.activated(harness.keyring, OTHER))
    harness.now = NOW.replace(hour=23)
    await harness.deliver_due()

    assert {address for address, _ in emails.sent} == {OTHER}


async def test_after_the_activation_a_repeat_mails_the_owner_and_its_link_to_its_own_address(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana, repeat = Person(email="ana@example.org"), uuid4()
    await harness.receive(
        await ana.started(harness.keyring), await ana.activated(harness.keyring, ana.email)
    )
    await harness.deliver_due()
    emails.messages.clear()

    await harness.receive(
        ana.repeated(),
        await ana.submitted_again(harness.keyring, OTHER, submission_id=repeat),
        ana.link_issued(submission_id=repeat),
    )
    await harness.deliver_due()

    addresses = {subject: address for address, subject in emails.sent}
    assert sorted(addresses.values()) == [ana.email, OTHER]
    assert await count_contacts(harness) == 1
    await harness.receive(ana.dropped(repeat))
    assert await count_contacts(harness) == 0


@pytest.mark.parametrize("end", ["dropped", "key destroyed"])
async def test_the_link_of_a_submission_that_has_ended_is_not_sent(
    harness: Harness, emails: RecordedEmails, end: str
) -> None:
    ana, again = Person(email="ana@example.org"), uuid4()
    await harness.receive(
        await ana.started(harness.keyring),
        await ana.submitted_again(harness.keyring, OTHER, submission_id=again),
        ana.link_issued(submission_id=again),
    )
    await harness.keyring.destroy_key(again)
    if end == "dropped":
        await harness.receive(ana.dropped(again))
    await harness.deliver_due()

    assert emails.sent == []
    reason = (await harness.events())[-1][1]["reason_code"]
    assert reason == ("no_longer_needed" if end == "dropped" else "recipient_erased")


async def test_a_first_submission_without_an_id_gets_it_from_its_next_link(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    started = await ana.started(harness.keyring)
    await harness.receive(started)
    async with harness.store.engine.begin() as connection:
        await connection.execute(update(submission_contacts).values(submission_id=ana.person_id))
    await harness.receive(
        await ana.submitted_again(harness.keyring, OTHER),
        ana.link_issued(submission_id=first_of(started)),
    )
    await harness.deliver_due()

    assert [address for address, _ in emails.sent] == [ana.email]


async def test_an_erasure_deletes_the_contacts_of_all_submissions(harness: Harness) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(
        await ana.started(harness.keyring), await ana.submitted_again(harness.keyring, OTHER)
    )

    await harness.receive(ana.erased())

    assert await count_contacts(harness) == 0


def first_of(started: object) -> UUID:
    payload = started.payload  # type: ignore[attr-defined]
    assert isinstance(payload.registration_id, UUID)
    return payload.registration_id


async def count_contacts(harness: Harness) -> int:
    async with harness.store.engine.connect() as connection:
        statement = select(func.count()).select_from(submission_contacts)
        return await connection.scalar(statement) or 0

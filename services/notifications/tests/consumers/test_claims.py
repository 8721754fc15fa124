"""Messages to the claimant of a document go to the proven address, until the decision and after."""

from uuid import uuid4

import pytest

from ..harness import Harness, RecordedEmails
from ..incoming_events import NOW, Person
from .test_submissions import OTHER, count_contacts

pytestmark = pytest.mark.servers


async def holder(harness: Harness, emails: RecordedEmails) -> Person:
    """A person with an active account; the messages until then are forgotten."""
    eva = Person(email="eva@example.org", given_names="Eva")
    await harness.receive(
        await eva.started(harness.keyring), await eva.activated(harness.keyring, eva.email)
    )
    await harness.deliver_due()
    emails.messages.clear()
    return eva


@pytest.mark.parametrize("end", ["refused", "expired"])
async def test_the_claimant_hears_of_claim_and_end_although_the_contact_was_deleted(
    harness: Harness, emails: RecordedEmails, end: str
) -> None:
    """The activation deleted the contacts of all losing submissions; the claim brings its own."""
    eva, submission = await holder(harness, emails), uuid4()
    await harness.keyring.create_key(eva.person_id, submission)
    await harness.receive(
        await eva.claim_opened(harness.keyring, OTHER, submission_id=submission, locale="en")
    )
    await harness.deliver_due()
    ended = eva.claim_refused if end == "refused" else eva.claim_expired
    await harness.receive(ended(submission_id=submission))
    await harness.deliver_due()

    assert [address for address, _ in emails.sent] == [OTHER, OTHER]
    assert not any("Otra" in subject or "Eva" in subject for _, subject in emails.sent)
    assert "Hello Otra" in emails.last_text
    assert "Eva" not in emails.last_text
    await harness.receive(eva.dropped(submission))
    assert await count_contacts(harness) == 0


async def test_the_message_of_a_granted_claim_goes_to_the_claimants_own_record(
    harness: Harness, emails: RecordedEmails
) -> None:
    """Whichever of the two topics comes first, and although the submission's key is destroyed."""
    eva, submission = await holder(harness, emails), uuid4()
    await harness.keyring.create_key(eva.person_id, submission)
    claimant = Person(email=OTHER, given_names="Otra")
    await harness.receive(
        eva.claim_granted(submission_id=submission, claimant_id=claimant.person_id)
    )
    await harness.deliver_due()
    assert emails.sent == []
    await harness.keyring.destroy_key(submission)

    await harness.receive(await claimant.started(harness.keyring))
    harness.now = NOW.replace(hour=23)
    await harness.deliver_due()

    assert [address for address, _ in emails.sent] == [OTHER]
    assert "Otra" in emails.last_text


async def test_a_claim_to_the_document_of_an_erased_person_is_not_answered(
    harness: Harness, emails: RecordedEmails
) -> None:
    eva, submission = await holder(harness, emails), uuid4()
    await harness.keyring.create_key(eva.person_id, submission)
    opened = await eva.claim_opened(harness.keyring, OTHER, submission_id=submission)
    await harness.receive(eva.erased())
    await harness.receive(opened, eva.claim_expired(submission_id=submission))
    await harness.deliver_due()

    assert emails.sent == []
    assert await count_contacts(harness) == 0

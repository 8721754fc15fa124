"""Attempts to deliver a message: contents, retries, failures."""

from datetime import timedelta
from uuid import uuid4

import pytest

from vinculo.notifications.delivery.transports import PermanentFailure, TransientFailure
from vinculo.notifications.domain.message import FailureReason
from vinculo.privacy import KeyMissing, link_token
from vinculo.testing.fixture_types import NewDatabase

from ..harness import (
    APP_URL,
    DOCUMENT_INTERVAL,
    LEASE,
    LINK_KEY,
    Harness,
    RecordedEmails,
    RecordedSms,
    harness_on,
)
from ..incoming_events import NOW, Person

pytestmark = pytest.mark.servers

OLD = "old@example.org"
NEW = "new@example.org"


async def test_the_activation_link_carries_the_computed_token(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    link_id = uuid4()
    await harness.receive(await ana.started(harness.keyring), ana.link_issued(link_id=link_id))

    await harness.deliver_due()

    (email,) = emails.messages
    body = email.message.get_body(("plain",))
    assert email.address == "ana@example.org"
    assert body is not None
    token = link_token(LINK_KEY, link_id)
    assert f"{APP_URL}/activate#{link_id}.{token}" in body.get_content()
    assert token not in await harness.everything_stored()
    type_, data = (await harness.events())[-1]
    assert (type_, data["attempts"]) == ("message-sent.v1", 1)


async def test_a_sent_message_is_not_sent_again(harness: Harness, emails: RecordedEmails) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring), ana.link_issued())

    await harness.deliver_due()
    harness.now += timedelta(days=1)

    assert await harness.deliver_due() == 0
    assert len(emails.messages) == 1


async def test_an_expired_link_is_not_sent(harness: Harness, emails: RecordedEmails) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(
        await ana.started(harness.keyring), ana.link_issued(expires_at=NOW + timedelta(hours=1))
    )
    harness.now = NOW + timedelta(hours=1)

    await harness.deliver_due()

    assert emails.messages == []
    assert (await harness.events())[-1][1]["reason_code"] == "link_expired"


async def test_a_newer_link_supersedes_an_older_one(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    newer = uuid4()
    await harness.receive(
        await ana.started(harness.keyring),
        ana.link_issued(),
        ana.link_issued(at=NOW + timedelta(minutes=1), link_id=newer),
    )

    await harness.deliver_due()

    (email,) = emails.messages
    assert str(newer) in email.message.as_string()
    reasons = [data.get("reason_code") for _, data in await harness.events()]
    assert reasons.count("link_superseded") == 1


async def test_a_refused_address_fails_at_once(harness: Harness, emails: RecordedEmails) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring), ana.link_issued())
    emails.failures.append(PermanentFailure(FailureReason.ADDRESS_REFUSED, 550))

    await harness.deliver_due()
    harness.now += timedelta(hours=1)

    assert await harness.deliver_due() == 0
    assert (await harness.events())[-1][1]["reason_code"] == "address_refused"


async def test_an_invalid_address_fails_like_a_refused_one(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="no address at all")
    await harness.receive(await ana.started(harness.keyring), ana.link_issued())

    await harness.deliver_due()

    assert emails.messages == []
    assert (await harness.events())[-1][1]["reason_code"] == "address_refused"


async def test_attempts_are_repeated_with_growing_delays_up_to_a_maximum(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring), ana.link_issued())
    emails.failures.extend(TransientFailure("down") for _ in range(3))

    assert await harness.deliver_due() == 1
    harness.now += timedelta(seconds=5)
    assert await harness.deliver_due() == 0
    harness.now += timedelta(seconds=10)
    assert await harness.deliver_due() == 1
    harness.now += timedelta(seconds=13)
    assert await harness.deliver_due() == 0
    harness.now += timedelta(seconds=20)
    assert await harness.deliver_due() == 1

    type_, data = (await harness.events())[-1]
    assert (type_, data["reason_code"]) == ("message-failed.v1", "attempts_exhausted")
    assert data["attempts"] == 3


async def test_an_attempt_that_never_ended_is_repeated_when_its_lease_expires(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring), ana.link_issued())
    emails.failures.append(RuntimeError("the process ends here"))

    with pytest.raises(RuntimeError):
        await harness.deliver_due()
    assert await harness.deliver_due() == 0
    harness.now += LEASE

    assert await harness.deliver_due() == 1
    assert len(emails.messages) == 1


async def test_a_person_whose_key_was_destroyed_gets_no_message(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring), ana.link_issued())
    await harness.keyring.destroy_key(ana.person_id)

    await harness.deliver_due()

    assert emails.messages == []
    assert (await harness.events())[-1][1]["reason_code"] == "recipient_erased"


async def test_a_missing_key_is_an_error_and_not_an_erasure(
    harness: Harness, new_database: NewDatabase
) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(await ana.started(harness.keyring), ana.link_issued())
    async with harness_on(new_database) as elsewhere:
        harness.keyring = elsewhere.keyring

        with pytest.raises(KeyMissing):
            await harness.deliver_due()

    assert await harness.event_types() == ["message-queued.v1"]


async def test_a_newer_code_supersedes_an_older_one(harness: Harness, sms: RecordedSms) -> None:
    ana = Person(email=OLD)
    first = ana.phone_code_issued()
    ana.at = ana.at.replace(minute=50)
    await harness.receive(await ana.started(harness.keyring), first, ana.phone_code_issued())

    await harness.deliver_due()

    assert len(sms.sent) == 1


async def test_a_refused_correction_is_explained_with_reason_and_note(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email=OLD)
    await harness.receive(
        await ana.started(harness.keyring),
        await ana.correction_refused(harness.keyring, "Falta la cédula nueva"),
    )

    await harness.deliver_due()

    assert "no muestran el cambio" in emails.last_text
    assert "Falta la cédula nueva" in emails.last_text


async def deliver_news_of_documents(harness: Harness) -> None:
    """They are held for ten minutes, so that all of them are one mail."""
    await harness.deliver_due()
    harness.now += DOCUMENT_INTERVAL
    await harness.deliver_due()


async def test_an_unusable_or_rejected_document_is_explained_with_its_reason(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email=OLD)
    await harness.receive(await ana.started(harness.keyring), ana.document_unusable())
    await deliver_news_of_documents(harness)

    assert "su desprendible de pago" in emails.last_text
    assert "el archivo tiene contraseña" in emails.last_text

    await harness.receive(await ana.document_rejected(harness.keyring, "Se ve borrosa <b>"))
    await deliver_news_of_documents(harness)

    assert "el respaldo de su documento" in emails.last_text
    assert "no se lee bien" in emails.last_text
    assert "Se ve borrosa <b>" in emails.last_text
    assert "Se ve borrosa &lt;b&gt;" in emails.last_html
    assert "borrosa" not in await harness.everything_stored()


async def test_a_demand_for_a_document_contains_the_reviewers_note(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email=OLD)
    await harness.receive(
        await ana.started(harness.keyring),
        await ana.document_demanded(harness.keyring, "De los últimos tres meses"),
    )
    await deliver_news_of_documents(harness)

    assert "su extracto bancario" in emails.last_text
    assert "De los últimos tres meses" in emails.last_text
    assert "tres meses" not in await harness.everything_stored()


async def test_a_password_reset_carries_its_link_and_expires(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana, link_id = Person(email=OLD, locale="en"), uuid4()
    await harness.receive(
        await ana.started(harness.keyring), ana.password_reset_requested(link_id=link_id)
    )

    await harness.deliver_due()

    token = link_token(LINK_KEY, link_id)
    assert f"{APP_URL}/reset-password#{link_id}.{token}" in emails.last_text
    assert token not in await harness.everything_stored()


async def test_a_verified_address_gets_a_welcome_message(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email=OLD)
    await harness.receive(await ana.started(harness.keyring), ana.verified())

    await harness.deliver_due()

    assert emails.sent == [(OLD, "Su cuenta en Vínculo está activa")]

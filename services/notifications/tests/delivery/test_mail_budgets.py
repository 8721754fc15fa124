"""How many messages of a kind one address gets, and what the collecting ones contain."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from vinculo.notifications.delivery.transports import PermanentFailure, TransientFailure
from vinculo.notifications.domain.message import FailureReason
from vinculo.notifications.storage.deliveries import DeliveryState, claim_due, measure_backlog
from vinculo.notifications.storage.tables import deliveries, message_budgets
from vinculo.privacy import link_token

from ..harness import (
    APP_URL,
    DOCUMENT_INTERVAL,
    LEASE,
    LINK_KEY,
    Harness,
    RecordedEmails,
    RecordedSms,
)
from ..incoming_events import Person

pytestmark = pytest.mark.servers

SHARED = "shared@example.org"
INTERVAL = timedelta(hours=1)
DAY = timedelta(days=1)
CONCURRENT = 6


def link_to(page: str, link_id: UUID) -> str:
    return f"{APP_URL}/{page}#{link_id}.{link_token(LINK_KEY, link_id)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    person: Person
    link_id: UUID
    submission_id: UUID


async def register(
    harness: Harness, email: str = SHARED, *, at: datetime | None = None
) -> Registration:
    """A registration of a new person."""
    person, link_id = Person(email=email, at=at or harness.now), uuid4()
    started = await person.started(harness.keyring)
    submission_id = UUID(str(started.payload.registration_id))
    issued = person.link_issued(
        at=harness.now,
        expires_at=harness.now + DAY,
        link_id=link_id,
        submission_id=submission_id,
    )
    await harness.receive(started, issued)
    return Registration(person=person, link_id=link_id, submission_id=submission_id)


async def register_all(harness: Harness, count: int, email: str = SHARED) -> list[UUID]:
    return [(await register(harness, email)).link_id for _ in range(count)]


async def use_up(harness: Harness, email: str = SHARED) -> None:
    """Three registrations whose mails are sent, and forgotten by the test."""
    await register_all(harness, 3, email)
    await harness.deliver_due()
    assert len(harness.emails.messages) == 3
    harness.emails.messages.clear()


def texts(emails: RecordedEmails) -> list[str]:
    bodies = [each.message.get_body(("plain",)) for each in emails.messages]
    return [str(body.get_content()) for body in bodies if body is not None]


def links_in(text: str, links: Sequence[UUID]) -> list[UUID]:
    return [each for each in links if link_to("activate", each) in text]


async def test_twelve_registrations_of_an_address_give_three_mails_and_a_collecting_one(
    harness: Harness, emails: RecordedEmails
) -> None:
    links = await register_all(harness, 12)

    await harness.deliver_due()
    assert len(emails.messages) == 3
    harness.now += INTERVAL - timedelta(seconds=1)
    await harness.deliver_due()
    assert len(emails.messages) == 3
    harness.now += timedelta(seconds=1)
    await harness.deliver_due()

    assert [len(links_in(text, links)) for text in texts(emails)] == [1, 1, 1, 9]
    assert {each for text in texts(emails) for each in links_in(text, links)} == set(links)
    assert {address for address, _ in emails.sent} == {SHARED}
    types = await harness.event_types()
    assert (types.count("message-queued.v1"), types.count("message-sent.v1")) == (12, 12)
    harness.now += INTERVAL
    assert await harness.deliver_due() == 0


async def test_the_collecting_mail_shows_project_and_time_and_no_name(
    harness: Harness, emails: RecordedEmails
) -> None:
    await register_all(harness, 5)
    await harness.deliver_due()
    harness.now += INTERVAL
    await harness.deliver_due()

    for part in (emails.last_text, emails.last_html):
        assert "default" in part
        assert "jueves 5 de noviembre de 2026, 3:45" in part
        assert "Ana María" not in part
    assert emails.sent[-1][1] == "Enlaces para activar cuentas en Vínculo"


async def test_a_single_collected_link_comes_in_the_usual_mail(
    harness: Harness, emails: RecordedEmails
) -> None:
    await register_all(harness, 4)
    await harness.deliver_due()
    harness.now += INTERVAL
    await harness.deliver_due()

    assert len(emails.messages) == 4
    assert "Hola, Ana María" in emails.last_text


async def test_the_history_names_the_mail_that_contained_a_message(harness: Harness) -> None:
    await register_all(harness, 5)
    await harness.deliver_due()
    harness.now += INTERVAL
    await harness.deliver_due()

    sent = [data for type_, data in await harness.events() if type_ == "message-sent.v1"]
    carriers = [data["message_id"] for data in sent if data["collected_in"] is None]
    (member,) = [data for data in sent if data["collected_in"] is not None]
    assert member["collected_in"] in carriers
    assert member["attempts"] == 1


async def test_other_addresses_and_other_kinds_have_budgets_of_their_own(
    harness: Harness, emails: RecordedEmails
) -> None:
    owner = Person(email=SHARED)
    await harness.receive(await owner.started(harness.keyring), owner.verified())
    await register_all(harness, 8)
    await register_all(harness, 2, "another@example.org")
    await harness.deliver_due()
    assert len([address for address, _ in emails.sent if address == "another@example.org"]) == 2

    emails.messages.clear()
    reset = uuid4()
    await harness.receive(owner.password_reset_requested(link_id=reset), owner.repeated())
    await harness.deliver_due()

    assert len(emails.messages) == 2
    assert any(link_to("reset-password", reset) in text for text in texts(emails))


async def test_letter_case_does_not_multiply_the_budget(
    harness: Harness, emails: RecordedEmails
) -> None:
    for email in ("a@example.org", "A@example.org", "a@EXAMPLE.org", "A@Example.Org"):
        await register(harness, email)

    await harness.deliver_due()

    assert len(emails.messages) == 3


async def test_a_retry_uses_no_budget_and_takes_along_what_is_held(
    harness: Harness, emails: RecordedEmails
) -> None:
    links = await register_all(harness, 5)
    emails.failures.extend([TransientFailure("down")] * 3)
    await harness.deliver_due()
    assert emails.messages == []

    harness.now += timedelta(seconds=15)
    await harness.deliver_due()

    assert len(emails.messages) == 3
    assert {each for text in texts(emails) for each in links_in(text, links)} == set(links)


async def test_a_link_that_expires_while_it_is_held_is_left_out(
    harness: Harness, emails: RecordedEmails
) -> None:
    await use_up(harness)
    person = Person(email=SHARED)
    expiring = person.link_issued(expires_at=harness.now + timedelta(minutes=30))
    await harness.receive(await person.started(harness.keyring), expiring)
    kept = await register_all(harness, 2)
    await harness.deliver_due()
    harness.now += INTERVAL
    await harness.deliver_due()

    assert links_in(emails.last_text, kept) == kept
    assert [data.get("reason_code") for _, data in await harness.events()].count(
        "link_expired"
    ) == 1


async def test_a_corrected_address_takes_its_link_out_of_the_old_addresss_mail(
    harness: Harness, emails: RecordedEmails
) -> None:
    await use_up(harness)
    mistyped = await register(harness)
    kept = await register_all(harness, 2)
    await harness.deliver_due()
    new_link, of = uuid4(), mistyped.submission_id
    await harness.receive(
        await mistyped.person.email_corrected(
            harness.keyring, "right@example.org", submission_id=of
        ),
        mistyped.person.link_issued(
            at=harness.now + timedelta(minutes=1),
            expires_at=harness.now + DAY,
            link_id=new_link,
            submission_id=of,
        ),
    )
    await harness.deliver_due()
    assert [address for address, _ in emails.sent] == ["right@example.org"]

    harness.now += INTERVAL
    await harness.deliver_due()

    assert [address for address, _ in emails.sent] == ["right@example.org", SHARED]
    assert links_in(emails.last_text, [*kept, mistyped.link_id, new_link]) == kept


async def test_an_address_corrected_before_the_new_link_arrives_is_not_mailed_the_old_way(
    harness: Harness, emails: RecordedEmails
) -> None:
    await use_up(harness)
    kept = await register_all(harness, 1)
    corrected = await register(harness)
    moved = corrected.link_id
    await harness.deliver_due()
    await harness.receive(
        await corrected.person.email_corrected(
            harness.keyring, "right@example.org", submission_id=corrected.submission_id
        )
    )

    harness.now += INTERVAL
    await harness.deliver_due()
    await harness.deliver_due()

    by_address = [
        (address, links_in(text, [*kept, moved]))
        for (address, _), text in zip(emails.sent, texts(emails), strict=True)
    ]
    assert sorted(by_address) == [("right@example.org", [moved]), (SHARED, kept)]


async def test_an_erased_person_is_left_out(harness: Harness, emails: RecordedEmails) -> None:
    await use_up(harness)
    erased = await register(harness)
    kept = await register_all(harness, 2)
    await harness.deliver_due()
    await harness.receive(erased.person.erased())

    harness.now += INTERVAL
    await harness.deliver_due()

    assert links_in(emails.last_text, [*kept, erased.link_id]) == kept
    async with harness.store.engine.connect() as connection:
        keys = await connection.scalars(
            select(deliveries.c.recipient_key).where(
                deliveries.c.state == DeliveryState.FAILED.value
            )
        )
        assert list(keys) == [None]


async def test_a_refused_collecting_mail_fails_every_message_in_it(
    harness: Harness, emails: RecordedEmails
) -> None:
    await register_all(harness, 5)
    await harness.deliver_due()
    emails.failures.append(PermanentFailure(FailureReason.ADDRESS_REFUSED, 550))
    harness.now += INTERVAL
    await harness.deliver_due()

    failed = [data for type_, data in await harness.events() if type_ == "message-failed.v1"]
    assert [each["reason_code"] for each in failed] == ["address_refused"] * 2


async def test_a_new_reset_link_comes_within_its_life(
    harness: Harness, emails: RecordedEmails
) -> None:
    owner = Person(email=SHARED)
    await harness.receive(await owner.started(harness.keyring), owner.verified())
    await harness.deliver_due()
    emails.messages.clear()
    links = []
    for _ in range(5):
        links.append(uuid4())
        owner.at = harness.now
        await harness.receive(owner.password_reset_requested(link_id=links[-1]))
        await harness.deliver_due()
        harness.now += timedelta(minutes=1)
    assert len(emails.messages) == 3

    harness.now += timedelta(minutes=10)
    await harness.deliver_due()

    assert len(emails.messages) == 4
    assert link_to("reset-password", links[-1]) in emails.last_text


async def test_notices_to_the_owner_are_collected_too(
    harness: Harness, emails: RecordedEmails
) -> None:
    owner = Person(email=SHARED, locale="en")
    await harness.receive(await owner.started(harness.keyring), owner.verified())
    await harness.deliver_due()
    emails.messages.clear()
    for _ in range(6):
        owner.at = harness.now
        await harness.receive(owner.repeated())
        await harness.deliver_due()
        harness.now += timedelta(minutes=1)
    assert len(emails.messages) == 3

    harness.now += timedelta(hours=6)
    await harness.deliver_due()

    assert len(emails.messages) == 4
    assert emails.last_text.count("Thursday, November 5, 2026, ") == 3


async def test_codes_to_one_number_are_collected_in_a_short_message(
    harness: Harness, sms: RecordedSms
) -> None:
    """Several people who give one phone cannot make it ring more often than its budget."""
    for number in range(8):
        person = Person(email=f"{number}@example.org", at=harness.now)
        await harness.receive(await person.started(harness.keyring), person.phone_code_issued())
    await harness.deliver_due()
    assert len(sms.sent) == 5

    harness.now += timedelta(minutes=2)
    await harness.deliver_due()

    assert len(sms.sent) == 6
    assert {phone for phone, _ in sms.sent} == {"+573001234567"}
    codes = [word.strip(",.") for word in sms.sent[-1][1].split() if word[:6].isdigit()]
    assert len(set(codes)) == 3


async def test_reminders_before_activation_are_sent_once_for_all_registrations_of_an_address(
    harness: Harness, emails: RecordedEmails
) -> None:
    await register_all(harness, 6)
    harness.now += timedelta(days=3)
    await harness.deliver_due()
    emails.messages.clear()
    await harness.reminders.queue_all_due()
    await harness.deliver_due()
    assert len(emails.messages) == 3
    harness.now += INTERVAL
    await harness.deliver_due()

    assert len(emails.messages) == 4
    assert await harness.deliver_due() == 0


async def test_the_budget_begins_again_after_its_window_and_ended_ones_are_deleted(
    harness: Harness, emails: RecordedEmails
) -> None:
    await register_all(harness, 4)
    await harness.deliver_due()
    harness.now += DAY
    await register_all(harness, 3, "another@example.org")
    await harness.deliver_due()
    async with harness.store.engine.connect() as connection:
        rows = (await connection.execute(select(message_budgets))).all()
    assert len(rows) == 1

    await register_all(harness, 3)
    await harness.deliver_due()
    assert len([address for address, _ in emails.sent if address == SHARED]) == 6


async def test_two_workers_send_one_collecting_mail(
    harness: Harness, emails: RecordedEmails
) -> None:
    """Both claim held messages at the same time, before either asks for the budget."""
    links = await register_all(harness, 3 + CONCURRENT)
    await harness.deliver_due()
    harness.now += INTERVAL
    claimed = []
    for _ in range(CONCURRENT):
        async with harness.store.engine.begin() as connection:
            claimed += await claim_due(connection, now=harness.now, lease=LEASE, limit=1)
    assert len(claimed) == CONCURRENT

    await asyncio.gather(*(harness.delivery.deliver(each) for each in claimed))

    assert [len(links_in(text, links)) for text in texts(emails)] == [1, 1, 1, CONCURRENT]
    assert await harness.deliver_due() == 0


async def test_a_crash_after_sending_repeats_the_mail_once_and_loses_no_link(
    harness: Harness, emails: RecordedEmails
) -> None:
    links = await register_all(harness, 6)
    await harness.deliver_due()
    harness.now += INTERVAL
    emails.failures.append(RuntimeError("the process ends here"))
    with pytest.raises(RuntimeError):
        await harness.deliver_due()

    harness.now += LEASE
    await harness.deliver_due()
    await harness.deliver_due()

    assert len(emails.messages) == 4
    assert len(links_in(emails.last_text, links)) == 3


async def test_held_messages_do_not_count_as_late(harness: Harness) -> None:
    await register_all(harness, 5)
    await harness.deliver_due()
    harness.now += timedelta(minutes=50)

    async with harness.store.engine.connect() as connection:
        backlog = await measure_backlog(connection, now=harness.now)

    assert (backlog.held, backlog.due, backlog.oldest_due_age_seconds) == (2, 0, 0)


async def test_a_collecting_mail_has_a_limit_and_the_next_one_has_the_rest(
    harness: Harness, emails: RecordedEmails
) -> None:
    links = await register_all(harness, 8)
    await harness.deliver_due()
    harness.collected_at_most = 3
    for _ in range(2):
        harness.now += INTERVAL
        await harness.deliver_due()

    assert [len(links_in(text, links)) for text in texts(emails)] == [1, 1, 1, 3, 2]


async def test_no_address_is_stored_with_a_budget(harness: Harness) -> None:
    await register_all(harness, 5)
    await harness.deliver_due()

    assert SHARED not in await harness.everything_stored()


async def test_a_held_message_is_retried_after_an_internal_error(
    harness: Harness, emails: RecordedEmails
) -> None:
    await register_all(harness, 4)
    await harness.deliver_due()
    harness.now += INTERVAL
    async with harness.store.engine.begin() as connection:
        (claimed,) = await claim_due(connection, now=harness.now, lease=LEASE, limit=10)
    await harness.delivery.postpone(claimed)
    harness.now += LEASE
    await harness.deliver_due()

    assert len(emails.messages) == 4


async def test_all_news_of_ten_minutes_about_a_persons_documents_are_one_mail(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana, other = Person(email=SHARED), Person(email=SHARED, given_names="Otro")
    await harness.receive(await ana.started(harness.keyring), ana.document_unusable())
    await harness.receive(await other.started(harness.keyring), other.document_unusable("payslip"))
    await harness.deliver_due()
    for news in (
        *(ana.document_unusable("payslip", "encrypted") for _ in range(8)),
        ana.document_unusable("identity_card_front", "too_many_pixels"),
        await ana.document_rejected(harness.keyring, "Se ve borrosa <b>"),
        await ana.document_demanded(harness.keyring, "De los últimos tres meses"),
    ):
        harness.now += timedelta(seconds=20)
        await harness.receive(news)
        await harness.deliver_due()
    assert emails.messages == []

    harness.now += DOCUMENT_INTERVAL
    await harness.deliver_due()

    of_other, of_ana = sorted(texts(emails), key=len)
    assert "Hola, Otro" in of_other
    assert of_ana.count("su desprendible de pago: no pudimos usar el archivo") == 1
    assert "el archivo tiene contraseña" in of_ana
    assert "no lo pudimos aceptar. Motivo: no se lee bien." in of_ana
    assert "Nota de quien lo revisó: Se ve borrosa <b>" in of_ana
    assert "su extracto bancario: lo necesitamos además de los otros." in of_ana
    assert "De los últimos tres meses" in of_ana
    assert of_ana.count(f"{APP_URL}/application/documents") == 1
    subjects = [str(each.message["Subject"]) for each in emails.messages]
    assert sorted(subjects) == ["Necesitamos otro archivo", "Novedades de sus documentos"]
    types = await harness.event_types()
    assert types.count("message-sent.v1") == types.count("message-queued.v1") == 13
    assert "borrosa" not in await harness.everything_stored()


async def test_news_about_documents_after_the_mail_wait_for_the_next_one(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email=SHARED)
    await harness.receive(await ana.started(harness.keyring), ana.document_unusable())
    await harness.deliver_due()
    harness.now += DOCUMENT_INTERVAL
    await harness.deliver_due()
    assert len(emails.messages) == 1

    harness.now += timedelta(seconds=1)
    await harness.receive(ana.document_unusable())
    await harness.deliver_due()
    harness.now += DOCUMENT_INTERVAL - timedelta(seconds=1)
    await harness.deliver_due()
    assert len(emails.messages) == 1
    harness.now += timedelta(seconds=1)
    await harness.deliver_due()
    assert len(emails.messages) == 2


async def test_a_failed_attempt_with_news_about_documents_is_repeated_with_all_of_them(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email=SHARED)
    await harness.receive(
        await ana.started(harness.keyring),
        ana.document_unusable(),
        ana.document_unusable("identity_card_front"),
    )
    await harness.deliver_due()
    emails.failures.append(TransientFailure())
    harness.now += DOCUMENT_INTERVAL
    await harness.deliver_due()
    assert emails.messages == []

    harness.now += timedelta(minutes=30)
    await harness.deliver_due()
    await harness.deliver_due()
    assert len(emails.messages) == 1
    assert (await harness.event_types()).count("message-sent.v1") == 2

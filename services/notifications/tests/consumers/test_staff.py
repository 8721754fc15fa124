"""Mails to members of staff, who are known by their events alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from vinculo.events import uuid7
from vinculo.messaging import ConsumedEvent
from vinculo.notifications.storage.tables import deliveries, recipients
from vinculo.privacy import link_token

from ..harness import CONSOLE_URL, LINK_KEY, Harness, RecordedEmails
from ..incoming_events import NOW, Person

pytestmark = pytest.mark.servers

ADDRESS = "revisora@example.com"


async def staff_event(
    harness: Harness, staff_id: UUID, type_: str, version: int = 1, **data: Any
) -> ConsumedEvent:
    event_id = uuid7()
    await harness.keyring.create_key(staff_id)
    sealed = await harness.keyring.encrypt(staff_id, event_id, {"v": 1, "contact": ADDRESS})
    return Person(email=ADDRESS, person_id=staff_id).staff_event(
        type_, {**data, "personal": sealed}, version, event_id
    )


async def invitation(
    harness: Harness, staff_id: UUID, link_id: UUID, version: int = 1, locale: str = "es"
) -> ConsumedEvent:
    at = NOW + timedelta(minutes=version)
    return await staff_event(
        harness,
        staff_id,
        "staff-invited.v1",
        version,
        link_id=str(link_id),
        role="reviewer",
        locale=locale,
        invited_by=str(UUID(int=9)),
        invited_at=at.isoformat(),
        expires_at=(at + timedelta(days=3)).isoformat(),
    )


@pytest.mark.parametrize(
    ("locale", "subject"),
    [
        ("es", "Le invitaron a la consola de Vínculo"),
        ("en", "You are invited to the console of Vínculo"),
        ("fr", "Le invitaron a la consola de Vínculo"),
    ],
)
async def test_an_invitation_leads_to_the_console_in_the_members_language(
    harness: Harness, emails: RecordedEmails, locale: str, subject: str
) -> None:
    staff_id, link_id = uuid7(), uuid4()

    await harness.receive(await invitation(harness, staff_id, link_id, locale=locale))
    await harness.deliver_due()

    assert emails.sent == [(ADDRESS, subject)]
    link = f"{CONSOLE_URL}/invitation#{link_id}.{link_token(LINK_KEY, link_id)}"
    assert link in emails.last_text
    assert link in emails.last_html


async def test_a_newer_invitation_replaces_one_that_was_not_sent(
    harness: Harness, emails: RecordedEmails
) -> None:
    staff_id, first, second = uuid7(), uuid4(), uuid4()

    await harness.receive(
        await invitation(harness, staff_id, first),
        await invitation(harness, staff_id, second, version=2),
    )
    await harness.deliver_due()

    assert len(emails.sent) == 1
    assert str(second) in emails.last_text


async def test_a_reset_and_the_changed_password_are_mailed(
    harness: Harness, emails: RecordedEmails
) -> None:
    staff_id, link_id = uuid7(), uuid4()
    requested = await staff_event(
        harness,
        staff_id,
        "staff-password-reset-requested.v1",
        link_id=str(link_id),
        locale="en",
        requested_at=NOW.isoformat(),
        expires_at=(NOW + timedelta(minutes=30)).isoformat(),
    )
    changed = await staff_event(
        harness,
        staff_id,
        "staff-password-changed.v1",
        2,
        cause="reset",
        locale="en",
        changed_at=NOW.isoformat(),
    )

    await harness.receive(requested)
    await harness.deliver_due()
    reset_text = emails.last_text
    await harness.receive(changed)
    await harness.deliver_due()

    assert f"{CONSOLE_URL}/reset-password#{link_id}." in reset_text
    assert f"{CONSOLE_URL}/account" in emails.last_text
    assert [address for address, _ in emails.sent] == [ADDRESS, ADDRESS]


async def test_the_address_is_not_kept(harness: Harness, emails: RecordedEmails) -> None:
    await harness.receive(await invitation(harness, uuid7(), uuid4()))
    await harness.deliver_due()

    assert len(emails.sent) == 1
    async with harness.store.engine.connect() as connection:
        sealed = (await connection.scalars(select(deliveries.c.sealed))).all()
        people = await connection.scalar(select(func.count()).select_from(recipients))
    assert (sealed, people) == ([None], 0)

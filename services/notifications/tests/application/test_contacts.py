"""Names and addresses of messages after they were corrected or changed."""

from uuid import uuid4

import pytest

from vinculo.privacy import confirmation_code, link_token

from ..harness import (
    APP_URL,
    LINK_KEY,
    Harness,
    RecordedEmails,
    RecordedSms,
)
from ..incoming_events import Person

pytestmark = pytest.mark.servers
OLD = "old@example.org"
NEW = "new@example.org"
OLD_PHONE = "+573001234567"
NEW_PHONE = "+573109876543"


async def test_a_message_queued_before_a_correction_goes_to_the_corrected_address(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email=OLD)
    await harness.receive(await ana.started(harness.keyring), ana.link_issued())

    await harness.receive(await ana.email_corrected(harness.keyring, NEW))
    await harness.deliver_due()

    assert [address for address, _ in emails.sent] == [NEW]


async def test_a_change_is_confirmed_at_the_new_address_and_reported_to_the_old(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana, change_id = Person(email=OLD), uuid4()
    await harness.receive(await ana.started(harness.keyring))
    await harness.receive(
        await ana.contact_change_requested(harness.keyring, NEW, change_id=change_id)
    )
    await harness.deliver_due()

    assert [address for address, _ in emails.sent] == [NEW]
    token = link_token(LINK_KEY, change_id)
    assert f"{APP_URL}/confirm-contact#{change_id}.{token}" in emails.last_text

    await harness.receive(
        await ana.contact_changed(harness.keyring, NEW, OLD), ana.password_changed()
    )
    await harness.deliver_due()

    addresses = {subject: address for address, subject in emails.sent[1:]}
    assert addresses == {
        "El correo de su cuenta en Vínculo cambió": OLD,
        "Su contraseña de Vínculo cambió": NEW,
    }
    assert NEW not in emails.messages[1].message.as_string().partition("\n\n")[2]


async def test_codes_go_by_sms_to_the_current_phone_or_to_the_new_one(
    harness: Harness, sms: RecordedSms
) -> None:
    ana, code_id, change_id = Person(email=OLD), uuid4(), uuid4()
    await harness.receive(
        await ana.started(harness.keyring), ana.phone_code_issued(code_id=code_id)
    )
    await harness.deliver_due()
    await harness.receive(
        await ana.contact_change_requested(
            harness.keyring, NEW_PHONE, kind="phone", change_id=change_id
        )
    )
    await harness.deliver_due()
    changed = await ana.contact_changed(harness.keyring, NEW_PHONE, OLD_PHONE, kind="phone")
    await harness.receive(changed)
    await harness.deliver_due()
    await harness.receive(ana.phone_code_issued())
    await harness.deliver_due()

    assert [phone for phone, _ in sms.sent] == [OLD_PHONE, NEW_PHONE, OLD_PHONE, NEW_PHONE]
    assert confirmation_code(LINK_KEY, code_id) in sms.sent[0][1]
    assert confirmation_code(LINK_KEY, change_id) in sms.sent[1][1]
    stored = await harness.everything_stored()
    assert confirmation_code(LINK_KEY, code_id) not in stored
    assert '"sms"' in stored or "'sms'" in stored


async def test_the_greeting_uses_the_corrected_name(
    harness: Harness, emails: RecordedEmails
) -> None:
    ana = Person(email=OLD)
    await harness.receive(
        await ana.started(harness.keyring),
        await ana.identity_corrected(harness.keyring, "Ana Lucía"),
    )

    await harness.deliver_due()

    assert "Hola, Ana Lucía:" in emails.last_text

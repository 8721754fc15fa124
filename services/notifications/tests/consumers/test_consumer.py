"""What the consumer stores and queues for events of other services."""

import orjson
import pytest
from sqlalchemy import Table, func, select

from vinculo.messaging import ConsumedEvent, PoisonMessage
from vinculo.notifications.storage.tables import deliveries, erased_recipients, recipients

from ..harness import Harness
from ..incoming_events import Person

pytestmark = pytest.mark.servers

OLD = "old@example.org"
NEW = "new@example.org"


async def test_a_link_a_repeat_and_a_promotion_each_queue_one_message(harness: Harness) -> None:
    ana = Person(email="ana@example.org", locale="en")

    await harness.receive(await ana.started(harness.keyring), ana.link_issued(), ana.repeated())
    await harness.receive(ana.promoted())

    queued = await harness.events()
    assert [type_ for type_, _ in queued] == ["message-queued.v1"] * 3
    assert [data["template"] for _, data in queued] == ["activation", "owner-warned", "promoted"]
    assert {data["locale"] for _, data in queued} == {"en"}
    assert harness.wakes


async def test_events_without_a_message_queue_nothing(harness: Harness) -> None:
    ana = Person(email="ana@example.org")

    await harness.receive(await ana.started(harness.keyring), ana.employment_declared())

    assert await harness.event_types() == []


async def test_a_person_with_an_unsupported_language_is_written_to_in_spanish(
    harness: Harness,
) -> None:
    ana = Person(email="ana@example.org", locale="pt")

    await harness.receive(await ana.started(harness.keyring), ana.link_issued())

    ((_, data),) = await harness.events()
    assert data["locale"] == "es"


async def test_a_language_that_was_added_is_used(harness: Harness) -> None:
    harness.languages = ("es", "en", "pt")
    ana = Person(email="ana@example.org", locale="pt")

    await harness.receive(await ana.started(harness.keyring), ana.link_issued())

    ((_, data),) = await harness.events()
    assert data["locale"] == "pt"


async def test_an_application_without_contacts_is_a_poison_message(harness: Harness) -> None:
    ana = Person(email="ana@example.org")
    started = await ana.started(harness.keyring)
    without = started.payload.model_copy(update={"personal": None})
    object.__setattr__(started, "payload", without)

    with pytest.raises(PoisonMessage, match="contacts"):
        await harness.receive(started)


@pytest.mark.parametrize("kind", ["email_corrected", "contact_change_requested"])
async def test_a_change_without_its_contact_is_a_poison_message(
    harness: Harness, kind: str
) -> None:
    ana = Person(email=OLD)
    await harness.receive(await ana.started(harness.keyring))
    change: ConsumedEvent = await getattr(ana, kind)(harness.keyring, NEW)
    object.__setattr__(change, "payload", change.payload.model_copy(update={"personal": None}))

    with pytest.raises(PoisonMessage, match="contact"):
        await harness.receive(change)


async def test_an_erasure_deletes_the_recipient_and_queues_nothing_more(harness: Harness) -> None:
    ana = Person(email="ana@example.org")
    started = await ana.started(harness.keyring)
    await harness.receive(started, ana.link_issued())

    await harness.receive(ana.erased())
    await harness.receive(started, ana.repeated())

    types = await harness.event_types()
    assert types == ["message-queued.v1", "message-failed.v1"]
    assert (await harness.events())[-1][1]["reason_code"] == "recipient_erased"
    assert await count(harness, recipients) == 0
    assert await count(harness, erased_recipients) == 1
    assert await harness.deliver_due() == 0


async def test_after_an_erasure_the_recipient_is_not_stored_again(harness: Harness) -> None:
    ana = Person(email="ana@example.org")
    await harness.receive(ana.promoted())

    await harness.receive(ana.erased())
    await harness.receive(await ana.started(harness.keyring), ana.link_issued())

    assert await harness.event_types() == []
    assert await count(harness, recipients) == 0
    assert await count(harness, deliveries) == 0


async def test_an_erasure_deletes_the_encrypted_contacts(harness: Harness) -> None:
    ana = Person(email=OLD)
    started = await ana.started(harness.keyring)
    changes = [
        await ana.email_corrected(harness.keyring, NEW),
        await ana.contact_change_requested(harness.keyring, NEW),
    ]
    await harness.receive(started, *changes)
    ciphertexts = [orjson.loads(change.value)["personal"]["ct"] for change in changes]

    await harness.receive(ana.erased())
    await harness.receive(*changes)

    stored = await harness.everything_stored()
    assert not [each for each in ciphertexts if each in stored]


async def test_no_contact_and_no_name_is_stored_in_plain_text(harness: Harness) -> None:
    ana = Person(email="canary@example.org", given_names="Canaria")

    await harness.receive(await ana.started(harness.keyring), ana.link_issued(), ana.repeated())
    await harness.deliver_due()

    stored = await harness.everything_stored()
    assert "message-sent.v1" in stored
    for secret in ("canary@example.org", "Canaria", "Rojas", "1020304050", "3001234567"):
        assert secret not in stored


async def count(harness: Harness, table: Table) -> int:
    async with harness.store.engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0

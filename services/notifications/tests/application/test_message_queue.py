"""Which messages are queued, and when."""

from datetime import timedelta

import pytest

from vinculo.notifications.domain.message import Template

from ..harness import Harness
from ..incoming_events import NOW, Person

pytestmark = pytest.mark.servers


async def test_an_event_received_twice_queues_one_message(harness: Harness) -> None:
    ana = Person(email="ana@example.org")
    started, link = await ana.started(harness.keyring), ana.link_issued()

    await harness.receive(started, link)
    await harness.receive(started, link)

    assert await harness.event_types() == ["message-queued.v1"]


async def test_a_message_waits_until_its_recipient_is_known(harness: Harness) -> None:
    ana = Person(email="ana@example.org", locale="en")

    await harness.receive(ana.promoted())
    assert await harness.event_types() == []
    assert await harness.deliver_due() == 0

    await harness.receive(await ana.started(harness.keyring))

    ((type_, data),) = await harness.events()
    assert (type_, data["template"], data["locale"]) == ("message-queued.v1", "promoted", "en")
    assert await harness.deliver_due() == 1


async def test_a_message_with_a_disabled_template_is_not_queued(harness: Harness) -> None:
    harness.disabled_templates = frozenset({Template.WELCOME})
    ana = Person(email="ana@example.org")

    await harness.receive(
        await ana.started(harness.keyring), ana.verified(), ana.password_changed()
    )

    (queued,) = await harness.events()
    assert queued[1]["template"] == "password-changed"


async def test_an_event_older_than_the_maximum_age_queues_nothing(harness: Harness) -> None:
    ana = Person(email="ana@example.org")
    harness.now = NOW + timedelta(days=13)
    await harness.receive(await ana.started(harness.keyring), ana.verified())
    harness.now = NOW + timedelta(days=15)

    await harness.receive(ana.password_changed())

    (queued,) = await harness.events()
    assert queued[1]["template"] == "welcome"

"""Which events become which messages, on a real database."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from vinculo.messaging import PoisonMessage
from vinculo.notifications.storage.tables import deliveries, erased_recipients, recipients
from vinculo.testing.fixture_types import NewDatabase

from .events_of_a_person import Person
from .service_under_test import Outbox, Service, service_on

pytestmark = pytest.mark.servers


@pytest_asyncio.fixture
async def service(new_database: NewDatabase) -> AsyncIterator[Service]:
    async with service_on(new_database, Outbox()) as made:
        yield made


async def test_a_link_a_repeat_and_a_promotion_each_queue_one_message(service: Service) -> None:
    ana = Person(email="ana@example.org", locale="en")

    await service.tell(await ana.started(service.keyring), ana.link_issued(), ana.repeated())
    await service.tell(ana.promoted())

    queued = await service.events()
    assert [type_ for type_, _ in queued] == ["message-queued.v1"] * 3
    assert [data["template"] for _, data in queued] == ["activation", "owner-warned", "promoted"]
    assert {data["locale"] for _, data in queued} == {"en"}
    assert service.wakes


async def test_an_event_that_comes_twice_queues_one_message(service: Service) -> None:
    ana = Person(email="ana@example.org")
    started, link = await ana.started(service.keyring), ana.link_issued()

    await service.tell(started, link)
    await service.tell(started, link)

    assert await service.event_types() == ["message-queued.v1"]


async def test_events_that_nobody_is_told_of_queue_nothing(service: Service) -> None:
    ana = Person(email="ana@example.org")

    await service.tell(await ana.started(service.keyring), ana.employment_declared())

    assert await service.event_types() == []


async def test_a_message_to_someone_unknown_waits_for_the_recipient(service: Service) -> None:
    ana = Person(email="ana@example.org", locale="en")

    await service.tell(ana.promoted())
    assert await service.event_types() == []
    assert await service.attempt_all_due() == 0

    await service.tell(await ana.started(service.keyring))

    ((type_, data),) = await service.events()
    assert (type_, data["template"], data["locale"]) == ("message-queued.v1", "promoted", "en")
    assert await service.attempt_all_due() == 1


async def test_a_language_without_words_becomes_spanish(service: Service) -> None:
    ana = Person(email="ana@example.org", locale="pt")

    await service.tell(await ana.started(service.keyring), ana.link_issued())

    ((_, data),) = await service.events()
    assert data["locale"] == "es"


async def test_an_application_without_contacts_is_broken(service: Service) -> None:
    ana = Person(email="ana@example.org")
    started = await ana.started(service.keyring)
    without = started.payload.model_copy(update={"personal": None})
    object.__setattr__(started, "payload", without)

    with pytest.raises(PoisonMessage, match="contacts"):
        await service.tell(started)


async def test_an_erased_person_is_forgotten_and_nothing_more_is_queued(service: Service) -> None:
    ana = Person(email="ana@example.org")
    started = await ana.started(service.keyring)
    await service.tell(started, ana.link_issued())

    await service.tell(ana.erased())
    await service.tell(started, ana.repeated())

    types = await service.event_types()
    assert types == ["message-queued.v1", "message-failed.v1"]
    assert (await service.events())[-1][1]["reason_code"] == "recipient_erased"
    assert await count(service, recipients) == 0
    assert await count(service, erased_recipients) == 1
    assert await service.attempt_all_due() == 0


async def test_an_erasure_that_comes_first_keeps_the_recipient_away(service: Service) -> None:
    ana = Person(email="ana@example.org")
    await service.tell(ana.promoted())

    await service.tell(ana.erased())
    await service.tell(await ana.started(service.keyring), ana.link_issued())

    assert await service.event_types() == []
    assert await count(service, recipients) == 0
    assert await count(service, deliveries) == 0


async def test_no_contact_and_no_name_is_stored_anywhere(service: Service) -> None:
    ana = Person(email="canary@example.org", given_names="Canaria")

    await service.tell(await ana.started(service.keyring), ana.link_issued(), ana.repeated())
    await service.attempt_all_due()

    stored = await service.everything_stored()
    assert "message-sent.v1" in stored
    for secret in ("canary@example.org", "Canaria", "Rojas", "1020304050", "3001234567"):
        assert secret not in stored


async def count(service: Service, table: object) -> int:
    async with service.store.engine.connect() as connection:
        counted: int | None = await connection.scalar(select(func.count()).select_from(table))  # type: ignore[arg-type]
        return counted or 0

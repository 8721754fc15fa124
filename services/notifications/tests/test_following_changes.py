"""Where messages go after contacts and names changed, on a real database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from vinculo.messaging import ConsumedEvent, PoisonMessage
from vinculo.notifications.domain.message import Template
from vinculo.privacy import code_of, link_token
from vinculo.testing.fixture_types import NewDatabase

from .events_of_a_person import NOW, Person
from .service_under_test import (
    LINK_KEY,
    PUBLIC_URL,
    Outbox,
    Service,
    TextOutbox,
    service_on,
)

pytestmark = pytest.mark.servers

OLD = "old@example.org"
NEW = "new@example.org"
OLD_PHONE = "+573001234567"
NEW_PHONE = "+573109876543"


@pytest.fixture
def transport() -> Outbox:
    return Outbox()


@pytest_asyncio.fixture
async def service(new_database: NewDatabase, transport: Outbox) -> AsyncIterator[Service]:
    async with service_on(new_database, transport) as made:
        made.sms = TextOutbox()
        yield made


def texts(service: Service) -> list[tuple[str, str]]:
    assert isinstance(service.sms, TextOutbox)
    return [(each.phone, each.text) for each in service.sms.taken]


def text_of(transport: Outbox) -> str:
    body = transport.taken[-1].message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def test_a_message_queued_before_a_correction_goes_to_the_address_in_force(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email=OLD)
    await service.tell(await ana.started(service.keyring), ana.link_issued())

    await service.tell(await ana.email_corrected(service.keyring, NEW))
    await service.attempt_all_due()

    assert [address for address, _ in transport.sent] == [NEW]


async def test_a_change_is_confirmed_on_the_new_address_and_told_to_the_old(
    service: Service, transport: Outbox
) -> None:
    ana, change_id = Person(email=OLD), uuid4()
    await service.tell(await ana.started(service.keyring))
    await service.tell(
        await ana.contact_change_requested(service.keyring, NEW, change_id=change_id)
    )
    await service.attempt_all_due()

    assert [address for address, _ in transport.sent] == [NEW]
    token = link_token(LINK_KEY, change_id)
    assert f"{PUBLIC_URL}/confirm-contact#{change_id}.{token}" in text_of(transport)

    await service.tell(await ana.contact_changed(service.keyring, NEW, OLD), ana.password_changed())
    await service.attempt_all_due()

    told = {subject: address for address, subject in transport.sent[1:]}
    assert told == {
        "El correo de su cuenta en Vínculo cambió": OLD,
        "Su contraseña de Vínculo cambió": NEW,
    }
    assert NEW not in transport.taken[1].message.as_string().partition("\n\n")[2]


async def test_codes_go_by_sms_to_the_phone_in_force_and_to_the_new_one(service: Service) -> None:
    ana, code_id, change_id = Person(email=OLD), uuid4(), uuid4()
    await service.tell(await ana.started(service.keyring), ana.phone_code_issued(code_id=code_id))
    await service.attempt_all_due()
    await service.tell(
        await ana.contact_change_requested(
            service.keyring, NEW_PHONE, kind="phone", change_id=change_id
        )
    )
    await service.attempt_all_due()
    changed = await ana.contact_changed(service.keyring, NEW_PHONE, OLD_PHONE, kind="phone")
    await service.tell(changed)
    await service.attempt_all_due()
    await service.tell(ana.phone_code_issued())
    await service.attempt_all_due()

    assert [phone for phone, _ in texts(service)] == [OLD_PHONE, NEW_PHONE, OLD_PHONE, NEW_PHONE]
    assert code_of(LINK_KEY, code_id) in texts(service)[0][1]
    assert code_of(LINK_KEY, change_id) in texts(service)[1][1]
    stored = await service.everything_stored()
    assert code_of(LINK_KEY, code_id) not in stored
    assert '"sms"' in stored or "'sms'" in stored


async def test_a_newer_code_supersedes_an_older_one(service: Service) -> None:
    ana = Person(email=OLD)
    first = ana.phone_code_issued()
    ana.at = ana.at.replace(minute=50)
    await service.tell(await ana.started(service.keyring), first, ana.phone_code_issued())

    await service.attempt_all_due()

    assert len(texts(service)) == 1


async def test_a_corrected_name_is_the_one_that_is_greeted(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email=OLD)
    await service.tell(
        await ana.started(service.keyring),
        await ana.identity_corrected(service.keyring, "Ana Lucía"),
    )

    await service.attempt_all_due()

    assert "Hola, Ana Lucía:" in text_of(transport)


async def test_a_refused_correction_is_told_with_its_reason(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email=OLD)
    await service.tell(
        await ana.started(service.keyring),
        await ana.correction_refused(service.keyring, "Falta la cédula nueva"),
    )

    await service.attempt_all_due()

    assert "no muestran el cambio" in text_of(transport)
    assert "Falta la cédula nueva" in text_of(transport)


async def test_a_refused_document_is_told_with_its_reason_in_words(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email=OLD)
    await service.tell(await ana.started(service.keyring), ana.document_unusable())
    await service.attempt_all_due()

    assert "su desprendible de pago" in text_of(transport)
    assert "el archivo tiene contraseña" in text_of(transport)

    await service.tell(await ana.document_rejected(service.keyring, "Se ve borrosa <b>"))
    await service.attempt_all_due()

    assert "el respaldo de su documento" in text_of(transport)
    assert "no se lee bien" in text_of(transport)
    assert "Se ve borrosa <b>" in text_of(transport)
    html = transport.taken[-1].message.get_body(("html",))
    assert html is not None
    assert "Se ve borrosa &lt;b&gt;" in str(html.get_content())
    assert "borrosa" not in await service.everything_stored()


async def test_a_document_more_is_asked_for_in_the_reviewers_words(
    service: Service, transport: Outbox
) -> None:
    ana = Person(email=OLD)
    await service.tell(
        await ana.started(service.keyring),
        await ana.document_demanded(service.keyring, "De los últimos tres meses"),
    )
    await service.attempt_all_due()

    assert "su extracto bancario" in text_of(transport)
    assert "De los últimos tres meses" in text_of(transport)
    assert "tres meses" not in await service.everything_stored()


async def test_a_password_reset_carries_its_link_and_expires(
    service: Service, transport: Outbox
) -> None:
    ana, link_id = Person(email=OLD, locale="en"), uuid4()
    await service.tell(
        await ana.started(service.keyring), ana.password_reset_requested(link_id=link_id)
    )

    await service.attempt_all_due()

    token = link_token(LINK_KEY, link_id)
    assert f"{PUBLIC_URL}/reset-password#{link_id}.{token}" in text_of(transport)
    assert token not in await service.everything_stored()


async def test_a_verified_address_is_welcomed(service: Service, transport: Outbox) -> None:
    ana = Person(email=OLD)
    await service.tell(await ana.started(service.keyring), ana.verified())

    await service.attempt_all_due()

    assert transport.sent == [(OLD, "Ana María, su cuenta en Vínculo está activa")]


async def test_a_disabled_message_is_not_queued(service: Service) -> None:
    service.disabled_templates = frozenset({Template.WELCOME})
    ana = Person(email=OLD)

    await service.tell(await ana.started(service.keyring), ana.verified(), ana.password_changed())

    (queued,) = await service.events()
    assert queued[1]["template"] == "password-changed"


async def test_what_happened_long_ago_is_told_no_more(service: Service) -> None:
    ana = Person(email=OLD)
    service.now = NOW + timedelta(days=13)
    await service.tell(await ana.started(service.keyring), ana.verified())
    service.now = NOW + timedelta(days=15)

    await service.tell(ana.password_changed())

    (queued,) = await service.events()
    assert queued[1]["template"] == "welcome"


async def test_the_sealed_contacts_of_an_erased_person_are_gone(service: Service) -> None:
    ana = Person(email=OLD)
    started = await ana.started(service.keyring)
    changes = [
        await ana.email_corrected(service.keyring, NEW),
        await ana.contact_change_requested(service.keyring, NEW),
    ]
    await service.tell(started, *changes)
    sealed = [change.data["personal"]["ct"] for change in changes]

    await service.tell(ana.erased())
    await service.tell(*changes)

    stored = await service.everything_stored()
    assert not [each for each in sealed if each in stored]


@pytest.mark.parametrize("kind", ["email_corrected", "contact_change_requested"])
async def test_a_change_without_its_contact_is_broken(service: Service, kind: str) -> None:
    ana = Person(email=OLD)
    await service.tell(await ana.started(service.keyring))
    change: ConsumedEvent = await getattr(ana, kind)(service.keyring, NEW)
    object.__setattr__(change, "payload", change.payload.model_copy(update={"personal": None}))

    with pytest.raises(PoisonMessage, match="contact"):
        await service.tell(change)

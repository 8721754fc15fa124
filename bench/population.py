"""People as their events lie on the topics: ten events each, sealed and published as in earnest."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.contracts import (
    customer_registry,
    documents,
    notifications,
    onboarding,
    payers,
    topics,
)
from vinculo.eventstore import Meta, Record, StoredEvent, uuid7
from vinculo.messaging import cloud_events
from vinculo.privacy.envelopes import seal_envelope
from vinculo.privacy.tables import keys
from vinculo.privacy.wrapping import new_wrapped_key, unwrapped

EVENTS_EACH: Final = 10
BEGINNING: Final = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
PAYER: Final = UUID(int=700)
PAYSLIP: Final = "payslip"
REQUIREMENT: Final = documents.Requirement(code=PAYSLIP, kinds=(PAYSLIP,))
FILE_HASH: Final = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event before it is sealed."""

    category: str
    version: int
    type: str
    facts: BaseModel
    personal: BaseModel | None = None
    stream: UUID | None = None


class Population:
    """Makes people's keys and their events as records.

    Keys are committed for many people at once, or a commit per person would take most of the time.
    """

    def __init__(self, keyring: AsyncEngine, key_encryption_key: bytes, prefix: str) -> None:
        self._keyring = keyring
        self._wrapping = AESGCM(key_encryption_key)
        self._routes = {
            category: cloud_events(service, {category: topic}, prefix)
            for category, service, topic in (
                ("application", "onboarding", topics.ONBOARDING_APPLICATIONS),
                ("payer", "onboarding", topics.ONBOARDING_PAYERS),
                ("dossier", "documents", topics.DOCUMENTS_DOSSIERS),
                ("customer", "customer-registry", topics.CUSTOMER_REGISTRY_CUSTOMERS),
                ("message", "notifications", topics.NOTIFICATIONS_MESSAGES),
            )
        }

    def payer(self) -> Record:
        facts = payers.PayerRegistered(
            name="Pagaduría del Valle",
            tax_id="900123456-8",
            registered_by=PAYER,
            registered_at=BEGINNING,
        )
        told = Told(category="payer", version=1, type="payer-registered.v1", facts=facts)
        return self._record(PAYER, told, cipher=None)

    async def records(self, people: int, together: int) -> AsyncIterator[list[Record]]:
        """The records of so many people at a time; of each person in their order."""
        for start in range(0, people, together):
            numbers = range(start, min(people, start + together))
            ciphers = await self._new_keys([uuid4() for _ in numbers])
            yield [
                self._record(person, told, cipher=cipher)
                for (person, cipher), number in zip(ciphers.items(), numbers, strict=True)
                for told in events_of(number)
            ]

    async def _new_keys(self, people: Sequence[UUID]) -> Mapping[UUID, AESGCM]:
        wrapped = {person: new_wrapped_key(self._wrapping, person) for person in people}
        rows = [{"subject": person, "wrapped_key": key} for person, key in wrapped.items()]
        async with self._keyring.begin() as connection:
            await connection.execute(insert(keys), rows)
        return {person: unwrapped(self._wrapping, person, key) for person, key in wrapped.items()}

    def _record(self, person: UUID, told: Told, *, cipher: AESGCM | None) -> Record:
        """Without a cipher the event has no personal part."""
        event_id, envelope = uuid7(), None
        if told.personal is not None and cipher is not None:
            plain = {"v": 1, **told.personal.model_dump(mode="json")}
            envelope = seal_envelope(cipher, person, event_id, plain)
        stored = StoredEvent(
            event_id=event_id,
            stream_id=f"{told.category}-{told.stream or person}",
            subject=person,
            version=told.version,
            type=told.type,
            data=told.facts.model_dump(mode="json", exclude={"personal"}),
            personal=envelope,
            meta=Meta(correlation_id=str(person)),
            recorded_at=BEGINNING,
        )
        return self._routes[told.category](stored)


def events_of(number: int) -> list[Told]:
    """What has happened to a person whose documents are not all there yet."""
    at = BEGINNING + timedelta(minutes=number)
    return [
        *_applied(number, at),
        *_delivered(at),
        *_registered(number, at),
        *_written(uuid4(), at),
    ]


def _applied(number: int, at: datetime) -> list[Told]:
    return [
        Told(
            category="application",
            version=1,
            type="application-started.v1",
            facts=onboarding.ApplicationStarted(
                registration_id=uuid4(),
                project="default",
                channel="web",
                locale="es",
                country="CO",
                document_type="CC",
                started_at=at,
            ),
            personal=onboarding.PersonDetails(
                document_number=f"10{number:08}",
                given_names="María José",
                surnames=f"Núñez {'abcdefghij'[number % 10]}",
                birth_date=datetime(1990, 1, 31, tzinfo=UTC).date(),
                email=f"persona{number}@correo.example",
                phone=f"+57300{number:07}",
            ),
        ),
        Told(
            category="application",
            version=2,
            type="consent-given.v1",
            facts=onboarding.ConsentGiven(
                purpose="personal_data",
                text_version="1",
                text_sha256=FILE_HASH,
                channel="web",
                given_at=at,
            ),
        ),
        Told(
            category="application",
            version=3,
            type="email-verified.v1",
            facts=onboarding.EmailVerified(link_id=uuid4(), verified_at=at),
        ),
        Told(
            category="application",
            version=4,
            type="employment-declared.v1",
            facts=onboarding.EmploymentDeclared(
                payer_id=PAYER, contract_type="indefinite", currency="COP", declared_at=at
            ),
            personal=onboarding.EmploymentDetails(
                position="Docente",
                net_monthly_salary_cents=420_000_000,
                payer_contact=onboarding.PayerContact(name="Talento humano"),
            ),
        ),
    ]


def _delivered(at: datetime) -> list[Told]:
    return [
        Told(
            category="dossier",
            version=1,
            type="dossier-opened.v1",
            facts=documents.DossierOpened(
                requirement_set_version=1, requirements=(REQUIREMENT,), opened_at=at
            ),
        ),
        Told(
            category="dossier",
            version=2,
            type="document-received.v1",
            facts=documents.DocumentReceived(
                document_id=uuid4(),
                kind=PAYSLIP,
                media_type="application/pdf",
                size_bytes=100_000,
                sha256=FILE_HASH,
                received_at=at,
            ),
        ),
    ]


def _registered(number: int, at: datetime) -> list[Told]:
    return [
        Told(
            category="customer",
            version=1,
            type="pre-customer-registered.v1",
            facts=customer_registry.PreCustomerRegistered(
                registration_number=number + 1,
                project="default",
                to_status="pending_email_verification",
                cause="registered",
                registered_at=at,
            ),
        ),
        Told(
            category="customer",
            version=2,
            type="pre-customer-activated.v1",
            facts=customer_registry.PreCustomerActivated(
                from_status="pending_email_verification",
                to_status="pending",
                cause="email_verified",
                activated_at=at,
            ),
        ),
    ]


def _written(message: UUID, at: datetime) -> list[Told]:
    return [
        Told(
            category="message",
            stream=message,
            version=1,
            type="message-queued.v1",
            facts=notifications.MessageQueued(
                message_id=message,
                template="activation",
                channel="email",
                locale="es",
                cause_event_id=uuid4(),
                queued_at=at,
            ),
        ),
        Told(
            category="message",
            stream=message,
            version=2,
            type="message-sent.v1",
            facts=notifications.MessageSent(
                message_id=message, template="activation", attempts=1, sent_at=at
            ),
        ),
    ]

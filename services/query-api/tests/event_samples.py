"""Sample events as the other services publish them.

`lifecycle` has all events of one person, stream by stream. A sample becomes a Kafka record with or
without Kafka; its personal part is encrypted by a given function.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from pydantic import BaseModel

from vinculo.contracts import (
    credit,
    credit_records,
    customer_registry,
    documents,
    notifications,
    onboarding,
    payers,
)
from vinculo.contracts import topics as t
from vinculo.events import ERASED, Erased
from vinculo.messaging import rfc3339
from vinculo.privacy import KeyMissing
from vinculo.query_api.projector.projected_topics import MAX_INTEGER

NAMES = UUID("0b5b6a3e-0000-4000-8000-000000000000")
BEGINNING = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SERVICES = {
    t.ONBOARDING_APPLICATIONS: "onboarding",
    t.ONBOARDING_PAYERS: "onboarding",
    t.DOCUMENTS_DOSSIERS: "documents",
    t.CUSTOMER_REGISTRY_CUSTOMERS: "customer-registry",
    t.CUSTOMER_REGISTRY_POLICIES: "customer-registry",
    t.NOTIFICATIONS_MESSAGES: "notifications",
    t.CUSTOMER_REGISTRY_CREDIT: "customer-registry",
}
PAYER = UUID(int=700)
PROPOSED_PAYER = UUID(int=701)
REVIEWER = UUID(int=800)
KINDS = ("identity_card_front", "identity_card_back", "payslip", "employment_certificate")


def at(minutes: float) -> datetime:
    return BEGINNING + timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSample:
    """An event on its topic; `personal` is the plain personal part."""

    topic: str
    stream_id: str
    version: int
    type: str
    subject: UUID
    facts: dict[str, Any]
    personal: dict[str, Any] | None = None
    time: datetime = BEGINNING
    source: str = ""

    @property
    def event_id(self) -> UUID:
        return uuid5(NAMES, f"{self.stream_id}/{self.version}/{self.type}/{self.facts}")

    def headers(self) -> tuple[tuple[str, bytes], ...]:
        service = SERVICES[self.topic]
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(self.event_id),
            "ce_source": self.source or f"/{service}/{self.topic.rpartition('.')[2]}",
            "ce_type": f"vinculo.{service}.{self.type}",
            "ce_time": rfc3339(self.time),
            "ce_subject": str(self.subject),
        }
        headers |= {"ce_streamid": self.stream_id, "ce_streamversion": str(self.version)}
        return tuple((name, value.encode()) for name, value in headers.items())

    def value(self, envelope: dict[str, Any] | None) -> bytes:
        personal = {} if envelope is None else {"personal": envelope}
        return orjson.dumps(self.facts | personal)


@dataclass(slots=True)
class Stream:
    topic: str
    stream_id: str
    subject: UUID
    source: str = ""
    events: list[EventSample] = field(default_factory=list)

    def add(
        self, type_: str, event: BaseModel, *, minutes: float, personal: BaseModel | None = None
    ) -> None:
        self.events.append(
            EventSample(
                topic=self.topic,
                stream_id=self.stream_id,
                version=len(self.events) + 1,
                type=type_,
                subject=self.subject,
                facts=event.model_dump(mode="json", exclude={"personal"}),
                personal=None if personal is None else personal.model_dump(mode="json"),
                time=at(minutes),
                source=self.source,
            )
        )


def person_id(number: int) -> UUID:
    return uuid5(NAMES, f"person {number}")


def application(number: int) -> Stream:
    person = person_id(number)
    stream = Stream(t.ONBOARDING_APPLICATIONS, f"application-{person}", person)
    stream.add(
        "application-started.v1",
        onboarding.ApplicationStarted(
            registration_id=UUID(int=number),
            project="default",
            channel="web",
            locale="es",
            country="CO",
            document_type="CC",
            started_at=at(number),
        ),
        minutes=number,
        personal=onboarding.PersonDetails(
            document_number=f"10{number:08}",
            given_names="María José",
            surnames=f"Núñez {'abcdefghij'[number % 10]}",
            birth_date=datetime(1990, 1, 31, tzinfo=UTC).date(),
            email=f"Persona{number}@example.co",
            phone=f"+57300{number:07}",
        ),
    )
    for purpose in ("personal_data", "marketing"):
        stream.add(
            "consent-given.v1",
            onboarding.ConsentGiven(
                purpose=purpose,
                text_version="1",
                text_sha256="0" * 64,
                channel="web",
                given_at=at(number),
            ),
            minutes=number,
        )
    stream.add(
        "email-verified.v1",
        onboarding.EmailVerified(link_id=UUID(int=9), verified_at=at(number + 1)),
        minutes=number + 1,
    )
    stream.add(
        "employment-declared.v1",
        onboarding.EmploymentDeclared(
            payer_id=PAYER, contract_type="indefinite", currency="COP", declared_at=at(number + 2)
        ),
        minutes=number + 2,
        personal=onboarding.EmploymentDetails(
            position="Docente",
            net_monthly_salary_cents=420_000_000,
            deductions=(onboarding.Deduction(concept="libranza", amount_cents=5_000_000),),
            payer_contact=onboarding.PayerContact(name="Talento humano"),
        ),
    )
    stream.add(
        "documents-provided.v1",
        onboarding.DocumentsProvided(provided_at=at(number + 3)),
        minutes=number + 3,
    )
    stream.add(
        "application-completed.v1",
        onboarding.ApplicationCompleted(completed_at=at(number + 4)),
        minutes=number + 4,
    )
    return stream


def changed_application(number: int) -> Stream:
    """The application, followed by every kind of change of an account."""
    stream = application(number)

    def add(
        type_: str, event: BaseModel, *, minutes: float, personal: BaseModel | None = None
    ) -> None:
        stream.add(type_, event, minutes=number + minutes, personal=personal)

    add(
        "consent-withdrawn.v1",
        onboarding.ConsentWithdrawn(
            purpose="marketing", channel="mobile", withdrawn_at=at(number + 20)
        ),
        minutes=20,
    )
    add(
        "email-corrected.v1",
        onboarding.EmailCorrected(corrected_at=at(number + 21)),
        minutes=21,
        personal=onboarding.Contact(contact=f"Corregida{number}@example.co"),
    )
    for kind, contact, previous in (
        ("email", f"Nueva{number}@example.co", f"Corregida{number}@example.co"),
        ("phone", f"+57310{number:07}", f"+57300{number:07}"),
    ):
        add(
            "contact-changed.v1",
            onboarding.ContactChanged(
                change_id=UUID(int=31), kind=kind, changed_at=at(number + 22)
            ),
            minutes=22,
            personal=onboarding.ContactReplaced(contact=contact, previous=previous),
        )
    add(
        "phone-verified.v1",
        onboarding.PhoneVerified(code_id=UUID(int=32), verified_at=at(number + 23)),
        minutes=23,
    )
    for correction, surnames in ((UUID(int=33), "Ñungo Páez"), (UUID(int=34), "Negado")):
        add(
            "identity-correction-requested.v1",
            onboarding.IdentityCorrectionRequested(
                correction_id=correction,
                country="CO",
                document_type="CE",
                requested_at=at(number + 24),
            ),
            minutes=24,
            personal=_identity(number, surnames),
        )
        if surnames == "Negado":
            add(
                "identity-correction-refused.v1",
                onboarding.IdentityCorrectionRefused(
                    correction_id=correction,
                    reason_code="not_proved",
                    refused_by=REVIEWER,
                    refused_at=at(number + 25),
                ),
                minutes=25,
                personal=onboarding.CorrectionNote(note="No hay prueba"),
            )
        else:
            add(
                "identity-corrected.v1",
                onboarding.IdentityCorrected(
                    correction_id=correction,
                    country="CO",
                    document_type="CE",
                    decided_by=REVIEWER,
                    corrected_at=at(number + 25),
                ),
                minutes=25,
                personal=_identity(number, surnames),
            )
    add(
        "employment-declared.v1",
        onboarding.EmploymentDeclared(
            payer_id=PROPOSED_PAYER,
            contract_type="pension",
            currency="COP",
            declared_at=at(number + 26),
        ),
        minutes=26,
        personal=onboarding.EmploymentDetails(
            position="Pensionada",
            net_monthly_salary_cents=300_000_000,
            payer_contact=onboarding.PayerContact(name="Nómina"),
            indicative_capacity_cents=125_000_000,
        ),
    )
    return stream


def _identity(number: int, surnames: str) -> onboarding.IdentityDetails:
    return onboarding.IdentityDetails(
        document_number=f"20{number:08}",
        given_names="María Inés",
        surnames=surnames,
        birth_date=datetime(1991, 2, 28, tzinfo=UTC).date(),
    )


def dossier(number: int) -> Stream:
    person = person_id(number)
    stream = Stream(t.DOCUMENTS_DOSSIERS, f"dossier-{person}", person)
    stream.add(
        "dossier-opened.v1",
        documents.DossierOpened(
            requirement_set_version=1,
            requirements=tuple(documents.Requirement(code=kind, kinds=(kind,)) for kind in KINDS),
            opened_at=at(number),
        ),
        minutes=number,
    )
    ids = [uuid5(person, kind) for kind in KINDS]
    for document_id, kind in zip(ids, KINDS, strict=True):
        file: dict[str, Any] = {"document_id": document_id, "kind": kind}
        kept: dict[str, Any] = {"media_type": "image/png", "size_bytes": 1000, "sha256": "0" * 64}
        stream.add(
            "document-received.v1",
            documents.DocumentReceived(**file, **kept, received_at=at(number + 2)),
            minutes=number + 2,
        )
        stream.add(
            "document-screened.v1",
            documents.DocumentScreened(**file, **kept, screened_at=at(number + 2)),
            minutes=number + 2,
        )
    stream.add(
        "dossier-submitted.v1",
        documents.DossierSubmitted(document_ids=tuple(ids), submitted_at=at(number + 3)),
        minutes=number + 3,
    )
    for document_id, kind in zip(ids, KINDS, strict=True):
        stream.add(
            "document-accepted.v1",
            documents.DocumentAccepted(
                document_id=document_id, kind=kind, accepted_by=REVIEWER, accepted_at=at(number + 5)
            ),
            minutes=number + 5,
        )
    stream.add(
        "dossier-accepted.v1",
        documents.DossierAccepted(accepted_by=REVIEWER, accepted_at=at(number + 5)),
        minutes=number + 5,
    )
    return stream


def record(number: int, *, promoted: bool = True) -> Stream:
    person = person_id(number)
    stream = Stream(t.CUSTOMER_REGISTRY_CUSTOMERS, f"customer-{person}", person)
    stream.add(
        "pre-customer-registered.v1",
        customer_registry.PreCustomerRegistered(
            registration_number=number + 1,
            project="default",
            to_status="pending_email_verification",
            cause="registered",
            registered_at=at(number),
        ),
        minutes=number,
    )
    stream.add(
        "pre-customer-activated.v1",
        customer_registry.PreCustomerActivated(
            from_status="pending_email_verification",
            to_status="pending",
            cause="email_verified",
            activated_at=at(number + 1),
        ),
        minutes=number + 1,
    )
    results = (
        customer_registry.RequirementResult(
            requirement="documents_accepted",
            outcome=customer_registry.Outcome.MET,
            evidence=(customer_registry.Evidence(fact="dossier.accepted", event_id=UUID(int=5)),),
            observed={"dossier.accepted": True},
        ),
    )
    policy: dict[str, Any] = {"project": "default", "policy": "reviewed", "policy_version": 1}
    stream.add(
        "requirements-evaluated.v1",
        customer_registry.RequirementsEvaluated(
            **policy, all_met=True, results=results, evaluated_at=at(number + 5)
        ),
        minutes=number + 5,
        personal=customer_registry.ObservedValues(observed={"salary": 420_000_000}),
    )
    if promoted:
        stream.add(
            "pre-customer-promoted.v1",
            customer_registry.PreCustomerPromoted(
                **policy,
                customer_id=uuid5(person, "customer"),
                results=results,
                from_status="pending",
                to_status="enabled",
                cause="promoted",
                registered_at=at(number),
                completed_at=at(number + 4),
                promoted_at=at(number + 5),
            ),
            minutes=number + 5,
        )
    return stream


def erased(number: int, stream: Stream) -> Stream:
    """The record's stream with an erasure at the end."""
    stream.add(
        "record-erased.v1",
        customer_registry.RecordErased(
            erasure_id=UUID(int=number),
            reason_code="requested",
            erased_by=REVIEWER,
            erased_at=at(number + 60),
        ),
        minutes=number + 60,
    )
    return stream


def loan(
    number: int,
    *,
    version: int = 1,
    status: str = "active",
    loan_id: str = "L-1",
    source: str = "/lender/loans",
) -> EventSample:
    """The stream's version is the credit system's."""
    return _recorded(
        number,
        f"{source}|loan|{loan_id}",
        version,
        "loan-recorded.v1",
        credit_records.LoanRecorded(
            source=source,
            report="loan-reported",
            loan_id=loan_id,
            loan_version=version,
            status=status,
            active=status not in credit.ENDED,
            currency="COP",
            principal_cents=1_000_000_00,
            outstanding_cents=0 if status == "closed" else 900_000_00,
            disbursed_at=at(number + 10),
            closed_at=None,
            replaced_by_loan_id=None,
            reported_at=at(number + 10 + version),
        ),
    )


def loan_moved_away(
    number: int, *, version: int, loan_id: str = "L-1", source: str = "/lender/loans"
) -> EventSample:
    return _recorded(
        number,
        f"{source}|loan|{loan_id}",
        version,
        "loan-moved-away.v1",
        credit_records.LoanMovedAway(
            source=source,
            loan_id=loan_id,
            loan_version=version,
            to_person_id=UUID(int=7),
            reported_at=at(number + 10 + version),
        ),
    )


def credit_application(
    number: int,
    *,
    version: int = 1,
    application_version: int | None = None,
    stage: str = "study",
    status: str = "open",
    application_id: str = "S-1",
    source: str = "/lender/applications",
) -> EventSample:
    """The credit system's version is the stream's unless another one is given."""
    reported = version if application_version is None else application_version
    return _recorded(
        number,
        f"{source}|application|{application_id}",
        version,
        "credit-application-recorded.v1",
        credit_records.CreditApplicationRecorded(
            source=source,
            application_id=application_id,
            application_version=reported,
            line="libranza",
            stage=stage,
            stage_name=stage.title(),
            status=credit.CreditApplicationStatus(status),
            currency="COP",
            requested_cents=1_200_000_00,
            approved_cents=1_000_000_00 if status == "approved" else None,
            submitted_at=at(number + 8),
            stage_since=at(number + 8 + reported),
            reported_at=at(number + 8 + reported),
        ),
    )


def credit_limit(
    number: int, *, version: int = 1, limit_cents: int = 5, source: str = "/lender/loans"
) -> EventSample:
    return _recorded(
        number,
        f"{source}|limit",
        version,
        "credit-limit-recorded.v1",
        credit_records.CreditLimitRecorded(
            source=source,
            limit_cents=limit_cents,
            currency="COP",
            limit_version=version,
            valid_until=date(2027, 12, 31),
            reported_at=at(number + 9 + version),
        ),
    )


def _recorded(number: int, name: str, version: int, type_: str, event: BaseModel) -> EventSample:
    """An event of a credit stream, recorded when it was reported."""
    person = person_id(number)
    facts = event.model_dump(mode="json")
    return EventSample(
        topic=t.CUSTOMER_REGISTRY_CREDIT,
        stream_id=f"credit-{uuid5(person, name)}",
        version=version,
        type=type_,
        subject=person,
        facts=facts,
        time=datetime.fromisoformat(facts["reported_at"]),
    )


def message(number: int) -> Stream:
    person = person_id(number)
    name = uuid5(person, "activation")
    stream = Stream(t.NOTIFICATIONS_MESSAGES, f"message-{name}", person)
    stream.add(
        "message-queued.v1",
        notifications.MessageQueued(
            message_id=name,
            template="activation",
            channel="email",
            locale="es",
            cause_event_id=UUID(int=3),
            queued_at=at(number),
        ),
        minutes=number,
    )
    stream.add(
        "message-sent.v1",
        notifications.MessageSent(
            message_id=name, template="activation", attempts=1, sent_at=at(number)
        ),
        minutes=number,
    )
    return stream


def payer() -> Stream:
    stream = Stream(t.ONBOARDING_PAYERS, f"payer-{PAYER}", PAYER)
    stream.add(
        "payer-registered.v1",
        payers.PayerRegistered(
            name="Pagaduría del Valle",
            tax_id="900123456-8",
            registered_by=REVIEWER,
            registered_at=BEGINNING,
        ),
        minutes=0,
    )
    return stream


def proposed_payer() -> Stream:
    """Proposed by an applicant, and refused as a duplicate of `PAYER`."""
    stream = Stream(t.ONBOARDING_PAYERS, f"payer-{PROPOSED_PAYER}", PROPOSED_PAYER)
    stream.add(
        "payer-proposed.v1",
        payers.PayerProposed(
            name="Pag. del valle", proposed_by=person_id(0), proposed_at=BEGINNING
        ),
        minutes=0,
    )
    stream.add(
        "payer-refused.v1",
        payers.PayerRefused(
            reason_code="duplicate", same_as=PAYER, refused_by=REVIEWER, refused_at=at(1)
        ),
        minutes=1,
    )
    return stream


def lifecycle(number: int) -> list[list[EventSample]]:
    """All streams of a customer who has one active loan and one that was closed."""
    return [
        application(number).events,
        dossier(number).events,
        record(number).events,
        message(number).events,
        [
            loan(number),
            loan(number, loan_id="L-2"),
            loan(number, loan_id="L-2", version=2, status="closed"),
        ],
        [
            credit_application(number),
            credit_application(number, application_id="S-2", stage="filing"),
            credit_application(number, version=2, stage="approval", status="approved"),
        ],
    ]


def lifecycle_with_changes(number: int) -> list[list[EventSample]]:
    """The same person, with every kind of change of the account."""
    return [changed_application(number).events, *lifecycle(number)[1:]]


Encrypt = Callable[[EventSample], dict[str, Any] | None]


def base64_envelope(sample: EventSample) -> dict[str, Any] | None:
    """An envelope that `FakeKeyRing` can decrypt: the plain part in base64."""
    if sample.personal is None:
        return None
    plain = base64.b64encode(orjson.dumps(sample.personal)).decode()
    return {"v": 1, "kid": str(sample.subject), "n": "", "ct": plain}


class FakeKeyRing:
    """Keys that are `erased` are destroyed, those of `missing` people unknown."""

    def __init__(self) -> None:
        self.erased: set[UUID] = set()
        self.missing: set[UUID] = set()
        self.forgotten: list[UUID] = []

    async def decrypt_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]:
        for subject, _, _ in sealed:
            if subject in self.missing:
                raise KeyMissing(subject)
        return [
            ERASED
            if {subject, UUID(envelope["kid"])} & self.erased
            else orjson.loads(base64.b64decode(envelope["ct"]))
            for subject, _, envelope in sealed
        ]

    def forget(self, subject: UUID) -> None:
        self.forgotten.append(subject)


class InMemoryLog:
    """A log in memory, which gives each record its offset."""

    def __init__(self, prefix: str = "", encrypt: Encrypt = base64_envelope) -> None:
        self._prefix = prefix
        self._encrypt = encrypt
        self._offsets: dict[tuple[str, int], int] = {}

    def append(self, sample: EventSample, partition: int = 0, **changes: Any) -> ConsumerRecord:
        topic = f"{self._prefix}{sample.topic}"
        offset = self._offsets.get((topic, partition), 0)
        self._offsets[topic, partition] = offset + 1
        value = sample.value(self._encrypt(sample))
        fields: dict[str, Any] = {
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "timestamp": int(sample.time.timestamp() * 1000),
            "timestamp_type": 0,
            "key": str(sample.subject).encode(),
            "value": value,
            "checksum": None,
            "serialized_key_size": 36,
            "serialized_value_size": len(value),
            "headers": sample.headers(),
        }
        return ConsumerRecord(**{**fields, **changes})

    def append_all(
        self, samples: Iterable[EventSample], partition: int = 0
    ) -> list[ConsumerRecord]:
        return [self.append(sample, partition) for sample in samples]


def interleaved(
    streams: Sequence[Sequence[EventSample]], choices: Iterable[int]
) -> Iterator[EventSample]:
    """All events, each stream in its order; `choices` select the next stream."""
    left = [list(stream) for stream in streams if stream]
    next_choices = iter(choices)
    while left:
        stream = left[next(next_choices, 0) % len(left)]
        yield stream.pop(0)
        left = [each for each in left if each]


BEYOND_64_BITS = MAX_INTEGER + 1

"""Events of other services about a person, as Kafka records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import orjson
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.contracts import topics
from vinculo.events import uuid7
from vinculo.privacy import KeyRing

STARTED = datetime(2026, 11, 5, 14, tzinfo=UTC)
VERIFIED = STARTED + timedelta(minutes=5)
COMPLETED = STARTED + timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class IncomingEvent:
    """An event to deliver; `record` is its Kafka record."""

    topic: str
    type: str
    source: str
    subject: UUID
    headers: Mapping[str, str]
    data: Mapping[str, Any]
    event_id: UUID = field(default_factory=uuid7)

    def sent_headers(self) -> list[tuple[str, bytes]]:
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(self.event_id),
            "ce_source": self.source,
            "ce_type": self.type,
            "ce_time": STARTED.isoformat(),
            "ce_subject": str(self.subject),
            "ce_correlationid": "correlation",
            **self.headers,
        }
        return [(name, value.encode()) for name, value in headers.items()]

    def record(self, prefix: str = "") -> ConsumerRecord:
        key, value = str(self.subject).encode(), orjson.dumps(self.data)
        return ConsumerRecord(
            topic=f"{prefix}{self.topic}",
            partition=0,
            offset=0,
            timestamp=0,
            timestamp_type=0,
            key=key,
            value=value,
            checksum=None,
            serialized_key_size=len(key),
            serialized_value_size=len(value),
            headers=tuple(self.sent_headers()),
        )


@dataclass(kw_only=True)
class Applicant:
    """A person and the events about them; the versions of the streams are counted."""

    project: str = "default"
    birth_date: str = "1990-05-20"
    net_monthly_salary_cents: int = 350_000_000
    person_id: UUID = field(default_factory=uuid7)
    application_versions: Any = field(default_factory=lambda: count(1))
    dossier_versions: Any = field(default_factory=lambda: count(1))

    async def started(self, keys: KeyRing) -> IncomingEvent:
        await keys.create_key(self.person_id)
        event_id = uuid7()
        plain = self._details(self.birth_date)
        return self._started(event_id, await keys.encrypt(self.person_id, event_id, plain))

    async def submitted_again(
        self, keys: KeyRing, *, project: str, birth_date: str, key_id: UUID | None = None
    ) -> IncomingEvent:
        """A further submission, by default under a key of its own that nothing else needs."""
        event_id, key_id = uuid7(), key_id or uuid4()
        await keys.create_key(self.person_id, key_id)
        plain = self._details(birth_date)
        return self._application(
            "submission-received.v1",
            event_id,
            submission_id=str(key_id),
            project=project,
            channel="web",
            locale="es",
            country="CO",
            document_type="CE",
            consents=[],
            received_at=STARTED.isoformat(),
            personal=await keys.encrypt(self.person_id, event_id, plain, key_id=key_id),
        )

    def link_issued(self, at: datetime) -> IncomingEvent:
        return self._application(
            "activation-link-issued.v1",
            link_id=str(uuid4()),
            issued_at=at.isoformat(),
            expires_at=(at + timedelta(days=2)).isoformat(),
        )

    async def activated(self, keys: KeyRing, *, project: str, birth_date: str) -> IncomingEvent:
        """The activation of a submission, which repeats its content."""
        event_id = uuid7()
        plain = self._details(birth_date)
        return self._application(
            "email-verified.v2",
            event_id,
            link_id=str(uuid4()),
            submission_id=str(uuid4()),
            project=project,
            channel="web",
            locale="es",
            country="CO",
            document_type="CC",
            consents=[],
            verified_at=VERIFIED.isoformat(),
            personal=await keys.encrypt(self.person_id, event_id, plain),
        )

    @staticmethod
    def _details(birth_date: str) -> dict[str, Any]:
        return {
            "v": 1,
            "document_number": "1020304050",
            "given_names": "Luz Marina",
            "surnames": "Rojas Peña",
            "birth_date": birth_date,
            "email": "luz@example.co",
            "phone": "+573001234567",
        }

    def started_without_key(self) -> IncomingEvent:
        return self._started(uuid7(), None)

    def _started(self, event_id: UUID, personal: dict[str, Any] | None) -> IncomingEvent:
        return self._application(
            "application-started.v1",
            event_id,
            registration_id=str(uuid4()),
            project=self.project,
            channel="web",
            locale="es",
            country="CO",
            document_type="CC",
            started_at=STARTED.isoformat(),
            personal=personal,
        )

    def consented(self) -> IncomingEvent:
        return self._application(
            "consent-given.v1",
            purpose="personal_data",
            text_version="1",
            text_sha256="00",
            channel="web",
            given_at=STARTED.isoformat(),
        )

    def verified(self) -> IncomingEvent:
        return self._application(
            "email-verified.v1", link_id=str(uuid4()), verified_at=VERIFIED.isoformat()
        )

    async def employed(self, keys: KeyRing) -> IncomingEvent:
        event_id = uuid7()
        plain = {
            "v": 1,
            "position": "Docente",
            "net_monthly_salary_cents": self.net_monthly_salary_cents,
            "payer_contact": {"name": "Talento Humano"},
        }
        return self._application(
            "employment-declared.v1",
            event_id,
            payer_id=str(uuid4()),
            contract_type="indefinite",
            currency="COP",
            declared_at=VERIFIED.isoformat(),
            personal=await keys.encrypt(self.person_id, event_id, plain),
        )

    async def corrected(
        self, keys: KeyRing, *, document_type: str, birth_date: str
    ) -> IncomingEvent:
        event_id = uuid7()
        plain = {
            "v": 1,
            "document_number": "412345",
            "given_names": "Luz Marina",
            "surnames": "Rojas Peña",
            "birth_date": birth_date,
        }
        return self._application(
            "identity-corrected.v1",
            event_id,
            correction_id=str(uuid4()),
            country="CO",
            document_type=document_type,
            corrected_at=VERIFIED.isoformat(),
            personal=await keys.encrypt(self.person_id, event_id, plain),
        )

    def completed(self) -> IncomingEvent:
        return self._application("application-completed.v1", completed_at=COMPLETED.isoformat())

    def claim_granted(self, at: datetime) -> IncomingEvent:
        """A claim to this person's document was granted to another person."""
        claim_id = uuid4()
        return IncomingEvent(
            topic=topics.ONBOARDING_DOCUMENT_CLAIMS,
            type="vinculo.onboarding.document-claim-granted.v1",
            source="/onboarding/document-claims",
            subject=self.person_id,
            headers={"ce_streamid": f"document-claim-{claim_id}", "ce_streamversion": "2"},
            data={
                "claim_id": str(claim_id),
                "submission_id": str(uuid4()),
                "claimant_id": str(uuid7()),
                "reason_code": "identity_proved",
                "granted_by": str(UUID(int=9)),
                "granted_at": at.isoformat(),
            },
        )

    def applicant_erased(self, at: datetime) -> IncomingEvent:
        return self._application("applicant-erased.v1", erased_at=at.isoformat())

    def submitted(self) -> IncomingEvent:
        return self._dossier(
            "dossier-submitted.v1", document_ids=[], submitted_at=COMPLETED.isoformat()
        )

    def accepted(self) -> IncomingEvent:
        return self._dossier(
            "dossier-accepted.v1", accepted_by=str(uuid4()), accepted_at=COMPLETED.isoformat()
        )

    def reopened(self) -> IncomingEvent:
        return self._dossier(
            "dossier-reopened.v1", document_id=str(uuid4()), reopened_at=COMPLETED.isoformat()
        )

    def demanded(self) -> IncomingEvent:
        return self._dossier(
            "document-demanded.v1",
            kind="bank_statement",
            demanded_by=str(uuid4()),
            demanded_at=COMPLETED.isoformat(),
        )

    def loan(
        self, loan_id: str, loan_version: int, status: str = "active", **changes: Any
    ) -> IncomingEvent:
        return self._report(
            topics.CREDIT_LOANS,
            "loan-reported.v1",
            {
                "loan_id": loan_id,
                "loan_version": loan_version,
                "status": status,
                "currency": "COP",
                "principal_cents": 500_000_000,
                "outstanding_cents": 400_000_000,
                "disbursed_at": STARTED.isoformat(),
                "reported_at": COMPLETED.isoformat(),
                **changes,
            },
        )

    def credit_application(
        self, application_id: str, application_version: int, stage: str, **changes: Any
    ) -> IncomingEvent:
        """The stage is reached on the day of the version after the start."""
        since = STARTED + timedelta(days=application_version)
        return self._report(
            topics.CREDIT_APPLICATIONS,
            "credit-application-reported.v1",
            {
                "application_id": application_id,
                "application_version": application_version,
                "line": "libranza",
                "stage": stage,
                "status": "open",
                "currency": "COP",
                "requested_cents": 500_000_000,
                "submitted_at": STARTED.isoformat(),
                "stage_since": since.isoformat(),
                "reported_at": since.isoformat(),
                **changes,
            },
        )

    def credit_limit(self, limit_version: int, limit_cents: int) -> IncomingEvent:
        return self._report(
            topics.CREDIT_LOANS,
            "credit-limit-assigned.v1",
            {
                "limit_cents": limit_cents,
                "currency": "COP",
                "limit_version": limit_version,
                "valid_until": "2027-12-31",
            },
        )

    def _report(self, topic: str, type_: str, data: dict[str, Any]) -> IncomingEvent:
        return IncomingEvent(
            topic=topic,
            type=f"vinculo.credit.{type_}",
            source="/core-bank",
            subject=self.person_id,
            headers={},
            data=data,
        )

    def _application(self, type_: str, event_id: UUID | None = None, **data: Any) -> IncomingEvent:
        version = next(self.application_versions)
        stream = ("application", "onboarding", topics.ONBOARDING_APPLICATIONS, version)
        return self._event(stream, type_, event_id or uuid7(), data)

    def _dossier(self, type_: str, **data: Any) -> IncomingEvent:
        version = next(self.dossier_versions)
        stream = ("dossier", "documents", topics.DOCUMENTS_DOSSIERS, version)
        return self._event(stream, type_, uuid7(), data)

    def _event(
        self, stream: tuple[str, str, str, int], type_: str, event_id: UUID, data: dict[str, Any]
    ) -> IncomingEvent:
        category, service, topic, version = stream
        return IncomingEvent(
            topic=topic,
            type=f"vinculo.{service}.{type_}",
            source=f"/{service}/{topic.partition('.')[2]}",
            subject=self.person_id,
            headers={
                "ce_streamid": f"{category}-{self.person_id}",
                "ce_streamversion": str(version),
            },
            data=data,
            event_id=event_id,
        )

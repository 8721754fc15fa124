"""Events of other services about one person, as the consumer receives them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import orjson
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.contracts import parse, topics
from vinculo.events import Meta, uuid7
from vinculo.messaging import ConsumedEvent
from vinculo.privacy import KeyRing

NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)


@dataclass(kw_only=True)
class Person:
    """Publishes events about one person, with consecutive versions in each stream."""

    email: str
    given_names: str = "Ana María"
    locale: str = "es"
    person_id: UUID = field(default_factory=uuid7)
    phone: str = "+573001234567"
    application_versions: Any = field(default_factory=lambda: count(1))
    customer_versions: Any = field(default_factory=lambda: count(1))
    dossier_versions: Any = field(default_factory=lambda: count(1))
    at: datetime = NOW
    """When the next event happens."""

    async def submitted_again(
        self,
        keyring: KeyRing,
        email: str,
        *,
        submission_id: UUID | None = None,
        given_names: str = "Otra",
        locale: str = "es",
    ) -> ConsumedEvent:
        """A further submission, encrypted with a key that has the submission's id."""
        event_id, submission_id = uuid7(), submission_id or uuid4()
        await keyring.create_key(self.person_id, submission_id)
        plain = self._details(email, given_names)
        return self._application(
            "submission-received.v1",
            {
                "submission_id": str(submission_id),
                "project": "default",
                "channel": "web",
                "locale": locale,
                "country": "CO",
                "document_type": "CC",
                "consents": [],
                "received_at": self.at.isoformat(),
                "personal": await keyring.encrypt(
                    self.person_id, event_id, plain, key_id=submission_id
                ),
            },
            event_id=event_id,
        )

    async def activated(
        self, keyring: KeyRing, email: str, *, given_names: str = "Otra", locale: str = "es"
    ) -> ConsumedEvent:
        event_id = uuid7()
        plain = self._details(email, given_names)
        return self._application(
            "email-verified.v2",
            {
                "link_id": str(uuid4()),
                "submission_id": str(uuid4()),
                "project": "default",
                "channel": "web",
                "locale": locale,
                "country": "CO",
                "document_type": "CC",
                "consents": [],
                "verified_at": self.at.isoformat(),
                "personal": await self._encrypted(keyring, event_id, plain),
            },
            event_id=event_id,
        )

    def dropped(self, submission_id: UUID) -> ConsumedEvent:
        return self._application(
            "submission-dropped.v1",
            {
                "submission_id": str(submission_id),
                "cause": "expired",
                "dropped_at": self.at.isoformat(),
            },
        )

    def _details(self, email: str, given_names: str) -> dict[str, Any]:
        return {
            "v": 1,
            "document_number": "1020304050",
            "given_names": given_names,
            "surnames": "Rojas Peña",
            "birth_date": "1990-01-02",
            "email": email,
            "phone": self.phone,
        }

    async def started(self, keyring: KeyRing) -> ConsumedEvent:
        await keyring.create_key(self.person_id)
        event_id = uuid7()
        plain = self._details(self.email, self.given_names)
        envelope = await keyring.encrypt(self.person_id, event_id, plain)
        return self._application(
            "application-started.v1",
            {
                "registration_id": str(uuid4()),
                "project": "default",
                "channel": "web",
                "locale": self.locale,
                "country": "CO",
                "document_type": "CC",
                "started_at": self.at.isoformat(),
                "personal": envelope,
            },
            event_id=event_id,
        )

    def link_issued(
        self,
        *,
        at: datetime = NOW,
        expires_at: datetime | None = None,
        link_id: UUID | None = None,
        submission_id: UUID | None = None,
    ) -> ConsumedEvent:
        return self._application(
            "activation-link-issued.v1",
            {
                "link_id": str(link_id or uuid4()),
                "issued_at": at.isoformat(),
                "expires_at": (expires_at or at + timedelta(hours=24)).isoformat(),
                **({} if submission_id is None else {"submission_id": str(submission_id)}),
            },
        )

    def repeated(self) -> ConsumedEvent:
        return self._application(
            "registration-repeated.v1", {"channel": "web", "repeated_at": self.at.isoformat()}
        )

    def verified(self) -> ConsumedEvent:
        return self._application(
            "email-verified.v1", {"link_id": str(uuid4()), "verified_at": self.at.isoformat()}
        )

    def promoted(self) -> ConsumedEvent:
        return self._customer(
            "pre-customer-promoted.v1",
            {
                "customer_id": str(uuid7()),
                "project": "default",
                "policy": "reviewed",
                "policy_version": 1,
                "results": [],
                "from_status": "pending",
                "to_status": "enabled",
                "cause": "requirements-met",
                "registered_at": NOW.isoformat(),
                "completed_at": NOW.isoformat(),
                "promoted_at": NOW.isoformat(),
            },
        )

    def erased(self) -> ConsumedEvent:
        return self._customer(
            "record-erased.v1",
            {
                "erasure_id": str(uuid4()),
                "reason_code": "requested",
                "erased_by": str(uuid4()),
                "erased_at": NOW.isoformat(),
            },
        )

    async def email_corrected(
        self, keyring: KeyRing, to: str, *, submission_id: UUID | None = None
    ) -> ConsumedEvent:
        event_id = uuid7()
        personal = await self._encrypted(keyring, event_id, {"v": 1, "contact": to})
        data = {"corrected_at": self.at.isoformat(), "personal": personal}
        if submission_id is not None:
            data["submission_id"] = str(submission_id)
        return self._application("email-corrected.v1", data, event_id=event_id)

    async def contact_change_requested(
        self, keyring: KeyRing, to: str, *, kind: str = "email", change_id: UUID | None = None
    ) -> ConsumedEvent:
        event_id = uuid7()
        data = {
            "change_id": str(change_id or uuid4()),
            "kind": kind,
            "requested_at": self.at.isoformat(),
            "expires_at": (self.at + timedelta(hours=24)).isoformat(),
            "personal": await self._encrypted(keyring, event_id, {"v": 1, "contact": to}),
        }
        return self._application("contact-change-requested.v1", data, event_id=event_id)

    async def contact_changed(
        self, keyring: KeyRing, to: str, previous: str, *, kind: str = "email"
    ) -> ConsumedEvent:
        event_id = uuid7()
        plain = {"v": 1, "contact": to, "previous": previous}
        data = {
            "change_id": str(uuid4()),
            "kind": kind,
            "changed_at": self.at.isoformat(),
            "personal": await self._encrypted(keyring, event_id, plain),
        }
        return self._application("contact-changed.v1", data, event_id=event_id)

    async def identity_corrected(self, keyring: KeyRing, given_names: str) -> ConsumedEvent:
        event_id = uuid7()
        plain = {
            "v": 1,
            "document_number": "1020304050",
            "given_names": given_names,
            "surnames": "Rojas Peña",
            "birth_date": "1990-01-02",
        }
        data = {
            "correction_id": str(uuid4()),
            "country": "CO",
            "document_type": "CC",
            "corrected_at": self.at.isoformat(),
            "personal": await self._encrypted(keyring, event_id, plain),
        }
        return self._application("identity-corrected.v1", data, event_id=event_id)

    async def correction_refused(self, keyring: KeyRing, note: str) -> ConsumedEvent:
        event_id = uuid7()
        data = {
            "correction_id": str(uuid4()),
            "reason_code": "not_proved",
            "refused_by": str(uuid4()),
            "refused_at": self.at.isoformat(),
            "personal": await self._encrypted(keyring, event_id, {"v": 1, "note": note}),
        }
        return self._application("identity-correction-refused.v1", data, event_id=event_id)

    async def claim_opened(
        self, keyring: KeyRing, email: str, *, submission_id: UUID, locale: str = "es"
    ) -> ConsumedEvent:
        """A claim to this person's document, under the key of the claimant's submission."""
        event_id = uuid7()
        plain = {**self._details(email, "Otra"), "statement": "Es mío"}
        data = {
            "claim_id": str(submission_id),
            "submission_id": str(submission_id),
            "locale": locale,
            "country": "CO",
            "document_type": "CC",
            "opened_at": self.at.isoformat(),
            "expires_at": (self.at + timedelta(days=90)).isoformat(),
            "personal": await keyring.encrypt(
                self.person_id, event_id, plain, key_id=submission_id
            ),
        }
        return self._claim("document-claim-opened.v1", data, 1, event_id)

    def claim_granted(self, *, submission_id: UUID, claimant_id: UUID) -> ConsumedEvent:
        data = {
            "claim_id": str(submission_id),
            "submission_id": str(submission_id),
            "claimant_id": str(claimant_id),
            "reason_code": "identity_proved",
            "granted_by": str(uuid4()),
            "granted_at": self.at.isoformat(),
        }
        return self._claim("document-claim-granted.v1", data, 2, uuid7())

    def claim_refused(self, *, submission_id: UUID) -> ConsumedEvent:
        data = {
            "claim_id": str(submission_id),
            "submission_id": str(submission_id),
            "reason_code": "evidence_insufficient",
            "refused_by": str(uuid4()),
            "refused_at": self.at.isoformat(),
        }
        return self._claim("document-claim-refused.v1", data, 2, uuid7())

    def claim_expired(self, *, submission_id: UUID) -> ConsumedEvent:
        data = {
            "claim_id": str(submission_id),
            "submission_id": str(submission_id),
            "expired_at": self.at.isoformat(),
        }
        return self._claim("document-claim-expired.v1", data, 2, uuid7())

    def phone_code_issued(self, *, code_id: UUID | None = None) -> ConsumedEvent:
        data = {
            "code_id": str(code_id or uuid4()),
            "issued_at": self.at.isoformat(),
            "expires_at": (self.at + timedelta(minutes=10)).isoformat(),
        }
        return self._application("phone-code-issued.v1", data)

    def password_reset_requested(self, *, link_id: UUID | None = None) -> ConsumedEvent:
        data = {
            "link_id": str(link_id or uuid4()),
            "requested_at": self.at.isoformat(),
            "expires_at": (self.at + timedelta(minutes=30)).isoformat(),
        }
        return self._application("password-reset-requested.v1", data)

    def password_changed(self) -> ConsumedEvent:
        data = {"cause": "reset", "changed_at": self.at.isoformat()}
        return self._application("password-changed.v1", data)

    def employment_declared(self) -> ConsumedEvent:
        data = {
            "payer_id": str(uuid4()),
            "contract_type": "indefinite",
            "currency": "COP",
            "declared_at": self.at.isoformat(),
        }
        return self._application("employment-declared.v1", data)

    def completed(self) -> ConsumedEvent:
        return self._application("application-completed.v1", {"completed_at": self.at.isoformat()})

    def document_unusable(self, kind: str = "payslip", reason: str = "encrypted") -> ConsumedEvent:
        data = {
            "document_id": str(uuid4()),
            "kind": kind,
            "reason_code": reason,
            "failed_at": self.at.isoformat(),
        }
        return self._dossier("document-failed-screening.v1", data)

    async def document_rejected(self, keyring: KeyRing, note: str | None = None) -> ConsumedEvent:
        event_id = uuid7()
        data: dict[str, Any] = {
            "document_id": str(uuid4()),
            "kind": "identity_card_back",
            "reason_code": "illegible",
            "rejected_by": str(uuid4()),
            "rejected_at": self.at.isoformat(),
        }
        if note is not None:
            data["personal"] = await self._encrypted(keyring, event_id, {"v": 1, "note": note})
        return self._dossier("document-rejected.v1", data, event_id=event_id)

    async def document_demanded(self, keyring: KeyRing, note: str | None = None) -> ConsumedEvent:
        event_id = uuid7()
        data: dict[str, Any] = {
            "kind": "bank_statement",
            "demanded_by": str(uuid4()),
            "demanded_at": self.at.isoformat(),
        }
        if note is not None:
            data["personal"] = await self._encrypted(keyring, event_id, {"v": 1, "note": note})
        return self._dossier("document-demanded.v1", data, event_id=event_id)

    def blocked(self) -> ConsumedEvent:
        return self._moved("blocked")

    def unblocked(self) -> ConsumedEvent:
        return self._moved("unblocked")

    def _moved(self, verb: str) -> ConsumedEvent:
        data = {
            "from_status": "pending",
            "to_status": "blocked" if verb == "blocked" else "pending",
            "cause": "operator",
            "reason_code": "other",
            f"{verb}_by": str(uuid4()),
            f"{verb}_at": self.at.isoformat(),
        }
        return self._customer(f"record-{verb}.v1", data)

    async def _encrypted(
        self, keyring: KeyRing, event_id: UUID, plain: dict[str, Any]
    ) -> dict[str, Any]:
        return await keyring.encrypt(self.person_id, event_id, plain)

    def _application(
        self, type_: str, data: dict[str, Any], *, event_id: UUID | None = None
    ) -> ConsumedEvent:
        stream = (topics.ONBOARDING_APPLICATIONS, "application", next(self.application_versions))
        return self._received(stream, type_, data, event_id or uuid7())

    def _claim(
        self, type_: str, data: dict[str, Any], version: int, event_id: UUID
    ) -> ConsumedEvent:
        stream = (topics.ONBOARDING_DOCUMENT_CLAIMS, "document-claim", version)
        return self._received(stream, type_, data, event_id)

    def staff_event(
        self, type_: str, data: dict[str, Any], version: int, event_id: UUID
    ) -> ConsumedEvent:
        """An event about a member of staff, whose id is the person's here."""
        return self._received((topics.ONBOARDING_STAFF, "staff", version), type_, data, event_id)

    def _dossier(
        self, type_: str, data: dict[str, Any], *, event_id: UUID | None = None
    ) -> ConsumedEvent:
        stream = (topics.DOCUMENTS_DOSSIERS, "dossier", next(self.dossier_versions))
        return self._received(stream, type_, data, event_id or uuid7())

    def _customer(self, type_: str, data: dict[str, Any]) -> ConsumedEvent:
        stream = (topics.CUSTOMER_REGISTRY_CUSTOMERS, "customer", next(self.customer_versions))
        return self._received(stream, type_, data, uuid7())

    def _received(
        self, stream: tuple[str, str, int], type_: str, data: dict[str, Any], event_id: UUID
    ) -> ConsumedEvent:
        topic, category, version = stream
        value = orjson.dumps(data)
        service, _, stream_name = topic.partition(".")
        stream_id = f"{category}-{self.person_id}"
        headers = [
            ("ce_specversion", "1.0"),
            ("ce_id", str(event_id)),
            ("ce_source", f"/{service}/{stream_name}"),
            ("ce_type", f"vinculo.{service}.{type_}"),
            ("ce_time", self.at.isoformat()),
            ("ce_subject", str(self.person_id)),
            ("ce_streamid", stream_id),
            ("ce_streamversion", str(version)),
            ("ce_correlationid", "correlation"),
        ]
        key = str(self.person_id).encode()
        record = ConsumerRecord(
            topic=topic,
            partition=0,
            offset=version,
            timestamp=0,
            timestamp_type=0,
            key=key,
            value=value,
            checksum=None,
            serialized_key_size=len(key),
            serialized_value_size=len(value),
            headers=tuple((name, text.encode()) for name, text in headers),
        )
        return ConsumedEvent(
            topic=topic,
            partition=0,
            offset=version,
            event_id=event_id,
            type=type_,
            source=f"/{service}/{stream_name}",
            subject=self.person_id,
            stream_id=stream_id,
            version=version,
            time=self.at,
            meta=Meta(correlation_id="correlation"),
            value=value,
            payload=parse(topic, type_, value),
            raw=record,
        )

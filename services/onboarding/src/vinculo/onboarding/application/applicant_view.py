"""The current data of an applicant, folded from the events of the application and decrypted.

No decision depends on it. Personal data stays encrypted in the fold until it is shown or recorded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias, TypeVar
from uuid import UUID

from vinculo.events import Sealed
from vinculo.eventstore import PostgresEventStore
from vinculo.onboarding.domain.account import (
    ConsentGiven,
    ConsentPurpose,
    ConsentWithdrawn,
    Contact,
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    ContactReplaced,
    PasswordChanged,
    PhoneVerified,
)
from vinculo.onboarding.domain.application import ApplicationEvent, EmploymentDeclared
from vinculo.onboarding.domain.identity_correction import (
    IdentityCorrected,
    IdentityCorrectionRefused,
    IdentityCorrectionRequested,
    IdentityDetails,
)
from vinculo.onboarding.domain.submission import (
    ApplicationStarted,
    EmailCorrected,
    EmailVerifiedV2,
    PersonDetails,
    SubmissionReceived,
)
from vinculo.onboarding.forms.identity import PersonIdentity
from vinculo.onboarding.storage.streams import ApplicationCategory
from vinculo.privacy import KeyRing

Key = TypeVar("Key")
Value = TypeVar("Value")
Event = TypeVar("Event", bound=ApplicationEvent)

IdentitySource: TypeAlias = ApplicationStarted | EmailVerifiedV2 | IdentityCorrected
ContactSource: TypeAlias = ApplicationStarted | EmailVerifiedV2 | EmailCorrected | ContactChanged


class PersonErased(Exception):
    """The person's key is destroyed, or the person never registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantHistory:
    """The events that determine what is current; `employments` are all declarations."""

    identity: IdentitySource | None = None
    email: ContactSource | None = None
    phone: ContactSource | None = None
    phone_verified_at: datetime | None = None
    consents: Mapping[ConsentPurpose, ConsentGiven] = field(default_factory=dict)
    contact_changes: Mapping[ContactKind, ContactChangeRequested] = field(default_factory=dict)
    employments: tuple[EmploymentDeclared, ...] = ()
    correction: IdentityCorrectionRequested | None = None
    correction_refused: IdentityCorrectionRefused | None = None

    @property
    def employment(self) -> EmploymentDeclared | None:
        return self.employments[-1] if self.employments else None

    def pending_contact_changes(self, now: datetime) -> list[ContactChangeRequested]:
        return [change for change in self.contact_changes.values() if now < change.expires_at]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentContacts:
    """None once the key is destroyed."""

    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantReader:
    store: PostgresEventStore
    applications: ApplicationCategory
    keyring: KeyRing

    async def events(self, person_id: UUID) -> list[ApplicationEvent]:
        stored = await self.store.read(self.applications.stream_id(person_id))
        return [self.applications.codec.decode(event) for event in stored]

    async def history(self, person_id: UUID) -> ApplicantHistory:
        return applicant_history(await self.events(person_id))

    async def decrypted(self, events: Sequence[Event]) -> list[Event]:
        """The same events in the same order; `Erased` stands for the data of a destroyed key."""
        parts = [getattr(event, "personal", None) for event in events]
        sealed = [part for part in parts if isinstance(part, Sealed)]
        plain = iter(
            await self.keyring.decrypt_many(
                [(part.subject, part.event_id, part.envelope) for part in sealed]
            )
        )
        codec = self.applications.codec
        return [
            codec.with_personal(event, next(plain)) if isinstance(part, Sealed) else event
            for event, part in zip(events, parts, strict=True)
        ]

    async def current_identity(self, history: ApplicantHistory) -> PersonIdentity | None:
        """None once the key is destroyed."""
        if history.identity is None:
            return None
        (identity,) = await self.decrypted([history.identity])
        return identity_of_event(identity)

    async def current_contacts(self, history: ApplicantHistory) -> CurrentContacts:
        if history.email is None or history.phone is None:
            return CurrentContacts(email=None, phone=None)
        email, phone = await self.decrypted([history.email, history.phone])
        return CurrentContacts(
            email=_contact_in(email.personal, ContactKind.EMAIL),
            phone=_contact_in(phone.personal, ContactKind.PHONE),
        )

    async def details(self, person_id: UUID) -> PersonDetails:
        """Raises PersonErased."""
        return await self._details(await self.history(person_id))

    async def submitted_details(self, person_id: UUID, submission_id: UUID) -> PersonDetails:
        """What a submission contains, with its corrected address. Raises PersonErased."""
        received: ApplicationStarted | SubmissionReceived | None = None
        corrected: EmailCorrected | None = None
        registration_id: UUID | None = None
        for event in await self.events(person_id):
            match event:
                case ApplicationStarted():
                    registration_id = event.registration_id
                    if registration_id == submission_id:
                        received = event
                case SubmissionReceived() if event.submission_id == submission_id:
                    received = event
                case EmailCorrected() if (event.submission_id or registration_id) == submission_id:
                    corrected = event
                case _:
                    pass
        if received is None:
            raise PersonErased
        (decrypted,) = await self.decrypted([received])
        details = decrypted.personal
        if not isinstance(details, PersonDetails):
            raise PersonErased
        if corrected is None:
            return details
        (replaced,) = await self.decrypted([corrected])
        if not isinstance(replaced.personal, Contact):
            raise PersonErased
        return replace(details, email=replaced.personal.contact)

    async def contact_replacement(
        self, person_id: UUID, change_id: UUID
    ) -> tuple[ContactKind, ContactReplaced] | None:
        """What a requested change would replace; None for an unknown id. Raises PersonErased."""
        events = await self.events(person_id)
        requested = next(
            (
                event
                for event in events
                if isinstance(event, ContactChangeRequested) and event.change_id == change_id
            ),
            None,
        )
        if requested is None:
            return None
        details = await self._details(applicant_history(events))
        (change,) = await self.decrypted([requested])
        if not isinstance(change.personal, Contact):
            raise PersonErased
        replaced = ContactReplaced(
            contact=change.personal.contact, previous=contact_of(details, requested.kind)
        )
        return requested.kind, replaced

    async def _details(self, history: ApplicantHistory) -> PersonDetails:
        identity = await self.current_identity(history)
        contacts = await self.current_contacts(history)
        if identity is None or contacts.email is None or contacts.phone is None:
            raise PersonErased
        return PersonDetails(
            document_number=identity.document_number,
            given_names=identity.given_names,
            surnames=identity.surnames,
            birth_date=identity.birth_date,
            email=contacts.email,
            phone=contacts.phone,
        )


def applicant_history(events: Iterable[ApplicationEvent]) -> ApplicantHistory:
    history = ApplicantHistory()
    for event in events:
        history = _evolve_history(history, event)
    return history


def identity_of_event(
    event: IdentitySource | IdentityCorrectionRequested,
) -> PersonIdentity | None:
    """The identity in a decrypted event; None once the key is destroyed."""
    match event.personal:
        case PersonDetails() | IdentityDetails() as details:
            return PersonIdentity(
                country=event.country,
                document_type=event.document_type,
                document_number=details.document_number,
                given_names=details.given_names,
                surnames=details.surnames,
                birth_date=details.birth_date,
            )
        case _:
            return None


def consents_given_by(event: EmailVerifiedV2) -> list[ConsentGiven]:
    """The consents of a submission count from its activation on."""
    return [
        ConsentGiven(
            purpose=consent.purpose,
            text_version=consent.text_version,
            text_sha256=consent.text_sha256,
            channel=event.channel,
            given_at=event.verified_at,
        )
        for consent in event.consents
    ]


def contact_of(person: PersonDetails, kind: ContactKind) -> str:
    return person.email if kind is ContactKind.EMAIL else person.phone


def _contact_in(personal: object, kind: ContactKind) -> str | None:
    match personal:
        case PersonDetails():
            return contact_of(personal, kind)
        case Contact() | ContactReplaced():
            return personal.contact
        case _:
            return None


def _evolve_history(  # noqa: C901, PLR0912 - one case per event
    history: ApplicantHistory, event: ApplicationEvent
) -> ApplicantHistory:
    match event:
        case ApplicationStarted():
            return replace(history, identity=event, email=event, phone=event)
        case EmailVerifiedV2():
            given = {each.purpose: each for each in consents_given_by(event)}
            return replace(history, identity=event, email=event, phone=event, consents=given)
        case ConsentGiven(purpose=purpose):
            return replace(history, consents={**history.consents, purpose: event})
        case ConsentWithdrawn(purpose=purpose):
            return replace(history, consents=_without(history.consents, purpose))
        case EmailCorrected():
            return replace(history, email=event)
        case PhoneVerified(verified_at=verified_at):
            return replace(history, phone_verified_at=verified_at)
        case ContactChangeRequested(kind=kind):
            changes = {**history.contact_changes, kind: event}
            return replace(history, contact_changes=changes)
        case ContactChanged():
            return _contact_changed(history, event)
        case PasswordChanged():
            return replace(history, contact_changes={})
        case EmploymentDeclared():
            return replace(history, employments=(*history.employments, event))
        case IdentityCorrectionRequested():
            return replace(history, correction=event, correction_refused=None)
        case IdentityCorrected():
            return replace(history, identity=event, correction=None, correction_refused=None)
        case IdentityCorrectionRefused():
            return replace(history, correction=None, correction_refused=event)
        case _:
            return history


def _contact_changed(history: ApplicantHistory, event: ContactChanged) -> ApplicantHistory:
    changes = _without(history.contact_changes, event.kind)
    if event.kind is ContactKind.EMAIL:
        return replace(history, contact_changes=changes, email=event)
    return replace(
        history, contact_changes=changes, phone=event, phone_verified_at=event.changed_at
    )


def _without(mapping: Mapping[Key, Value], key: Key) -> dict[Key, Value]:
    return {each: value for each, value in mapping.items() if each != key}

"""What is known of a person now: the registration with every later change of it, opened."""

from dataclasses import dataclass, replace
from typing import Any, assert_never
from uuid import UUID

from vinculo.events import Erased, Sealed
from vinculo.eventstore import Category, PostgresEventStore
from vinculo.onboarding.domain.account import (
    Contact,
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    ContactReplaced,
)
from vinculo.onboarding.domain.application import (
    Application,
    ApplicationEvent,
    ApplicationStarted,
    EmailCorrected,
    PersonDetails,
)
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.domain.identity_correction import IdentityCorrected, IdentityDetails
from vinculo.privacy import KeyRing


class PersonErased(Exception):
    """The key is destroyed, or nobody was ever registered here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPeople:
    store: PostgresEventStore
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    keyring: KeyRing

    async def details(self, person_id: UUID) -> PersonDetails:
        """Raises PersonErased."""
        history = await self._history(person_id)
        return await self._details(history)

    async def replacement(
        self, person_id: UUID, change_id: UUID
    ) -> tuple[ContactKind, ContactReplaced] | None:
        """What a change of contact would replace, or None where none was asked for by this id."""
        history = await self._history(person_id)
        requested = next(
            (
                event
                for event in history
                if isinstance(event, ContactChangeRequested) and event.change_id == change_id
            ),
            None,
        )
        if requested is None:
            return None
        new = await self._opened(requested)
        known = await self._details(history)
        previous = contact_of(known, requested.kind)
        return requested.kind, ContactReplaced(contact=new.contact, previous=previous)

    async def _history(self, person_id: UUID) -> list[ApplicationEvent]:
        stored = await self.store.read(self.applications.stream_id(person_id))
        return [self.applications.codec.decode(event) for event in stored]

    async def _details(self, history: list[ApplicationEvent]) -> PersonDetails:
        person: PersonDetails | None = None
        for event in history:
            match event:
                case ApplicationStarted():
                    person = await self._opened(event)
                case EmailCorrected() | ContactChanged() | IdentityCorrected() if person:
                    person = changed(person, event, await self._opened(event))
                case _:
                    pass
        if person is None:
            raise PersonErased
        return person

    async def _opened(self, event: Any) -> Any:  # noqa: ANN401 - the personal part of any event
        sealed = event.personal
        if isinstance(sealed, Sealed):
            opened = await self.keyring.open(sealed.subject, sealed.event_id, sealed.envelope)
            sealed = self.applications.codec.with_personal(event, opened).personal
        if isinstance(sealed, Erased):
            raise PersonErased
        return sealed


def contact_of(person: PersonDetails, kind: ContactKind) -> str:
    return person.email if kind is ContactKind.EMAIL else person.phone


def changed(
    person: PersonDetails,
    event: EmailCorrected | ContactChanged | IdentityCorrected,
    opened: Contact | ContactReplaced | IdentityDetails,
) -> PersonDetails:
    match opened:
        case IdentityDetails():
            return replace(
                person,
                document_number=opened.document_number,
                given_names=opened.given_names,
                surnames=opened.surnames,
                birth_date=opened.birth_date,
            )
        case Contact() | ContactReplaced():
            if isinstance(event, ContactChanged) and event.kind is ContactKind.PHONE:
                return replace(person, phone=opened.contact)
            return replace(person, email=opened.contact)
        case _:
            assert_never(opened)

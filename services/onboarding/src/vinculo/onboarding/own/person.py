"""Who a person is by their own events: the identity details and contacts that are in force."""

from dataclasses import dataclass

from vinculo.onboarding.domain.account import Contact, ContactReplaced
from vinculo.onboarding.domain.application import ApplicationStarted, PersonDetails
from vinculo.onboarding.domain.identity_correction import (
    IdentityCorrected,
    IdentityCorrectionRequested,
    IdentityDetails,
)
from vinculo.onboarding.forms.identity import PersonIdentity
from vinculo.onboarding.own.history import OwnHistory
from vinculo.onboarding.own.opening import Opener


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnContacts:
    email: str | None
    phone: str | None


def own_person(
    event: ApplicationStarted | IdentityCorrected | IdentityCorrectionRequested,
) -> PersonIdentity | None:
    """What an opened event says of the person; None once the key is destroyed."""
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


async def current_person(opener: Opener, history: OwnHistory) -> PersonIdentity | None:
    if history.identity is None:
        return None
    (identity,) = await opener.opened([history.identity])
    return own_person(identity)


async def current_contacts(opener: Opener, history: OwnHistory) -> OwnContacts:
    if history.email is None or history.phone is None:
        return OwnContacts(email=None, phone=None)
    email, phone = await opener.opened([history.email, history.phone])
    return OwnContacts(email=_email(email.personal), phone=_phone(phone.personal))


def _email(part: object) -> str | None:
    return part.email if isinstance(part, PersonDetails) else _contact(part)


def _phone(part: object) -> str | None:
    return part.phone if isinstance(part, PersonDetails) else _contact(part)


def _contact(part: object) -> str | None:
    return part.contact if isinstance(part, Contact | ContactReplaced) else None

"""Events and decision state of an activated account: consents, contacts, phone, password.

They are part of the application's stream. Stored names and fields must never change; personal data
is in the field `personal`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from vinculo.events.personal import Erased, Sealed

MESSAGE_WINDOW: Final = timedelta(days=1)
"""The window of the message quota."""


class Channel(StrEnum):
    WEB = "web"
    MOBILE = "mobile"


class ConsentPurpose(StrEnum):
    PERSONAL_DATA = "personal_data"
    MARKETING = "marketing"


class ContactKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class PasswordChange(StrEnum):
    RESET = "reset"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An e-mail address, or a phone in E.164."""

    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactReplaced:
    contact: str
    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven:
    purpose: ConsentPurpose
    text_version: str
    text_sha256: str
    channel: Channel
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn:
    purpose: ConsentPurpose
    channel: Channel
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChangeRequested:
    change_id: UUID
    kind: ContactKind
    requested_at: datetime
    expires_at: datetime
    personal: Contact | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanged:
    change_id: UUID
    kind: ContactKind
    changed_at: datetime
    personal: ContactReplaced | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCodeIssued:
    code_id: UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneVerified:
    code_id: UUID
    verified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetRequested:
    link_id: UUID
    requested_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged:
    cause: PasswordChange
    changed_at: datetime


AccountEvent: TypeAlias = (
    ConsentGiven
    | ConsentWithdrawn
    | ContactChangeRequested
    | ContactChanged
    | PhoneCodeIssued
    | PhoneVerified
    | PasswordResetRequested
    | PasswordChanged
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A link or a code that was sent; it may be used once, until it expires."""

    id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """Open confirmations, the times of recent messages, and the consents in force.

    `consents` maps a purpose to the version of its text.
    """

    consents: Mapping[ConsentPurpose, str] = field(default_factory=dict)
    phone_verified: bool = False
    phone_code: Confirmation | None = None
    phone_codes_issued_at: tuple[datetime, ...] = ()
    contact_changes: Mapping[ContactKind, Confirmation] = field(default_factory=dict)
    contact_changes_requested_at: tuple[datetime, ...] = ()
    password_reset: Confirmation | None = None
    password_reset_requested_at: datetime | None = None


def evolve_account(state: AccountState, event: object) -> AccountState:
    """Ignores the events of the stream that do not concern the account."""
    match event:
        case ConsentGiven(purpose=purpose, text_version=version):
            return replace(state, consents={**state.consents, purpose: version})
        case ConsentWithdrawn(purpose=withdrawn):
            others = {p: v for p, v in state.consents.items() if p is not withdrawn}
            return replace(state, consents=others)
        case PhoneCodeIssued(code_id=code_id, expires_at=expires_at, issued_at=at):
            code = Confirmation(id=code_id, expires_at=expires_at)
            return replace(
                state,
                phone_code=code,
                phone_codes_issued_at=_within_a_day(state.phone_codes_issued_at, at),
            )
        case PhoneVerified():
            return replace(state, phone_verified=True, phone_code=None)
        case ContactChangeRequested(change_id=change_id, kind=kind, expires_at=expires_at):
            change = Confirmation(id=change_id, expires_at=expires_at)
            return replace(
                state,
                contact_changes={**state.contact_changes, kind: change},
                contact_changes_requested_at=_within_a_day(
                    state.contact_changes_requested_at, event.requested_at
                ),
            )
        case ContactChanged(kind=changed):
            return _contact_changed(state, changed)
        case PasswordResetRequested(link_id=link_id, expires_at=expires_at, requested_at=at):
            return replace(
                state,
                password_reset=Confirmation(id=link_id, expires_at=expires_at),
                password_reset_requested_at=at,
            )
        case PasswordChanged():
            # An open change was requested with the old password, perhaps by a thief.
            return replace(state, password_reset=None, contact_changes={})
        case _:
            return state


def _contact_changed(state: AccountState, changed: ContactKind) -> AccountState:
    """Invalidate the password reset sent to the old address, or the code sent to the old phone."""
    contact_changes = {
        kind: change for kind, change in state.contact_changes.items() if kind is not changed
    }
    if changed is ContactKind.EMAIL:
        return replace(state, contact_changes=contact_changes, password_reset=None)
    return replace(state, contact_changes=contact_changes, phone_code=None)


def _within_a_day(moments: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return (*(moment for moment in moments if now - moment < MESSAGE_WINDOW), now)

"""What happens to the account of somebody who registered. Names and fields are for ever.

These events lie in the stream of the person's application; everything personal is in `personal`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from vinculo.events.personal import Erased, Sealed
from vinculo.onboarding.domain.step_events import (
    Channel,
    ConsentPurpose,
)


class ContactKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class PasswordChange(StrEnum):
    RESET = "reset"
    CHANGED = "changed"


class CorrectionRefusal(StrEnum):
    NOT_PROVED = "not_proved"
    MISTAKEN = "mistaken"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An e-mail address, or a phone in E.164."""

    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactReplaced:
    contact: str
    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityDetails:
    document_number: str
    given_names: str
    surnames: str
    birth_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionNote:
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn:
    purpose: ConsentPurpose
    channel: Channel
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCorrected:
    corrected_at: datetime
    personal: Contact | Sealed | Erased


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


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCorrectionRequested:
    correction_id: UUID
    country: str
    document_type: str
    requested_at: datetime
    personal: IdentityDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCorrected:
    """`decided_by` is the operator; None where a pre-customer's own word is enough."""

    correction_id: UUID
    country: str
    document_type: str
    decided_by: UUID | None
    corrected_at: datetime
    personal: IdentityDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCorrectionRefused:
    correction_id: UUID
    reason_code: CorrectionRefusal
    refused_by: UUID
    refused_at: datetime
    personal: CorrectionNote | Sealed | Erased | None = None


AccountEvent: TypeAlias = (
    ConsentWithdrawn
    | EmailCorrected
    | ContactChangeRequested
    | ContactChanged
    | PhoneCodeIssued
    | PhoneVerified
    | PasswordResetRequested
    | PasswordChanged
    | IdentityCorrectionRequested
    | IdentityCorrected
    | IdentityCorrectionRefused
)

"""Events of a person's account: contacts, phone, password, consents withdrawn, identity corrected.

They lie in the stream of the person's application, after the registration. No event carries a link
token or a code: both are derived from the id that the event does carry.
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from vinculo.contracts.envelope import Envelope, Facts, Instant, Personal


class ContactKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class PasswordChange(StrEnum):
    RESET = "reset"
    CHANGED = "changed"


class Contact(Personal):
    """An e-mail address, or a phone in E.164."""

    contact: str


class ContactReplaced(Personal):
    contact: str
    previous: str


class IdentityDetails(Personal):
    """Who a person is by the identity document."""

    document_number: str
    given_names: str
    surnames: str
    birth_date: date


class CorrectionNote(Personal):
    note: str


class ConsentWithdrawn(Facts):
    purpose: str
    channel: str
    withdrawn_at: Instant


class EmailCorrected(Facts):
    """A mistyped address was replaced before activation. `personal` holds Contact."""

    corrected_at: Instant
    personal: Envelope | None = None


class ContactChangeRequested(Facts):
    """The new contact has to be confirmed: an e-mail by a link, a phone by a code.

    Both are derived from `change_id`. `personal` holds Contact, the new one.
    """

    change_id: UUID
    kind: str
    requested_at: Instant
    expires_at: Instant
    personal: Envelope | None = None


class ContactChanged(Facts):
    """The new contact was confirmed. `personal` holds ContactReplaced."""

    change_id: UUID
    kind: str
    changed_at: Instant
    personal: Envelope | None = None


class PhoneCodeIssued(Facts):
    """A code may be sent to the phone that is known. It is derived from `code_id`."""

    code_id: UUID
    issued_at: Instant
    expires_at: Instant


class PhoneVerified(Facts):
    code_id: UUID
    verified_at: Instant


class PasswordResetRequested(Facts):
    """A link may be e-mailed. Its token is derived from `link_id`."""

    link_id: UUID
    requested_at: Instant
    expires_at: Instant


class PasswordChanged(Facts):
    cause: str
    changed_at: Instant


class IdentityCorrectionRequested(Facts):
    """A customer asks for a correction that an operator decides. `personal` is IdentityDetails."""

    correction_id: UUID
    country: str
    document_type: str
    requested_at: Instant
    personal: Envelope | None = None


class IdentityCorrected(Facts):
    """`decided_by` is the operator, None for a pre-customer's own. `personal`: IdentityDetails."""

    correction_id: UUID
    country: str
    document_type: str
    decided_by: UUID | None = None
    corrected_at: Instant
    personal: Envelope | None = None


class IdentityCorrectionRefused(Facts):
    """`personal` holds CorrectionNote."""

    correction_id: UUID
    reason_code: str
    refused_by: UUID
    refused_at: Instant
    personal: Envelope | None = None

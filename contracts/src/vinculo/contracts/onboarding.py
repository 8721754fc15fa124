"""Events of an application and of the account that comes with it, one stream per person.

An application has five steps. No event carries the token of a link or a code: both are derived from
an id that the event does carry.
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from vinculo.contracts.envelope import Cents, Currency, Envelope, Facts, Instant, Personal


class Channel(StrEnum):
    WEB = "web"
    MOBILE = "mobile"


class Locale(StrEnum):
    SPANISH = "es"
    ENGLISH = "en"


CONTESTED_FROM = 20
"""A document is contested from this number of open submissions."""


class ConsentPurpose(StrEnum):
    PERSONAL_DATA = "personal_data"
    MARKETING = "marketing"


class ContractType(StrEnum):
    INDEFINITE = "indefinite"
    FIXED_TERM = "fixed_term"
    SERVICE = "service"
    PENSION = "pension"
    OTHER = "other"


class ContactKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class PasswordChange(StrEnum):
    RESET = "reset"
    CHANGED = "changed"


class SubmissionDrop(StrEnum):
    """Why a submission ended without being activated."""

    EXPIRED = "expired"
    UNDELIVERABLE = "undeliverable"
    NOT_ACTIVATED = "not_activated"


class PersonDetails(Personal):
    """Personal part of a submission and of its activation. The phone is in E.164."""

    document_number: str
    given_names: str
    surnames: str
    birth_date: date
    email: str
    phone: str


class Deduction(Personal):
    concept: str
    amount_cents: Cents


class PayerContact(Personal):
    name: str
    phone: str | None = None
    email: str | None = None


class EmploymentDetails(Personal):
    """Personal part of `employment-declared.v1`. Amounts are monthly.

    `indicative_capacity_cents` is the amount that the law still allows to deduct from the salary;
    None where it was not calculated.
    """

    position: str
    net_monthly_salary_cents: Cents
    deductions: tuple[Deduction, ...] = ()
    payer_contact: PayerContact
    indicative_capacity_cents: Cents | None = None


class Contact(Personal):
    """An e-mail address, or a phone in E.164."""

    contact: str


class ContactReplaced(Personal):
    contact: str
    previous: str


class IdentityDetails(Personal):
    """A person as named by the identity document."""

    document_number: str
    given_names: str
    surnames: str
    birth_date: date


class CorrectionNote(Personal):
    note: str


class SubmittedConsent(Facts):
    """A consent of a submission. It counts from the submission's activation on."""

    purpose: str
    text_version: str
    text_sha256: str


class ApplicationStarted(Facts):
    """A document was registered: the first submission, whose id is `registration_id`.

    `personal` holds PersonDetails. Applications started by an earlier version have their consents
    in `consent-given.v1` instead.
    """

    registration_id: UUID
    project: str
    channel: str
    locale: str
    country: str
    document_type: str
    started_at: Instant
    consents: tuple[SubmittedConsent, ...] = ()
    personal: Envelope | None = None


class SubmissionReceived(Facts):
    """The document was registered again. `personal` holds PersonDetails.

    Until one submission is activated, none of them proves anything. After the activation it
    concerns the person who registered, not the owner of the account.
    """

    submission_id: UUID
    project: str
    channel: str
    locale: str
    country: str
    document_type: str
    consents: tuple[SubmittedConsent, ...]
    received_at: Instant
    personal: Envelope | None = None


class SubmissionDropped(Facts):
    """The submission ended; `cause` is a SubmissionDrop. Its key is destroyed."""

    submission_id: UUID
    cause: str
    dropped_at: Instant


class RegistrationRepeated(Facts):
    """Someone tried to register the document after this person's account was activated."""

    channel: str
    repeated_at: Instant


class ConsentGiven(Facts):
    purpose: str
    text_version: str
    text_sha256: str
    channel: str
    given_at: Instant


class ConsentWithdrawn(Facts):
    purpose: str
    channel: str
    withdrawn_at: Instant


class ActivationLinkIssued(Facts):
    """A link may be e-mailed to the address of its submission, by default the first one.

    Its token is derived from the link id, never carried.
    """

    link_id: UUID
    submission_id: UUID | None = None
    issued_at: Instant
    expires_at: Instant


class EmailCorrected(Facts):
    """A mistyped address was replaced before activation. `personal` holds Contact.

    `submission_id` is the submission that it was replaced in, by default the first one.
    """

    submission_id: UUID | None = None
    corrected_at: Instant
    personal: Envelope | None = None


class EmailVerified(Facts):
    link_id: UUID
    verified_at: Instant


class EmailVerifiedV2(EmailVerified):
    """A submission was activated: what it contains is the application from now on.

    `personal` holds PersonDetails, encrypted again under the person's key. What earlier events of
    the stream say of the person does not count any more.
    """

    submission_id: UUID
    project: str
    channel: str
    locale: str
    country: str
    document_type: str
    consents: tuple[SubmittedConsent, ...]
    personal: Envelope | None = None


class DocumentDisputed(Facts):
    """Someone else registered the document of this active account, with other details."""

    disputed_at: Instant


class DocumentDisputeDismissed(Facts):
    """An operator decided that the account's owner is the holder of the document."""

    reason_code: str
    dismissed_by: UUID
    dismissed_at: Instant


class ApplicationAbandoned(Facts):
    """The lapsed application was closed for good: none of its links can activate it any more."""

    abandoned_at: Instant


class ApplicationLapsed(Facts):
    """The account was never activated. It still can be, until somebody else takes the document."""

    lapsed_at: Instant


class ReservationTakenOver(Facts):
    """Somebody registered the document of this lapsed application, which cannot go on any more."""

    taken_over_at: Instant


class ReservationMoved(Facts):
    """A claim was granted: the document is another person's, and this application cannot go on."""

    claim_id: UUID
    from_person_id: UUID
    to_person_id: UUID
    moved_at: Instant


class ReservationReceived(Facts):
    """A claim was granted: this application has the document that another person held."""

    claim_id: UUID
    from_person_id: UUID
    received_at: Instant


class EmploymentDeclared(Facts):
    """`personal` holds EmploymentDetails."""

    payer_id: UUID
    contract_type: str
    currency: Currency
    declared_at: Instant
    personal: Envelope | None = None


class DocumentsProvided(Facts):
    """Every required document was received and screened: step 4 is done."""

    provided_at: Instant


class DocumentsReopened(Facts):
    """A document was rejected, replaced or further demanded: step 4 is open again.

    It also comes after the completion. `documents-provided` follows when all are there again.
    """

    reopened_at: Instant


class ApplicationCompleted(Facts):
    completed_at: Instant


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


class ApplicantErased(Facts):
    """Onboarding removed the account, the sessions and the document's reservation."""

    erased_at: Instant

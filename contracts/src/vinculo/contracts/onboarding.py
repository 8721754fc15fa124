"""Events of an application, one stream per person, on its five steps."""

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


class ConsentPurpose(StrEnum):
    PERSONAL_DATA = "personal_data"
    MARKETING = "marketing"


class ContractType(StrEnum):
    INDEFINITE = "indefinite"
    FIXED_TERM = "fixed_term"
    SERVICE = "service"
    PENSION = "pension"
    OTHER = "other"


class PersonDetails(Personal):
    """Sealed part of `application-started.v1`. The phone is in E.164."""

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
    """Sealed part of `employment-declared.v1`. Amounts are monthly.

    `indicative_capacity_cents` is what could still be deducted from the salary by law; None where
    it was not worked out.
    """

    position: str
    net_monthly_salary_cents: Cents
    deductions: tuple[Deduction, ...] = ()
    payer_contact: PayerContact
    indicative_capacity_cents: Cents | None = None


class ApplicationStarted(Facts):
    """A person registered. `personal` holds PersonDetails."""

    registration_id: UUID
    project: str
    channel: str
    locale: str
    country: str
    document_type: str
    started_at: Instant
    personal: Envelope | None = None


class ConsentGiven(Facts):
    purpose: str
    text_version: str
    text_sha256: str
    channel: str
    given_at: Instant


class ActivationLinkIssued(Facts):
    """A link may be e-mailed. Its token is derived from the link id, never carried."""

    link_id: UUID
    issued_at: Instant
    expires_at: Instant


class RegistrationRepeated(Facts):
    """Someone tried to register a document that this person already holds."""

    channel: str
    repeated_at: Instant


class EmailVerified(Facts):
    link_id: UUID
    verified_at: Instant


class ApplicationLapsed(Facts):
    """The account was never activated. It still can be, until somebody else takes the document."""

    lapsed_at: Instant


class ReservationTakenOver(Facts):
    """Somebody registered the document of this lapsed application, which cannot go on any more."""

    taken_over_at: Instant


class EmploymentDeclared(Facts):
    """`personal` holds EmploymentDetails."""

    payer_id: UUID
    contract_type: str
    currency: Currency
    declared_at: Instant
    personal: Envelope | None = None


class DocumentsProvided(Facts):
    """Every required document was received and screened: step 4 is done, and stays done."""

    provided_at: Instant


class ApplicationCompleted(Facts):
    completed_at: Instant


class ApplicantErased(Facts):
    """Onboarding removed the account, the sessions and the document's reservation."""

    erased_at: Instant

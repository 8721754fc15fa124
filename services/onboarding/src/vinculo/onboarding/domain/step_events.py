"""The steps of one person's application. Names and fields are for ever once they are stored.

Everything personal of an event is in its field `personal`; in a stream that was read back it stays
sealed, so that the same decisions come out after the person's key is destroyed.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from vinculo.events.personal import Erased, Sealed


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDetails:
    document_number: str
    given_names: str
    surnames: str
    birth_date: date
    email: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    concept: str
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerContact:
    name: str
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmploymentDetails:
    position: str
    net_monthly_salary_cents: int
    deductions: tuple[Deduction, ...] = ()
    payer_contact: PayerContact
    indicative_capacity_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationStarted:
    registration_id: UUID
    project: str
    channel: Channel
    locale: Locale
    country: str
    document_type: str
    started_at: datetime
    personal: PersonDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven:
    purpose: ConsentPurpose
    text_version: str
    text_sha256: str
    channel: Channel
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationLinkIssued:
    link_id: UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRepeated:
    channel: Channel
    repeated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified:
    link_id: UUID
    verified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationLapsed:
    lapsed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationTakenOver:
    taken_over_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmploymentDeclared:
    payer_id: UUID
    contract_type: ContractType
    currency: str
    declared_at: datetime
    personal: EmploymentDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsProvided:
    provided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCompleted:
    completed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantErased:
    erased_at: datetime


StepEvent: TypeAlias = (
    ApplicationStarted
    | ConsentGiven
    | ActivationLinkIssued
    | RegistrationRepeated
    | EmailVerified
    | ApplicationLapsed
    | ReservationTakenOver
    | EmploymentDeclared
    | DocumentsProvided
    | ApplicationCompleted
    | ApplicantErased
)

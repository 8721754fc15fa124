"""One person's application: what happened, and as much of it as decisions need.

Everything personal of an event is in its field `personal`; in a stream that was read back it stays
sealed, so that the same decisions come out after the person's key is destroyed.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from vinculo.eventstore.personal import Erased, Sealed


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


ApplicationEvent: TypeAlias = (
    ApplicationStarted
    | ConsentGiven
    | ActivationLinkIssued
    | RegistrationRepeated
    | EmailVerified
    | EmploymentDeclared
    | DocumentsProvided
    | ApplicationCompleted
    | ApplicantErased
)


class Step(StrEnum):
    """The five steps in their order."""

    PERSONAL_DATA = "personal_data"
    EMAIL = "email"
    EMPLOYMENT = "employment"
    DOCUMENTS = "documents"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationLink:
    link_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStarted:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class InProgress:
    """`latest_link` is the only link that may still be used; `verified` says that one was."""

    registration_id: UUID
    latest_link: ActivationLink | None = None
    repeated_at: datetime | None = None
    done: frozenset[Step] = frozenset({Step.PERSONAL_DATA})

    @property
    def verified(self) -> bool:
        return Step.EMAIL in self.done

    @property
    def missing(self) -> tuple[Step, ...]:
        return tuple(step for step in Step if step not in self.done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The applicant was erased. Nothing happens to the application any more."""


Application: TypeAlias = NotStarted | InProgress | Gone


def evolve(state: Application, event: ApplicationEvent) -> Application:
    match state, event:
        case NotStarted(), ApplicationStarted(registration_id=registration_id):
            return InProgress(registration_id=registration_id)
        case InProgress(), ActivationLinkIssued(link_id=link_id, expires_at=expires_at):
            link = ActivationLink(link_id=link_id, expires_at=expires_at)
            return replace(state, latest_link=link)
        case InProgress(), RegistrationRepeated(repeated_at=repeated_at):
            return replace(state, repeated_at=repeated_at)
        case InProgress(), EmailVerified():
            return _with(state, Step.EMAIL)
        case InProgress(), EmploymentDeclared():
            return _with(state, Step.EMPLOYMENT)
        case InProgress(), DocumentsProvided():
            return _with(state, Step.DOCUMENTS)
        case InProgress(), ApplicationCompleted():
            return _with(state, Step.COMPLETION)
        case InProgress(), ApplicantErased():
            return Gone()
        case _:
            return state


def _with(state: InProgress, step: Step) -> InProgress:
    return replace(state, done=state.done | {step})

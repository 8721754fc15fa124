"""What can be asked of an application. Time and ids come in on the command."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from vinculo.onboarding.domain.account_commands import AccountCommand
from vinculo.onboarding.domain.activation_decisions import ActivationCommand
from vinculo.onboarding.domain.application import ActivationLink
from vinculo.onboarding.domain.identity_corrections import IdentityCommand
from vinculo.onboarding.domain.step_events import (
    Channel,
    ConsentPurpose,
    ContractType,
    EmploymentDetails,
    Locale,
    PersonDetails,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    purpose: ConsentPurpose
    text_version: str
    text_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterApplicant:
    registration_id: UUID
    project: str
    channel: Channel
    locale: Locale
    country: str
    document_type: str
    person: PersonDetails
    consents: tuple[Consent, ...]
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRegistration:
    """`link` is issued when the owner has not activated the account and the latest link expired.

    With the `registration_id` of the registration itself it is the same request once more.
    """

    registration_id: UUID | None = None
    channel: Channel
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueActivationLink:
    link: ActivationLink
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEmail:
    link_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareEmployment:
    payer_id: UUID
    contract_type: ContractType
    currency: str
    employment: EmploymentDetails
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDocumentsProvided:
    provided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteApplication:
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseApplicant:
    now: datetime


StepCommand: TypeAlias = (
    RegisterApplicant
    | RepeatRegistration
    | IssueActivationLink
    | VerifyEmail
    | DeclareEmployment
    | RecordDocumentsProvided
    | CompleteApplication
    | EraseApplicant
)

ApplicationCommand: TypeAlias = StepCommand | ActivationCommand | AccountCommand | IdentityCommand

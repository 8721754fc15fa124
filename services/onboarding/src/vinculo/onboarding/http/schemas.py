"""Response bodies that several routes share, and those of the applicant's own application."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from vinculo import httpapi
from vinculo.httpapi.field_errors import MAX_ERRORS, field_errors
from vinculo.onboarding.application.own_application import ApplicationProgress, DeclaredEmployment
from vinculo.onboarding.domain.account import ConsentPurpose, ContactKind
from vinculo.onboarding.domain.application import InProgress, Step
from vinculo.onboarding.domain.employment import (
    ContractType,
    Deduction,
    EmploymentDetails,
    PayerContact,
)
from vinculo.onboarding.domain.identity_correction import CorrectionRefusal
from vinculo.onboarding.forms.identity import PersonIdentity
from vinculo.onboarding.forms.validation import FieldError
from vinculo.onboarding.http.problems import field_error_messages
from vinculo.onboarding.messages import MESSAGES
from vinculo.onboarding.storage.payers import PayerStatus
from vinculo.translation import Language

STATUS: Final = "status"
REASON: Final = "reason"
PURPOSE: Final = "purpose"
CONTRACT_TYPE: Final = "contract-type"
STEP: Final = "step"
"""Contexts of the message catalogue, whose keys are codes."""


class Validated(BaseModel):
    """Nothing if all given fields are valid."""

    errors: Annotated[list[httpapi.FieldError], Field(max_length=2 * MAX_ERRORS)]


def validation_response(
    malformed: Sequence[Any], errors: Sequence[FieldError], language: Language
) -> Validated:
    """Pydantic's errors and those of the rules, with messages in the language."""
    return Validated(
        errors=[
            *field_errors(malformed, language, MESSAGES),
            *field_error_messages(errors, language),
        ]
    )


class Accepted(BaseModel):
    """The same whether or not anything will be sent."""


class StepState(StrEnum):
    """`attention`: the step was done, and something in it must be done again."""

    DONE = "done"
    MISSING = "missing"
    ATTENTION = "attention"


class PayerOfEmployment(BaseModel):
    payer_id: UUID
    name: str
    status: PayerStatus


class EmploymentAnswer(BaseModel):
    """A declaration; without the personal part once the key is destroyed.

    `payer` is the current one: for a refused duplicate, the payer that it duplicates.
    """

    payer_id: UUID
    payer: PayerOfEmployment | None = None
    contract_type: ContractType
    contract_type_in_words: str
    currency: str
    position: str | None = None
    net_monthly_salary_cents: int | None = None
    deductions: tuple[Deduction, ...] | None = None
    payer_contact: PayerContact | None = None
    indicative_capacity_cents: int | None = None
    declared_at: datetime
    age_days: int
    refresh_due: bool


class EmploymentsAnswer(BaseModel):
    items: list[EmploymentAnswer]


class PersonalDetailsAnswer(BaseModel):
    country: str
    document_type: str
    document_number: str
    given_names: str
    surnames: str
    birth_date: date


class ConsentAnswer(BaseModel):
    purpose: ConsentPurpose
    purpose_in_words: str
    text_version: str
    given_at: datetime


class ContactChangeAnswer(BaseModel):
    change_id: UUID
    kind: ContactKind
    requested_at: datetime
    expires_at: datetime


class CorrectionAnswer(BaseModel):
    """The last requested correction, unless approved: open, or refused with a reason."""

    correction_id: UUID
    state: Literal["requested", "refused"]
    reason_code: CorrectionRefusal | None = None
    reason_in_words: str | None = None
    at: datetime


class CreditAnswer(BaseModel):
    """`apply_url` is given if the person may apply."""

    may_apply: bool
    apply_url: str | None = None


class ApplicationAnswer(BaseModel):
    """Everything needed to continue on another device, except the state of the dossier.

    Steps that need attention are missing, too.
    """

    person_id: UUID
    status: str
    status_in_words: str
    project: str
    steps: dict[Step, StepState]
    steps_in_words: dict[Step, str]
    missing: list[Step]
    next: Step | None = None
    message: str | None = None
    customer_id: UUID | None = None
    personal_details: PersonalDetailsAnswer | None = None
    identity_correction: CorrectionAnswer | None = None
    email: str | None = None
    phone: str | None = None
    phone_verified: bool
    contact_changes: list[ContactChangeAnswer]
    consents: list[ConsentAnswer]
    employment: EmploymentAnswer | None = None
    credit: CreditAnswer


def employment_response(
    employment: DeclaredEmployment, language: Language, *, now: datetime, refresh_days: int
) -> EmploymentAnswer:
    declared, payer = employment.declared, employment.payer
    age_days = (now - declared.declared_at).days
    response = EmploymentAnswer(
        payer_id=declared.payer_id,
        contract_type=declared.contract_type,
        contract_type_in_words=MESSAGES.label(CONTRACT_TYPE, declared.contract_type, language),
        currency=declared.currency,
        declared_at=declared.declared_at,
        age_days=age_days,
        refresh_due=age_days >= refresh_days,
    )
    if payer is not None:
        response.payer = PayerOfEmployment(
            payer_id=payer.payer_id, name=payer.name, status=payer.status
        )
    if isinstance(declared.personal, EmploymentDetails):
        details = declared.personal
        response.position = details.position
        response.net_monthly_salary_cents = details.net_monthly_salary_cents
        response.deductions = details.deductions
        response.payer_contact = details.payer_contact
        response.indicative_capacity_cents = details.indicative_capacity_cents
    return response


def step_states(application: InProgress) -> dict[Step, StepState]:
    return {step: _step_state(application, step) for step in Step}


def _step_state(application: InProgress, step: Step) -> StepState:
    if step in application.done:
        return StepState.DONE
    return StepState.ATTENTION if step in application.reopened else StepState.MISSING


def personal_details_response(identity: PersonIdentity | None) -> PersonalDetailsAnswer | None:
    return None if identity is None else PersonalDetailsAnswer(**asdict(identity))


def correction_state_response(
    progress: ApplicationProgress, language: Language
) -> CorrectionAnswer | None:
    history = progress.history
    if history.correction is not None:
        return CorrectionAnswer(
            correction_id=history.correction.correction_id,
            state="requested",
            at=history.correction.requested_at,
        )
    if history.correction_refused is not None:
        refused = history.correction_refused
        return CorrectionAnswer(
            correction_id=refused.correction_id,
            state="refused",
            reason_code=refused.reason_code,
            reason_in_words=MESSAGES.label(REASON, refused.reason_code, language),
            at=refused.refused_at,
        )
    return None


def given_consent_responses(
    progress: ApplicationProgress, language: Language
) -> list[ConsentAnswer]:
    return [
        ConsentAnswer(
            purpose=purpose,
            purpose_in_words=MESSAGES.label(PURPOSE, purpose, language),
            text_version=given.text_version,
            given_at=given.given_at,
        )
        for purpose, given in progress.history.consents.items()
    ]


def pending_contact_change_responses(
    progress: ApplicationProgress,
) -> list[ContactChangeAnswer]:
    return [
        ContactChangeAnswer(
            change_id=change.change_id,
            kind=change.kind,
            requested_at=change.requested_at,
            expires_at=change.expires_at,
        )
        for change in progress.history.pending_contact_changes(progress.now)
    ]

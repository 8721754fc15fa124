"""What a person is told of the own application."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from vinculo.onboarding.domain.account import ConsentPurpose, ContactKind
from vinculo.onboarding.domain.application import Step
from vinculo.onboarding.domain.employment import (
    ContractType,
    Deduction,
    EmploymentDetails,
    PayerContact,
)
from vinculo.onboarding.domain.identity_correction import CorrectionRefusal
from vinculo.onboarding.own.application import OwnEmployment, Progress
from vinculo.onboarding.storage.payers import PayerStatus


class PayerOfEmployment(BaseModel):
    payer_id: UUID
    name: str
    status: PayerStatus


class EmploymentAnswer(BaseModel):
    """As it was declared; without the personal part once the key is destroyed.

    `payer` is the one known today: of a refused duplicate, the payer that it duplicates.
    """

    payer_id: UUID
    payer: PayerOfEmployment | None = None
    contract_type: ContractType
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
    text_version: str
    given_at: datetime


class ContactChangeAnswer(BaseModel):
    change_id: UUID
    kind: ContactKind
    requested_at: datetime
    expires_at: datetime


class CorrectionAnswer(BaseModel):
    """The last correction asked for that was not made: open, or refused with a reason."""

    correction_id: UUID
    state: Literal["requested", "refused"]
    reason_code: CorrectionRefusal | None = None
    at: datetime


class CreditAnswer(BaseModel):
    """`apply_url` is where the person may apply, and only then."""

    may_apply: bool
    apply_url: str | None = None


class ApplicationAnswer(BaseModel):
    """All that is needed to go on from another device, but for the dossier's own state."""

    person_id: UUID
    status: str
    project: str
    steps: dict[Step, Literal["done", "missing"]]
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


def employment_answer(
    employment: OwnEmployment, *, now: datetime, refresh_days: int
) -> EmploymentAnswer:
    declared, payer = employment.declared, employment.payer
    age_days = (now - declared.declared_at).days
    answer = EmploymentAnswer(
        payer_id=declared.payer_id,
        contract_type=declared.contract_type,
        currency=declared.currency,
        declared_at=declared.declared_at,
        age_days=age_days,
        refresh_due=age_days >= refresh_days,
    )
    if payer is not None:
        answer.payer = PayerOfEmployment(
            payer_id=payer.payer_id, name=payer.name, status=payer.status
        )
    if isinstance(declared.personal, EmploymentDetails):
        details = declared.personal
        answer.position = details.position
        answer.net_monthly_salary_cents = details.net_monthly_salary_cents
        answer.deductions = details.deductions
        answer.payer_contact = details.payer_contact
        answer.indicative_capacity_cents = details.indicative_capacity_cents
    return answer


def personal_details_answer(progress: Progress) -> PersonalDetailsAnswer | None:
    person = progress.person
    if person is None:
        return None
    return PersonalDetailsAnswer(
        country=person.country,
        document_type=person.document_type,
        document_number=person.document_number,
        given_names=person.given_names,
        surnames=person.surnames,
        birth_date=person.birth_date,
    )


def correction_answer(progress: Progress) -> CorrectionAnswer | None:
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
            at=refused.refused_at,
        )
    return None


def consent_answers(progress: Progress) -> list[ConsentAnswer]:
    return [
        ConsentAnswer(purpose=purpose, text_version=given.text_version, given_at=given.given_at)
        for purpose, given in progress.history.consents.items()
    ]


def contact_change_answers(progress: Progress) -> list[ContactChangeAnswer]:
    return [
        ContactChangeAnswer(
            change_id=change.change_id,
            kind=change.kind,
            requested_at=change.requested_at,
            expires_at=change.expires_at,
        )
        for change in progress.history.pending_contact_changes(progress.now)
    ]

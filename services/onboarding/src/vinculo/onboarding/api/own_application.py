"""A person's own application: employment, completion, and what is still missing."""

from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import current_meta
from vinculo.httpapi.languages import Language, preferred_language
from vinculo.onboarding.accounts import CUSTOMER
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.domain.application import (
    Step,
)
from vinculo.onboarding.domain.step_events import (
    ContractType,
    Deduction,
    EmploymentDeclared,
    PayerContact,
)
from vinculo.onboarding.employment_form import EmploymentBody
from vinculo.onboarding.my_application import OwnApplications, Progress, opened_details

Applicant = Annotated[Principal, Depends(requires(Permission.OWN_APPLICATION))]

MAY_APPLY: Final = MappingProxyType(
    {
        "es": (
            "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión para solicitar "
            "su crédito."
        ),
        "en": (
            "Registration successful. Your account has been created and you can sign in to apply "
            "for your credit."
        ),
    }
)
WILL_BE_TOLD: Final = MappingProxyType(
    {
        "es": (
            "Registro exitoso. Su cuenta ha sido creada y puede iniciar sesión; le avisaremos "
            "cuando pueda solicitar su crédito."
        ),
        "en": (
            "Registration successful. Your account has been created and you can sign in; we will "
            "let you know when you can apply for your credit."
        ),
    }
)


class EmploymentAnswer(BaseModel):
    """As it was declared; without the personal part once the key is destroyed."""

    payer_id: UUID
    contract_type: ContractType
    currency: str
    position: str | None = None
    net_monthly_salary_cents: int | None = None
    deductions: tuple[Deduction, ...] | None = None
    payer_contact: PayerContact | None = None
    declared_at: datetime


class ApplicationAnswer(BaseModel):
    person_id: UUID
    status: str
    project: str
    steps: dict[Step, Literal["done", "missing"]]
    missing: list[Step]
    next: Step | None = None
    message: str | None = None
    customer_id: UUID | None = None
    employment: EmploymentAnswer | None = None


class Nothing(BaseModel):
    pass


class Completed(BaseModel):
    message: str


def own_application_api(own: OwnApplications) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/me", tags=["own application"])

    @router.get("/application", response_model_exclude_none=True)
    async def application(applicant: Applicant, request: Request) -> ApplicationAnswer:
        progress = await own.progress(applicant.subject)
        return application_answer(progress, preferred_language(request.headers))

    @router.put("/employment")
    async def declare_employment(
        body: EmploymentBody, applicant: Applicant, request: Request
    ) -> Nothing:
        with faults_answered(request):
            await own.declare_employment(applicant.subject, body, current_meta(request))
        return Nothing()

    @router.post("/completion")
    async def complete(applicant: Applicant, request: Request) -> Completed:
        await own.complete(applicant.subject, current_meta(request))
        return Completed(message=WILL_BE_TOLD[preferred_language(request.headers)])

    return router


def application_answer(progress: Progress, language: Language) -> ApplicationAnswer:
    account, application = progress.account, progress.application
    missing = list(application.missing)
    return ApplicationAnswer(
        person_id=account.person_id,
        status=account.status,
        project=account.project,
        steps={step: "missing" if step in missing else "done" for step in Step},
        missing=missing,
        next=missing[0] if missing else None,
        message=message_of(progress, language),
        customer_id=account.customer_id,
        employment=_employment(progress.employment),
    )


def message_of(progress: Progress, language: Language) -> str | None:
    """Nobody is told to apply for credit before the registry has promoted them."""
    if progress.account.may_apply_for_credit:
        return MAY_APPLY[language]
    completed = Step.COMPLETION in progress.application.done
    if completed and progress.account.kind != CUSTOMER:
        return WILL_BE_TOLD[language]
    return None


def _employment(declared: EmploymentDeclared | None) -> EmploymentAnswer | None:
    if declared is None:
        return None
    details = opened_details(declared)
    return EmploymentAnswer(
        payer_id=declared.payer_id,
        contract_type=declared.contract_type,
        currency=declared.currency,
        declared_at=declared.declared_at,
        position=details.position if details else None,
        net_monthly_salary_cents=details.net_monthly_salary_cents if details else None,
        deductions=details.deductions if details else None,
        payer_contact=details.payer_contact if details else None,
    )

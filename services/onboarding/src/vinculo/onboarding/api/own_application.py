"""A person's own application: employment, completion, and what is still missing."""

from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import current_meta
from vinculo.httpapi.languages import preferred_language
from vinculo.onboarding.api.live_checks import Validated, validated
from vinculo.onboarding.api.own_answers import (
    ApplicationAnswer,
    CreditAnswer,
    EmploymentsAnswer,
    consent_answers,
    contact_change_answers,
    correction_answer,
    employment_answer,
    personal_details_answer,
)
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.domain.application import Step
from vinculo.onboarding.forms.employment import EmploymentBody, EmploymentDraftBody
from vinculo.onboarding.own.application import OwnApplications, Progress
from vinculo.onboarding.storage.accounts import CUSTOMER
from vinculo.translation import Language

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


class Nothing(BaseModel):
    pass


class Completed(BaseModel):
    message: str


def own_application_api(own: OwnApplications, credit_url: str | None = None) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/me", tags=["own application"])

    @router.get("/application", response_model_exclude_none=True)
    async def application(applicant: Applicant, request: Request) -> ApplicationAnswer:
        progress = await own.progress(applicant.subject)
        return application_answer(
            progress,
            preferred_language(request.headers),
            refresh_days=own.rules.refresh_days,
            credit_url=credit_url,
        )

    @router.get("/employment", response_model_exclude_none=True)
    async def employment(applicant: Applicant) -> EmploymentsAnswer:
        """Everything that was declared, newest first."""
        now, refresh_days = own.clock(), own.rules.refresh_days
        return EmploymentsAnswer(
            items=[
                employment_answer(each, now=now, refresh_days=refresh_days)
                for each in await own.employments(applicant.subject)
            ]
        )

    @router.put("/employment")
    async def declare_employment(
        body: EmploymentBody, applicant: Applicant, request: Request
    ) -> Nothing:
        with faults_answered(request):
            await own.declare_employment(applicant.subject, body, current_meta(request))
        return Nothing()

    @router.post("/employment/validation")
    async def validate_employment(
        body: EmploymentDraftBody, applicant: Applicant, request: Request
    ) -> Validated:
        """Any of the fields of employment, by the rules of declaring it. Nothing is stored."""
        misshapen, faults = await own.check_employment(applicant.subject, body)
        return validated(misshapen, faults, preferred_language(request.headers))

    @router.post("/completion")
    async def complete(applicant: Applicant, request: Request) -> Completed:
        await own.complete(applicant.subject, current_meta(request))
        return Completed(message=WILL_BE_TOLD[preferred_language(request.headers)])

    return router


def application_answer(
    progress: Progress, language: Language, *, refresh_days: int, credit_url: str | None
) -> ApplicationAnswer:
    account, application, employment = progress.account, progress.application, progress.employment
    missing = list(application.missing)
    may_apply = account.may_apply_for_credit
    return ApplicationAnswer(
        person_id=account.person_id,
        status=account.status,
        project=account.project,
        steps={step: "missing" if step in missing else "done" for step in Step},
        missing=missing,
        next=missing[0] if missing else None,
        message=message_of(progress, language),
        customer_id=account.customer_id,
        personal_details=personal_details_answer(progress),
        identity_correction=correction_answer(progress),
        email=progress.contacts.email,
        phone=progress.contacts.phone,
        phone_verified=progress.history.phone_verified_at is not None,
        contact_changes=contact_change_answers(progress),
        consents=consent_answers(progress),
        employment=None
        if employment is None
        else employment_answer(employment, now=progress.now, refresh_days=refresh_days),
        credit=CreditAnswer(may_apply=may_apply, apply_url=credit_url if may_apply else None),
    )


def message_of(progress: Progress, language: Language) -> str | None:
    """Nobody is told to apply for credit before the registry has promoted them."""
    if progress.account.may_apply_for_credit:
        return MAY_APPLY[language]
    completed = Step.COMPLETION in progress.application.done
    if completed and progress.account.kind != CUSTOMER:
        return WILL_BE_TOLD[language]
    return None

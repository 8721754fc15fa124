"""The applicant's own application: employment, completion and progress."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import current_meta, may_refuse
from vinculo.httpapi.catalogue import preferred_language
from vinculo.onboarding.application.own_application import (
    ApplicationProgress,
    OwnApplicationService,
)
from vinculo.onboarding.domain.application import Step
from vinculo.onboarding.domain.application_decisions import EmailNotVerified, StepsMissing
from vinculo.onboarding.forms.employment import EmploymentBody, EmploymentDraftBody
from vinculo.onboarding.http.field_codes import EMPLOYMENT_CODES
from vinculo.onboarding.http.problems import form_errors_as_problems
from vinculo.onboarding.http.schemas import (
    STATUS,
    STEP,
    ApplicationAnswer,
    CreditAnswer,
    EmploymentsAnswer,
    Validated,
    correction_state_response,
    employment_response,
    given_consent_responses,
    pending_contact_change_responses,
    personal_details_response,
    step_states,
    validation_response,
)
from vinculo.onboarding.messages import MESSAGES
from vinculo.onboarding.storage.accounts import CUSTOMER
from vinculo.translation import Language

Applicant = Annotated[Principal, Depends(requires(Permission.OWN_APPLICATION))]
APPLICATION_MESSAGE: Final = "application-message"
"""Context of the messages about an application."""


class Nothing(BaseModel):
    pass


class Completed(BaseModel):
    message: str


def own_application_api(own: OwnApplicationService, credit_url: str | None = None) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/me", tags=["own application"])

    @router.get("/application", response_model_exclude_none=True)
    async def read_application(applicant: Applicant, request: Request) -> ApplicationAnswer:
        progress = await own.progress(applicant.subject)
        return application_response(
            progress,
            preferred_language(request.headers),
            refresh_days=own.rules.refresh_days,
            credit_url=credit_url,
        )

    @router.get("/employment", response_model_exclude_none=True)
    async def list_employments(applicant: Applicant, request: Request) -> EmploymentsAnswer:
        """All declared employments, newest first."""
        now, refresh_days = own.clock(), own.rules.refresh_days
        language = preferred_language(request.headers)
        return EmploymentsAnswer(
            items=[
                employment_response(each, language, now=now, refresh_days=refresh_days)
                for each in await own.employments(applicant.subject)
            ]
        )

    @router.put("/employment")
    @may_refuse(field_codes=EMPLOYMENT_CODES)
    async def declare_employment(
        body: EmploymentBody, applicant: Applicant, request: Request
    ) -> Nothing:
        with form_errors_as_problems(request):
            await own.declare_employment(applicant.subject, body, current_meta(request))
        return Nothing()

    @router.post("/employment/validation")
    async def validate_employment(
        body: EmploymentDraftBody, applicant: Applicant, request: Request
    ) -> Validated:
        """Validate any of the fields of employment; nothing is stored."""
        malformed, errors = await own.check_employment(applicant.subject, body)
        return validation_response(malformed, errors, preferred_language(request.headers))

    @router.post("/completion")
    @may_refuse(EmailNotVerified, StepsMissing)
    async def complete_application(applicant: Applicant, request: Request) -> Completed:
        await own.complete(applicant.subject, current_meta(request))
        language = preferred_language(request.headers)
        return Completed(message=MESSAGES.text(APPLICATION_MESSAGE, "completed", language))

    return router


def application_response(
    progress: ApplicationProgress, language: Language, *, refresh_days: int, credit_url: str | None
) -> ApplicationAnswer:
    account, application, employment = progress.account, progress.application, progress.employment
    missing = list(application.missing)
    may_apply = account.may_apply_for_credit
    return ApplicationAnswer(
        person_id=account.person_id,
        status=account.status,
        status_in_words=MESSAGES.label(STATUS, account.status, language),
        project=account.project,
        steps=step_states(application),
        steps_in_words={step: MESSAGES.text(STEP, step, language) for step in Step},
        missing=missing,
        next=missing[0] if missing else None,
        message=_message(progress, language),
        customer_id=account.customer_id,
        personal_details=personal_details_response(progress.identity),
        identity_correction=correction_state_response(progress, language),
        email=progress.contacts.email,
        phone=progress.contacts.phone,
        phone_verified=progress.history.phone_verified_at is not None,
        contact_changes=pending_contact_change_responses(progress),
        consents=given_consent_responses(progress, language),
        employment=None
        if employment is None
        else employment_response(employment, language, now=progress.now, refresh_days=refresh_days),
        credit=CreditAnswer(may_apply=may_apply, apply_url=credit_url if may_apply else None),
    )


def _message(progress: ApplicationProgress, language: Language) -> str | None:
    """An invitation to apply for credit appears only after the promotion by the registry."""
    if Step.DOCUMENTS in progress.application.reopened:
        return MESSAGES.text(APPLICATION_MESSAGE, "documents-needed", language)
    if progress.account.may_apply_for_credit:
        return MESSAGES.text(APPLICATION_MESSAGE, "may-apply", language)
    completed = Step.COMPLETION in progress.application.done
    if completed and progress.account.kind != CUSTOMER:
        return MESSAGES.text(APPLICATION_MESSAGE, "completed", language)
    return None

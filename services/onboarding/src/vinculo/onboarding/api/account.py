"""What a person changes of the own account: password, contacts, the verified phone."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta
from vinculo.onboarding.accounts.contact_changes import ContactChanges
from vinculo.onboarding.accounts.password_changes import PasswordChanges
from vinculo.onboarding.accounts.phone_codes import PhoneCodes
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.domain.account import ContactKind
from vinculo.onboarding.forms.validation import FieldError, InvalidForm

Applicant = Annotated[Principal, Depends(requires(Permission.OWN_APPLICATION))]
Password = Annotated[str, Field(max_length=1024, repr=False)]
Short = Annotated[str, Field(max_length=320)]
Code = Annotated[str, Field(max_length=20, repr=False)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NewPassword(_Body):
    current_password: Password
    password: Password


class NewContact(_Body):
    """An e-mail address or a phone, not both."""

    email: Short | None = None
    phone: Short | None = None
    password: Password


class ContactConfirmation(_Body):
    change_id: UUID
    code: Code


class PhoneConfirmation(_Body):
    """Without an id the latest code is meant."""

    code_id: UUID | None = None
    code: Code


class ContactChangeAsked(BaseModel):
    """An e-mail address is confirmed by the link sent there, a phone by the code."""

    change_id: UUID
    kind: ContactKind
    expires_at: datetime


class CodeSent(BaseModel):
    code_id: UUID
    expires_at: datetime


def account_api(
    passwords: PasswordChanges,
    contacts: ContactChanges,
    phones: PhoneCodes,
    idempotency: Idempotency,
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/me", tags=["own account"])

    @router.put("/password", status_code=204)
    async def change_password(body: NewPassword, applicant: Applicant, request: Request) -> None:
        with faults_answered(request):
            await passwords.change(
                applicant.subject,
                body.current_password,
                body.password,
                session_id=applicant.session_id,
                meta=current_meta(request),
            )

    @router.put("/contact", status_code=202)
    async def change_contact(
        body: NewContact, applicant: Applicant, request: Request
    ) -> ContactChangeAsked:
        with faults_answered(request):
            kind, raw = _asked(body)
            change = await contacts.request(
                applicant.subject,
                kind,
                raw,
                body.password,
                session_id=applicant.session_id,
                meta=current_meta(request),
            )
        return ContactChangeAsked(change_id=change.id, kind=kind, expires_at=change.expires_at)

    @router.post("/contact/confirmation", status_code=204)
    async def confirm_phone(
        body: ContactConfirmation, applicant: Applicant, request: Request
    ) -> None:
        await contacts.confirm_phone(
            applicant.subject,
            body.change_id,
            body.code,
            session_id=applicant.session_id,
            meta=current_meta(request),
        )

    @router.post("/phone-codes", status_code=202, response_model=CodeSent)
    @accepts_headers(IDEMPOTENCY_KEY)
    async def send_code(applicant: Applicant, request: Request) -> Response:
        async def run() -> Response:
            code_id = idempotency.idempotent_id(request, "phone-codes")
            code = await phones.issue(applicant.subject, code_id, current_meta(request))
            answer = CodeSent(code_id=code.id, expires_at=code.expires_at)
            return Response(answer.model_dump_json(), 202, media_type="application/json")

        return await idempotency.run_once(request, "phone-codes", b"", run)

    @router.post("/phone-codes/confirmation", status_code=204)
    async def verify_phone(body: PhoneConfirmation, applicant: Applicant, request: Request) -> None:
        await phones.verify(applicant.subject, body.code_id, body.code, current_meta(request))

    return router


def _asked(body: NewContact) -> tuple[ContactKind, str]:
    match body.email, body.phone:
        case str(email), None:
            return ContactKind.EMAIL, email
        case None, str(phone):
            return ContactKind.PHONE, phone
        case None, None:
            raise InvalidForm((FieldError("email", "contact_missing"),))
        case _:
            raise InvalidForm((FieldError("phone", "contact_ambiguous"),))

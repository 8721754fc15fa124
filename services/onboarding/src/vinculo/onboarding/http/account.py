"""The applicant's account: password, contacts, phone and consents, also by e-mailed links."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta, public
from vinculo.httpapi.catalogue import preferred_language
from vinculo.onboarding.application.consents import ConsentService
from vinculo.onboarding.application.contacts import ContactChanges, PhoneCodes
from vinculo.onboarding.application.password_changes import PasswordChanges
from vinculo.onboarding.domain.account import Channel, ConsentPurpose, ContactKind
from vinculo.onboarding.forms.fields import (
    DEFAULT_COUNTRY,
    LANGUAGES,
    Code,
    ConfirmationCode,
    FormBody,
    Locale,
    Password,
    ShortText,
    Token,
)
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.http.problems import form_errors_as_problems
from vinculo.onboarding.http.schemas import Accepted

Applicant = Annotated[Principal, Depends(requires(Permission.OWN_APPLICATION))]


class NewPassword(FormBody):
    current_password: Password
    password: Password


class NewContact(FormBody):
    """An e-mail address or a phone, not both."""

    email: ShortText | None = None
    phone: ShortText | None = None
    password: Password


class ContactConfirmation(FormBody):
    change_id: UUID
    code: ConfirmationCode


class PhoneConfirmation(FormBody):
    """Without an id, the latest code is used."""

    code_id: UUID | None = None
    code: ConfirmationCode


class RequestedContactChange(BaseModel):
    """An e-mail address is confirmed by the link sent there, a phone by the code."""

    change_id: UUID
    kind: ContactKind
    expires_at: datetime


class CodeSent(BaseModel):
    code_id: UUID
    expires_at: datetime


class ResetRequest(FormBody):
    document_number: ShortText
    document_type: Annotated[str | None, Field(max_length=40)] = None
    country: Code = DEFAULT_COUNTRY


class ResetConfirmation(FormBody):
    link_id: UUID
    token: Token
    password: Password


class ContactChangeConfirmation(FormBody):
    change_id: UUID
    token: Token


class ConsentChange(FormBody):
    """A consent needs the version of the text, whose language is `locale` or the request's."""

    given: bool
    text_version: Annotated[str | None, Field(max_length=40)] = None
    locale: Locale | None = None
    channel: Channel


class ConsentLedgerEntryAnswer(BaseModel):
    purpose: ConsentPurpose
    given: bool
    text_version: str
    text_sha256: str
    channel: Channel
    given_at: datetime
    withdrawn_at: datetime | None = None


class ConsentLedger(BaseModel):
    items: list[ConsentLedgerEntryAnswer]


def account_api(
    passwords: PasswordChanges,
    contacts: ContactChanges,
    phones: PhoneCodes,
    idempotency: Idempotency,
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/me", tags=["own account"])

    @router.put("/password", status_code=204)
    async def change_password(body: NewPassword, applicant: Applicant, request: Request) -> None:
        with form_errors_as_problems(request):
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
    ) -> RequestedContactChange:
        with form_errors_as_problems(request):
            kind, raw = _requested_contact(body)
            change = await contacts.request_change(
                applicant.subject,
                kind,
                raw,
                body.password,
                session_id=applicant.session_id,
                meta=current_meta(request),
            )
        return RequestedContactChange(change_id=change.id, kind=kind, expires_at=change.expires_at)

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
            sent = CodeSent(code_id=code.id, expires_at=code.expires_at)
            return Response(sent.model_dump_json(), 202, media_type="application/json")

        return await idempotency.run_once(request, "phone-codes", b"", run)

    @router.post("/phone-codes/confirmation", status_code=204)
    async def verify_phone(body: PhoneConfirmation, applicant: Applicant, request: Request) -> None:
        await phones.verify(applicant.subject, body.code_id, body.code, current_meta(request))

    return router


def confirmations_api(passwords: PasswordChanges, contacts: ContactChanges) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["confirmations"])

    @router.post("/password-resets", status_code=202)
    @public
    async def request_reset(body: ResetRequest, request: Request) -> Accepted:
        document_type = body.document_type.upper() if body.document_type else None
        await passwords.request_reset(
            body.document_number, document_type, body.country.upper(), current_meta(request)
        )
        return Accepted()

    @router.post("/password-resets/confirmation", status_code=204)
    @public
    async def reset(body: ResetConfirmation, request: Request) -> None:
        with form_errors_as_problems(request):
            await passwords.reset(body.link_id, body.token, body.password, current_meta(request))

    @router.post("/contact-changes/confirmation", status_code=204)
    @public
    async def confirm_email(body: ContactChangeConfirmation, request: Request) -> None:
        await contacts.confirm_email(body.change_id, body.token, current_meta(request))

    return router


def own_consents_api(consents: ConsentService) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/me/consents", tags=["own account"])

    @router.get("", response_model_exclude_none=True)
    async def ledger(applicant: Applicant) -> ConsentLedger:
        lines = await consents.ledger(applicant.subject)
        return ConsentLedger(
            items=[
                ConsentLedgerEntryAnswer(
                    purpose=line.purpose,
                    given=line.given,
                    text_version=line.text_version,
                    text_sha256=line.text_sha256,
                    channel=line.channel,
                    given_at=line.given_at,
                    withdrawn_at=line.withdrawn_at,
                )
                for line in lines
            ]
        )

    @router.put("/{purpose}", status_code=204)
    async def change(
        purpose: ConsentPurpose, body: ConsentChange, applicant: Applicant, request: Request
    ) -> None:
        meta = current_meta(request)
        with form_errors_as_problems(request):
            if body.given:
                locale = body.locale or preferred_language(request.headers, LANGUAGES)
                await consents.give(
                    applicant.subject,
                    purpose,
                    text_version=body.text_version,
                    locale=locale,
                    channel=body.channel,
                    meta=meta,
                )
            else:
                await consents.withdraw(applicant.subject, purpose, body.channel, meta)

    return router


def _requested_contact(body: NewContact) -> tuple[ContactKind, str]:
    match body.email, body.phone:
        case str(email), None:
            return ContactKind.EMAIL, email
        case None, str(phone):
            return ContactKind.PHONE, phone
        case None, None:
            raise InvalidForm((FieldError("email", "contact_missing"),))
        case _:
            raise InvalidForm((FieldError("phone", "contact_ambiguous"),))

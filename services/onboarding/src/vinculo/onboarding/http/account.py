"""The own account: password, contacts, phone and consents, also by e-mailed links."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from vinculo.access import Permission, Principal, Role, requires
from vinculo.events import Meta
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    Idempotency,
    accepts_headers,
    current_meta,
    may_refuse,
    public,
)
from vinculo.httpapi.catalogue import preferred_language
from vinculo.onboarding.application.activation import LinkUnknown
from vinculo.onboarding.application.authentication import NoOwnPassword
from vinculo.onboarding.application.consents import ConsentService
from vinculo.onboarding.application.contacts import ContactChanges, PhoneCodes
from vinculo.onboarding.application.password_changes import PasswordChanges
from vinculo.onboarding.application.password_queue import PasswordHasherBusy
from vinculo.onboarding.application.staff_passwords import StaffPasswords
from vinculo.onboarding.domain.account import Channel, ConsentPurpose, ContactKind
from vinculo.onboarding.domain.account_decisions import (
    ConsentIndispensable,
    PhoneVerifiedAlready,
    TooManyMessages,
)
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
from vinculo.onboarding.http.field_codes import (
    CONSENT_CODES,
    CONTACT_CODES,
    IDENTIFIER_CODES,
    PASSWORD_CODES,
)
from vinculo.onboarding.http.problems import (
    CODE_REFUSALS,
    CONFIRMATION_REFUSALS,
    REAUTHENTICATION_REFUSALS,
    form_errors_as_problems,
)
from vinculo.onboarding.http.response_floor import ResponseFloor
from vinculo.onboarding.http.schemas import Accepted

Caller = Annotated[Principal, Depends(requires(Permission.OWN_SESSIONS))]
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
    """People give their document number, optionally its type; staff give their e-mail."""

    document_number: ShortText | None = None
    document_type: Annotated[str | None, Field(max_length=40)] = None
    country: Code = DEFAULT_COUNTRY
    email: ShortText | None = None


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
    staff_passwords: StaffPasswords,
    contacts: ContactChanges,
    phones: PhoneCodes,
    idempotency: Idempotency,
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/me", tags=["own account"])

    @router.put("/password", status_code=204)
    @may_refuse(*REAUTHENTICATION_REFUSALS, NoOwnPassword, field_codes=PASSWORD_CODES)
    async def change_password(body: NewPassword, caller: Caller, request: Request) -> None:
        """The other sessions end, and the owner is mailed."""
        change = passwords.change if Role.APPLICANT in caller.roles else staff_passwords.change
        with form_errors_as_problems(request):
            await change(
                caller.subject,
                body.current_password,
                body.password,
                session_id=caller.session_id,
                meta=current_meta(request),
            )

    @router.put("/contact", status_code=202)
    @may_refuse(*REAUTHENTICATION_REFUSALS, TooManyMessages, field_codes=CONTACT_CODES)
    async def request_contact_change(
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
    @may_refuse(*CONFIRMATION_REFUSALS, *CODE_REFUSALS)
    async def confirm_phone_change(
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
    @may_refuse(PhoneVerifiedAlready, TooManyMessages)
    async def send_phone_code(applicant: Applicant, request: Request) -> Response:
        async def run() -> Response:
            code_id = idempotency.idempotent_id(request, "phone-codes")
            code = await phones.issue(applicant.subject, code_id, current_meta(request))
            sent = CodeSent(code_id=code.id, expires_at=code.expires_at)
            return Response(sent.model_dump_json(), 202, media_type="application/json")

        return await idempotency.run_once(request, "phone-codes", b"", run)

    @router.post("/phone-codes/confirmation", status_code=204)
    @may_refuse(PhoneVerifiedAlready, *CONFIRMATION_REFUSALS, *CODE_REFUSALS)
    async def verify_phone(body: PhoneConfirmation, applicant: Applicant, request: Request) -> None:
        await phones.verify(applicant.subject, body.code_id, body.code, current_meta(request))

    return router


def confirmations_api(
    passwords: PasswordChanges,
    staff_passwords: StaffPasswords,
    contacts: ContactChanges,
    floor: ResponseFloor,
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["confirmations"])

    @router.post("/password-resets", status_code=202)
    @public
    @may_refuse(field_codes=IDENTIFIER_CODES)
    async def request_password_reset(body: ResetRequest, request: Request) -> Accepted:
        """Mails a link, if there is such an account; the answer is the same if there is none."""
        meta = current_meta(request)
        with form_errors_as_problems(request):
            number, email = _requested_reset(body)
        if email is not None:
            await floor.wait_for(staff_passwords.request_reset(email, meta))
        else:
            document_type = body.document_type.upper() if body.document_type else None
            await floor.wait_for(
                passwords.request_reset(number, document_type, body.country.upper(), meta)
            )
        return Accepted()

    @router.post("/password-resets/confirmation", status_code=204)
    @public
    @may_refuse(*CONFIRMATION_REFUSALS, PasswordHasherBusy, field_codes=PASSWORD_CODES)
    async def reset_password(body: ResetConfirmation, request: Request) -> None:
        with form_errors_as_problems(request):
            await _reset(passwords, staff_passwords, body, current_meta(request))

    @router.post("/contact-changes/confirmation", status_code=204)
    @public
    @may_refuse(*CONFIRMATION_REFUSALS)
    async def confirm_email_change(body: ContactChangeConfirmation, request: Request) -> None:
        await contacts.confirm_email(body.change_id, body.token, current_meta(request))

    return router


def own_consents_api(consents: ConsentService) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/me/consents", tags=["own account"])

    @router.get("", response_model_exclude_none=True)
    async def list_consents(applicant: Applicant) -> ConsentLedger:
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
    @may_refuse(ConsentIndispensable, field_codes=CONSENT_CODES)
    async def change_consent(
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


async def _reset(
    passwords: PasswordChanges,
    staff_passwords: StaffPasswords,
    body: ResetConfirmation,
    meta: Meta,
) -> None:
    """By a link of a person, or one of a member of staff."""
    try:
        await passwords.reset(body.link_id, body.token, body.password, meta)
    except LinkUnknown:
        await staff_passwords.reset(body.link_id, body.token, body.password, meta)


def _requested_reset(body: ResetRequest) -> tuple[str, str | None]:
    """The document number, or the e-mail of a member of staff."""
    match body.document_number, body.email:
        case None, None:
            raise InvalidForm((FieldError("document_number", "identifier_missing"),))
        case None, str(email):
            return "", email
        case str(number), None:
            return number, None
        case _:
            raise InvalidForm((FieldError("email", "identifier_ambiguous"),))


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

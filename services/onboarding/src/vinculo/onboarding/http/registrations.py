"""Registration, its live validation and catalogues, and activation links sent again."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    Idempotency,
    accepts_headers,
    current_meta,
    may_refuse,
    public,
)
from vinculo.httpapi.catalogue import preferred_language
from vinculo.httpapi.client import client_network
from vinculo.httpapi.rate_limits import RateLimited
from vinculo.onboarding.application.activation_emails import ActivationEmails
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.application.password_queue import PasswordHasherBusy
from vinculo.onboarding.application.registration import DocumentChecks, Registrar
from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.forms.fields import (
    DEFAULT_COUNTRY,
    LANGUAGES,
    Code,
    FormBody,
    Locale,
    Password,
    ShortText,
)
from vinculo.onboarding.forms.registration import (
    RegistrationBody,
    RegistrationDraftBody,
    RegistrationRules,
    read_registration_draft,
    registration_draft_errors,
    validate_document_number,
    validate_document_type,
    validate_email,
    validate_optional_email,
    validate_registration,
)
from vinculo.onboarding.forms.validation import FieldError, FormValidator, InvalidForm
from vinculo.onboarding.http.field_codes import (
    COUNTRY_CODES,
    DOCUMENT_CODES,
    EMAIL_CODES,
    REGISTRATION_CODES,
)
from vinculo.onboarding.http.problems import form_errors_as_problems
from vinculo.onboarding.http.response_floor import ResponseFloor
from vinculo.onboarding.http.schemas import Accepted, Validated, validation_response
from vinculo.values.identity_documents import identity_of


class Registered(BaseModel):
    """The same for a document that was already registered; the id is that of this registration."""

    registration_id: UUID


class ConsentTextAnswer(BaseModel):
    purpose: ConsentPurpose
    text_version: str
    text: str
    sha256: str
    required: bool


class ConsentTexts(BaseModel):
    items: list[ConsentTextAnswer]


class DocumentTypeAnswer(BaseModel):
    country: str
    code: str
    name: str
    example: str


class DocumentTypes(BaseModel):
    items: list[DocumentTypeAnswer]


class DocumentCheckBody(FormBody):
    country: Code = DEFAULT_COUNTRY
    document_type: Code
    document_number: ShortText


class DocumentChecked(BaseModel):
    """`registered` is null if this installation does not answer."""

    registered: bool | None


class ActivationEmailBody(FormBody):
    """With `email`, the address is corrected and earlier links become invalid."""

    password: Password
    email: ShortText | None = None


class DocumentActivationEmailBody(ActivationEmailBody):
    """For people without the `registration_id`: the newest registration with that address."""

    country: Code = DEFAULT_COUNTRY
    document_type: Code
    document_number: ShortText
    registered_email: ShortText


def registrations_api(
    registrar: Registrar,
    rules: RegistrationRules,
    idempotency: Idempotency,
    today: Callable[[], date],
    floor: ResponseFloor,
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["registration"])

    @router.post("/registrations", status_code=202, response_model=Registered)
    @public
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(PasswordHasherBusy, field_codes=REGISTRATION_CODES)
    async def register(body: RegistrationBody, request: Request) -> Response:
        with form_errors_as_problems(request):
            registration = await registrar.hasher.run_in_pool(
                lambda: validate_registration(body, rules, today())
            )

        async def run() -> Response:
            registration_id = idempotency.idempotent_id(request, "registrations")
            await registrar.register(
                registration, registration_id, client_network(request.scope), current_meta(request)
            )
            registered = Registered(registration_id=registration_id)
            return Response(registered.model_dump_json(), 202, media_type="application/json")

        return await floor.wait_for(idempotency.run_once(request, "registrations", body, run))

    @router.get("/consent-texts")
    @public
    async def list_consent_texts(
        request: Request, locale: Annotated[Locale | None, Query()] = None
    ) -> ConsentTexts:
        chosen = locale or preferred_language(request.headers, LANGUAGES)
        return ConsentTexts(
            items=[
                ConsentTextAnswer(
                    purpose=text.purpose,
                    text_version=text.version,
                    text=text.text,
                    sha256=text.sha256,
                    required=text.required,
                )
                for text in rules.consents.current(chosen)
            ]
        )

    @router.get("/document-types")
    @public
    @may_refuse(field_codes=COUNTRY_CODES)
    async def list_document_types(
        request: Request, country: Annotated[str | None, Query(max_length=40)] = None
    ) -> DocumentTypes:
        """Of all countries, or of one."""
        language = preferred_language(request.headers)
        offered = rules.offered_documents()
        countries = sorted({document.country for document in offered})
        if country is not None and country.upper() not in countries:
            expected = {"expected": ", ".join(countries)}
            with form_errors_as_problems(request):
                raise InvalidForm((FieldError("country", "not_allowed", expected),))
        return DocumentTypes(
            items=[
                DocumentTypeAnswer(
                    country=document.country,
                    code=document.code,
                    name=document.names[language],
                    example=document.example,
                )
                for document in offered
                if country is None or document.country == country.upper()
            ]
        )

    return router


def live_validation_api(
    checks: DocumentChecks,
    rules: RegistrationRules,
    hasher: PasswordHasher,
    today: Callable[[], date],
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["registration"])

    @router.post("/registrations/validation")
    @public
    @may_refuse(PasswordHasherBusy)
    async def validate_registration_draft(
        body: RegistrationDraftBody, request: Request
    ) -> Validated:
        """Validate any of the fields of a registration; nothing is stored."""
        draft, malformed = read_registration_draft(body)
        errors = await hasher.run_in_pool(partial(registration_draft_errors, draft, rules, today()))
        return validation_response(malformed, errors, preferred_language(request.headers))

    @router.post("/document-checks")
    @public
    @may_refuse(RateLimited, field_codes=DOCUMENT_CODES)
    async def check_document(body: DocumentCheckBody, request: Request) -> DocumentChecked:
        form = FormValidator(live=True)
        with form_errors_as_problems(request):
            document = validate_document_type(form, body.country, body.document_type, rules)
            number = validate_document_number(form, document, body.document_number)
            form.raise_if_invalid()
        if document is None:
            raise AssertionError("a form without a document type passed validation")
        identity = identity_of(document, number)
        return DocumentChecked(
            registered=await checks.registered(identity, client_network(request.scope))
        )

    return router


def activation_emails_api(
    emails: ActivationEmails,
    rules: RegistrationRules,
    idempotency: Idempotency,
    floor: ResponseFloor,
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["registration"])

    @router.post(
        "/registrations/{registration_id}/activation-emails",
        status_code=202,
        response_model=Accepted,
    )
    @public
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(RateLimited, PasswordHasherBusy, field_codes=EMAIL_CODES)
    async def send_activation_email(
        registration_id: UUID, body: ActivationEmailBody, request: Request
    ) -> Response:
        form = FormValidator()
        with form_errors_as_problems(request):
            email = validate_optional_email(form, body.email, rules)
            form.raise_if_invalid()

        async def run() -> Response:
            await emails.send_again(
                registration_id,
                body.password,
                email,
                current_meta(request),
                idempotent_id=idempotency.idempotent_id_or_none(request, "activation-emails"),
            )
            return Response(Accepted().model_dump_json(), 202, media_type="application/json")

        return await floor.wait_for(idempotency.run_once(request, "activation-emails", body, run))

    @router.post("/activation-emails", status_code=202, response_model=Accepted)
    @public
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(RateLimited, PasswordHasherBusy, field_codes=DOCUMENT_CODES | EMAIL_CODES)
    async def send_activation_email_by_document(
        body: DocumentActivationEmailBody, request: Request
    ) -> Response:
        form = FormValidator()
        with form_errors_as_problems(request):
            document = validate_document_type(form, body.country, body.document_type, rules)
            number = validate_document_number(form, document, body.document_number)
            registered = validate_email(form, body.registered_email, rules, "registered_email")
            email = validate_optional_email(form, body.email, rules)
            form.raise_if_invalid()
        if document is None:
            raise AssertionError("a form without a document type passed validation")
        identity = identity_of(document, number)

        async def run() -> Response:
            await emails.send_by_document(
                identity,
                registered,
                body.password,
                email,
                current_meta(request),
                idempotent_id=idempotency.idempotent_id_or_none(request, "activation-emails"),
            )
            return Response(Accepted().model_dump_json(), 202, media_type="application/json")

        return await floor.wait_for(idempotency.run_once(request, "activation-emails", body, run))

    return router

"""Registering, and the catalogues that the form shows."""

from collections.abc import Callable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta, public
from vinculo.httpapi.languages import preferred_language
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.forms.fields import LANGUAGES, Locale
from vinculo.onboarding.forms.registration import (
    RegistrationBody,
    RegistrationRules,
    validate_registration,
)
from vinculo.onboarding.registering.registration import Registrar


class Registered(BaseModel):
    """The same for a document that was registered before; the id tells nothing."""

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


def registrations_api(
    registrar: Registrar,
    rules: RegistrationRules,
    idempotency: Idempotency,
    today: Callable[[], date],
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["registration"])

    @router.post("/registrations", status_code=202, response_model=Registered)
    @public
    @accepts_headers(IDEMPOTENCY_KEY)
    async def register(body: RegistrationBody, request: Request) -> Response:
        with faults_answered(request):
            registration = await registrar.passwords.computed(
                lambda: validate_registration(body, rules, today())
            )

        async def run() -> Response:
            registration_id = idempotency.idempotent_id(request, "registrations")
            await registrar.register(registration, registration_id, current_meta(request))
            answer = Registered(registration_id=registration_id)
            return Response(answer.model_dump_json(), 202, media_type="application/json")

        return await idempotency.run_once(request, "registrations", body, run)

    @router.get("/consent-texts")
    @public
    async def consent_texts(
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
    async def document_types(
        request: Request, country: Annotated[str | None, Query(max_length=40)] = None
    ) -> DocumentTypes:
        language = preferred_language(request.headers)
        return DocumentTypes(
            items=[
                DocumentTypeAnswer(
                    country=document.country,
                    code=document.code,
                    name=document.names[language],
                    example=document.example,
                )
                for document in rules.documents.types
                if country is None or document.country == country.upper()
            ]
        )

    return router

"""What is wrong with a form while it is filled in, and whether its document is registered."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from vinculo import httpapi
from vinculo.httpapi import public
from vinculo.httpapi.field_errors import MAX_ERRORS, field_errors
from vinculo.httpapi.languages import preferred_language
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.api.client_addresses import client_address
from vinculo.onboarding.api.problems import MESSAGES, errors_of, faults_answered
from vinculo.onboarding.forms.fields import Code, ShortText
from vinculo.onboarding.forms.registration import (
    RegistrationDraftBody,
    RegistrationRules,
    read_registration_draft,
    registration_draft_errors,
    validate_document_number,
    validate_document_type,
)
from vinculo.onboarding.forms.validation import FieldError, FormValidator
from vinculo.onboarding.registering.document_checks import DocumentChecks
from vinculo.translation import Language
from vinculo.values.identity_documents import identity_of


class Validated(BaseModel):
    """Empty when nothing of the fields given would be refused."""

    errors: Annotated[list[httpapi.FieldError], Field(max_length=2 * MAX_ERRORS)]


def validated(
    misshapen: Sequence[Any], faults: Sequence[FieldError], language: Language
) -> Validated:
    """Pydantic's errors and ours, in words for the person."""
    return Validated(
        errors=[*field_errors(misshapen, language, MESSAGES), *errors_of(faults, language)]
    )


class DocumentCheckBody(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    country: Code = "CO"
    document_type: Code
    document_number: ShortText


class DocumentChecked(BaseModel):
    """`registered` is null where this installation does not tell."""

    registered: bool | None


def live_checks_api(
    checks: DocumentChecks,
    rules: RegistrationRules,
    passwords: Passwords,
    today: Callable[[], date],
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["registration"])

    @router.post("/registrations/validation")
    @public
    async def validate(body: RegistrationDraftBody, request: Request) -> Validated:
        """Any of the fields of a registration, by the rules of registering. Nothing is stored."""
        draft, misshapen = read_registration_draft(body)
        faults = await passwords.computed(partial(registration_draft_errors, draft, rules, today()))
        return validated(misshapen, faults, preferred_language(request.headers))

    @router.post("/document-checks")
    @public
    async def check_document(body: DocumentCheckBody, request: Request) -> DocumentChecked:
        form = FormValidator()
        with faults_answered(request):
            document = validate_document_type(form, body.country, body.document_type, rules)
            number = validate_document_number(form, document, body.document_number)
            form.raise_if_invalid()
        if document is None:
            raise AssertionError("a form without a document type was finished")
        identity = identity_of(document, number)
        return DocumentChecked(
            registered=await checks.registered(identity, client_address(request))
        )

    return router

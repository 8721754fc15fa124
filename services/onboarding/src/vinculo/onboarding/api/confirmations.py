"""What is done by an e-mailed link without being signed in: a new password, a new address."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from vinculo.httpapi import current_meta, public
from vinculo.onboarding.accounts.contact_changes import ContactChanges
from vinculo.onboarding.accounts.password_changes import PasswordChanges
from vinculo.onboarding.api.problems import faults_answered

Token = Annotated[str, Field(max_length=200, repr=False)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ResetRequest(_Body):
    document_number: Annotated[str, Field(max_length=320)]
    document_type: Annotated[str | None, Field(max_length=40)] = None
    country: Annotated[str, Field(max_length=40)] = "CO"


class ResetConfirmation(_Body):
    link_id: UUID
    token: Token
    password: Annotated[str, Field(max_length=1024, repr=False)]


class ContactChangeConfirmation(_Body):
    change_id: UUID
    token: Token


class Accepted(BaseModel):
    """The same whether or not there is such an account."""


def confirmations_api(passwords: PasswordChanges, contacts: ContactChanges) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["confirmations"])

    @router.post("/password-resets", status_code=202)
    @public
    async def request_reset(body: ResetRequest, request: Request) -> Accepted:
        document_type = body.document_type.upper() if body.document_type else None
        await passwords.request(
            body.document_number, document_type, body.country.upper(), current_meta(request)
        )
        return Accepted()

    @router.post("/password-resets/confirmation", status_code=204)
    @public
    async def reset(body: ResetConfirmation, request: Request) -> None:
        with faults_answered(request):
            await passwords.reset(body.link_id, body.token, body.password, current_meta(request))

    @router.post("/contact-changes/confirmation", status_code=204)
    @public
    async def confirm_email(body: ContactChangeConfirmation, request: Request) -> None:
        await contacts.confirm_email(body.change_id, body.token, current_meta(request))

    return router

"""Asking for the activation link once more, and putting a mistyped address right."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta, public
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.forms.fields import ShortText
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.registering.activation_emails import ActivationEmails
from vinculo.values.contacts import email_address


class ActivationEmailBody(BaseModel):
    """With `email` the address is corrected, and links sent to the earlier one die."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    password: Annotated[str, Field(max_length=1024, repr=False)]
    email: ShortText | None = None


class Accepted(BaseModel):
    """The same whether or not a mail will be sent."""


def activation_emails_api(emails: ActivationEmails, idempotency: Idempotency) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["registration"])

    @router.post(
        "/registrations/{registration_id}/activation-emails",
        status_code=202,
        response_model=Accepted,
    )
    @public
    @accepts_headers(IDEMPOTENCY_KEY)
    async def send_again(
        registration_id: UUID, body: ActivationEmailBody, request: Request
    ) -> Response:
        form = FormValidator()
        with faults_answered(request):
            email = form.validate_optional("email", body.email, email_address)
            form.raise_if_invalid()

        async def run() -> Response:
            await emails.send_again(
                registration_id,
                body.password,
                email,
                current_meta(request),
                repeatable_id=idempotency.idempotent_id_or_none(request, "activation-emails"),
            )
            return Response(Accepted().model_dump_json(), 202, media_type="application/json")

        return await idempotency.run_once(request, "activation-emails", body, run)

    return router

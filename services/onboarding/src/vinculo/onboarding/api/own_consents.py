"""A person's consents over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import current_meta
from vinculo.httpapi.languages import preferred_language
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.domain.account import Channel, ConsentPurpose
from vinculo.onboarding.forms.fields import LANGUAGES, Locale
from vinculo.onboarding.own.consents import OwnConsents

Applicant = Annotated[Principal, Depends(requires(Permission.OWN_APPLICATION))]


class ConsentChange(BaseModel):
    """To give it, the version of the text that was read; in the request's language, or `locale`."""

    model_config = ConfigDict(extra="forbid")

    given: bool
    text_version: Annotated[str | None, Field(max_length=40)] = None
    locale: Locale | None = None
    channel: Channel


class ConsentAnswer(BaseModel):
    purpose: ConsentPurpose
    given: bool
    text_version: str
    text_sha256: str
    channel: Channel
    given_at: datetime
    withdrawn_at: datetime | None = None


class ConsentLedger(BaseModel):
    items: list[ConsentAnswer]


def own_consents_api(consents: OwnConsents) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1/me/consents", tags=["own account"])

    @router.get("", response_model_exclude_none=True)
    async def ledger(applicant: Applicant) -> ConsentLedger:
        lines = await consents.ledger(applicant.subject)
        return ConsentLedger(
            items=[
                ConsentAnswer(
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
        with faults_answered(request):
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

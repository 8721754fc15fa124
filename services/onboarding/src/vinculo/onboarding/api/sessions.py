"""Activation, signing in, and the keys by which others verify the tokens issued here."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Role
from vinculo.httpapi import current_meta, public
from vinculo.onboarding.access_tokens import LIFETIME, AccessTokens
from vinculo.onboarding.activation import Activator
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.fields.refusals import FieldFault, FormRefused
from vinculo.onboarding.sign_in import Door, SignedIn

Short = Annotated[str, Field(max_length=320)]
Code = Annotated[str, Field(max_length=40)]


class ActivationBody(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    link_id: UUID
    token: Annotated[str, Field(max_length=200, repr=False)]


class SessionBody(BaseModel):
    """People give their document number, its type if they like; staff their e-mail."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    document_number: Short | None = None
    document_type: Code | None = None
    country: Code = "CO"
    email: Short | None = None
    password: Annotated[str, Field(max_length=1024, repr=False)]


class Session(BaseModel):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token
    expires_in: int
    person_id: UUID


def sessions_api(activator: Activator, door: Door, tokens: AccessTokens) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["sessions"])

    def opened(signed_in: SignedIn, response: Response) -> Session:
        response.headers["cache-control"] = "no-store"
        return Session(
            access_token=tokens.issue(signed_in.subject, signed_in.roles, door.clock()),
            expires_in=int(LIFETIME.total_seconds()),
            person_id=signed_in.subject,
        )

    @router.post("/activations")
    @public
    async def activate(body: ActivationBody, request: Request, response: Response) -> Session:
        person_id = await activator.activate(body.link_id, body.token, current_meta(request))
        return opened(SignedIn(person_id, frozenset({Role.APPLICANT})), response)

    @router.post("/sessions", status_code=201)
    @public
    async def sign_in(body: SessionBody, request: Request, response: Response) -> Session:
        with faults_answered(request):
            signed_in = await _admitted(door, body)
        return opened(signed_in, response)

    return router


def key_set_api(tokens: AccessTokens) -> APIRouter:
    router = APIRouter(tags=["sessions"])

    @router.get("/.well-known/jwks.json")
    @public
    async def key_set(response: Response) -> dict[str, Any]:
        response.headers["cache-control"] = "public, max-age=300"
        return tokens.key_set()

    return router


async def _admitted(door: Door, body: SessionBody) -> SignedIn:
    match body.document_number, body.email:
        case None, None:
            raise FormRefused((FieldFault("document_number", "identifier_missing"),))
        case None, str(email):
            return await door.admit_staff(email, body.password)
        case str(number), None:
            document_type = body.document_type.upper() if body.document_type else None
            return await door.admit_person(
                number, document_type, body.country.upper(), body.password
            )
        case _:
            raise FormRefused((FieldFault("email", "identifier_ambiguous"),))

"""Activation, signing in and out, and the keys by which others verify the tokens issued here."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import Problem, current_meta, public
from vinculo.onboarding.accounts.access_tokens import LIFETIME, AccessTokens
from vinculo.onboarding.accounts.sessions import Admitted, OpenSession, SessionEnded, Sessions
from vinculo.onboarding.accounts.sign_in import Door, SignInRefused
from vinculo.onboarding.api.problems import faults_answered
from vinculo.onboarding.api.refresh_cookies import CLEARED, RefreshCookies
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.registering.activation import Activator

Caller = Annotated[Principal, Depends(requires(Permission.OWN_SESSIONS))]
Carrier = Literal["body", "cookie"]
Short = Annotated[str, Field(max_length=320)]
Code = Annotated[str, Field(max_length=40)]


class ActivationBody(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    link_id: UUID
    token: Annotated[str, Field(max_length=200, repr=False)]
    refresh: Carrier = "body"


class SessionBody(BaseModel):
    """People give their document number, its type if they like; staff their e-mail."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    document_number: Short | None = None
    document_type: Code | None = None
    country: Code = "CO"
    email: Short | None = None
    password: Annotated[str, Field(max_length=1024, repr=False)]
    refresh: Carrier = "body"


class RefreshBody(BaseModel):
    """Without a token the one in the cookie is meant."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    refresh_token: Annotated[str | None, Field(max_length=200, repr=False)] = None


class Session(BaseModel):
    """`refresh_token` is missing where the cookie has it; `refresh_expires_in` moves with use."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token
    expires_in: int
    person_id: UUID
    refresh_token: str | None = None
    refresh_expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnswers:
    """How a session is told: the tokens, and where the one for refreshing goes."""

    tokens: AccessTokens
    cookies: RefreshCookies

    def answer(
        self, session: OpenSession, sessions: Sessions, carrier: Carrier, response: Response
    ) -> Session:
        now = sessions.clock()
        response.headers["cache-control"] = "no-store"
        if carrier == "cookie":
            self.cookies.set(response, session.refresh_token, now, session.lapses_at)
        return Session(
            access_token=self.tokens.issue(
                session.subject, session.roles, now, session_id=session.session_id
            ),
            expires_in=int(LIFETIME.total_seconds()),
            person_id=session.subject,
            refresh_token=session.refresh_token if carrier == "body" else None,
            refresh_expires_in=int((session.lapses_at - now).total_seconds()),
        )


def sessions_api(
    activator: Activator, door: Door, sessions: Sessions, answers: SessionAnswers
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["sessions"])
    cookies = answers.cookies

    def check_origin(carrier: Carrier, request: Request) -> None:
        if carrier == "cookie":
            cookies.require_own_origin(request)

    @router.post("/activations", response_model_exclude_none=True)
    @public
    async def activate(body: ActivationBody, request: Request, response: Response) -> Session:
        check_origin(body.refresh, request)
        person_id = await activator.activate(body.link_id, body.token, current_meta(request))
        request.state.actor = str(person_id)
        session = await sessions.open(Admitted(subject=person_id, kind="person"))
        return answers.answer(session, sessions, body.refresh, response)

    @router.post("/sessions", status_code=201, response_model_exclude_none=True)
    @public
    async def sign_in(body: SessionBody, request: Request, response: Response) -> Session:
        check_origin(body.refresh, request)
        with faults_answered(request):
            admitted = await _admitted(door, body)
        try:
            session = await sessions.open(admitted)
        except SessionEnded:
            raise SignInRefused from None
        return answers.answer(session, sessions, body.refresh, response)

    @router.post("/sessions/refresh", response_model_exclude_none=True)
    @public
    async def refresh(
        request: Request, response: Response, body: RefreshBody | None = None
    ) -> Session:
        given = body.refresh_token if body else None
        carrier: Carrier = "body" if given is not None else "cookie"
        token = given if given is not None else cookies.token(request)
        try:
            session = await sessions.refresh(token or "")
        except SessionEnded:
            headers = {"set-cookie": CLEARED} if carrier == "cookie" and token else None
            raise Problem(401, "session-ended", headers=headers) from None
        return answers.answer(session, sessions, carrier, response)

    @router.delete("/sessions/current", status_code=204)
    async def sign_out(caller: Caller, response: Response) -> None:
        await sessions.end(caller.subject, caller.session_id)
        cookies.clear(response)

    @router.delete("/sessions", status_code=204)
    async def sign_out_everywhere(caller: Caller, response: Response) -> None:
        await sessions.end_all(caller.subject)
        cookies.clear(response)

    return router


def key_set_api(tokens: AccessTokens) -> APIRouter:
    router = APIRouter(tags=["sessions"])

    @router.get("/.well-known/jwks.json")
    @public
    async def key_set(response: Response) -> dict[str, Any]:
        response.headers["cache-control"] = "public, max-age=300"
        return tokens.key_set()

    return router


async def _admitted(door: Door, body: SessionBody) -> Admitted:
    match body.document_number, body.email:
        case None, None:
            raise InvalidForm((FieldError("document_number", "identifier_missing"),))
        case None, str(email):
            return await door.admit_staff(email, body.password)
        case str(number), None:
            document_type = body.document_type.upper() if body.document_type else None
            return await door.admit_person(
                number, document_type, body.country.upper(), body.password
            )
        case _:
            raise InvalidForm((FieldError("email", "identifier_ambiguous"),))

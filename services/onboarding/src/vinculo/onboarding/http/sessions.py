"""Activation, login and logout, and the keys that verify the access tokens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from vinculo.access import Permission, Principal, Role, requires
from vinculo.events import Meta
from vinculo.httpapi import Problem, current_meta, may_refuse, public
from vinculo.onboarding.application.access_tokens import ACCESS_TOKEN_LIFETIME, AccessTokens
from vinculo.onboarding.application.activation import Activator
from vinculo.onboarding.application.authentication import Authenticator, SignInRefused
from vinculo.onboarding.application.login_throttle import TooManyAttempts
from vinculo.onboarding.application.password_queue import PasswordHasherBusy
from vinculo.onboarding.application.sessions import (
    AuthenticatedSubject,
    OpenSession,
    SessionEnded,
    Sessions,
)
from vinculo.onboarding.domain.activation_decisions import DocumentActivatedByAnother
from vinculo.onboarding.forms.fields import (
    DEFAULT_COUNTRY,
    Code,
    FormBody,
    Password,
    ShortText,
    Token,
)
from vinculo.onboarding.forms.registration import ActivationDetailsBody
from vinculo.onboarding.forms.validation import FieldError, InvalidForm
from vinculo.onboarding.http.devices import device_of
from vinculo.onboarding.http.field_codes import ACTIVATION_CODES, IDENTIFIER_CODES
from vinculo.onboarding.http.problems import (
    LINK_REFUSALS,
    ORIGIN_REFUSED,
    REAUTHENTICATION_REFUSALS,
    form_errors_as_problems,
)

REFRESH_COOKIE: Final = "__Host-vinculo-refresh"
_COOKIE_ATTRIBUTES: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"
CLEARED_COOKIE: Final = f"{REFRESH_COOKIE}=; Max-Age=0; {_COOKIE_ATTRIBUTES}"
Caller = Annotated[Principal, Depends(requires(Permission.OWN_SESSIONS))]
Carrier = Literal["body", "cookie"]
OptionalPassword = Annotated[str | None, Field(max_length=1024, repr=False)]


class ActivationBody(FormBody):
    """Either the `password` of the registration, or a `new_password` and all `details` again."""

    link_id: UUID
    token: Token
    password: OptionalPassword = None
    new_password: OptionalPassword = None
    details: ActivationDetailsBody | None = None
    refresh: Carrier = "body"


class SessionBody(FormBody):
    """People give their document number, optionally its type; staff give their e-mail."""

    document_number: ShortText | None = None
    document_type: Code | None = None
    country: Code = DEFAULT_COUNTRY
    email: ShortText | None = None
    password: Password
    refresh: Carrier = "body"


class RefreshBody(FormBody):
    """Without a token, the one in the cookie is used."""

    refresh_token: Annotated[str | None, Field(max_length=200, repr=False)] = None


class PublicKey(BaseModel):
    """A JSON Web Key (RFC 7517) of the curve P-256."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str
    y: str
    kid: str
    use: Literal["sig"]
    alg: Literal["ES256"]


class PublicKeySet(BaseModel):
    """The keys that verify access tokens, the current one among them."""

    keys: list[PublicKey]


class Session(BaseModel):
    """`refresh_token` is missing if it is in the cookie; use extends `refresh_expires_in`."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token
    expires_in: int
    person_id: UUID
    refresh_token: str | None = None
    refresh_expires_in: int


class SessionAnswer(BaseModel):
    """A session of the caller, with the browser and system in which it was opened."""

    session_id: UUID
    is_current: Annotated[bool, Field(description="Whether this request belongs to it.")]
    browser: Annotated[str | None, Field(description="Such as `Firefox`; null for apps.")]
    system: Annotated[str | None, Field(description="Such as `Android`.")]
    opened_at: Annotated[datetime | None, Field(description="Null for sessions of long ago.")]
    last_used_at: datetime
    ends_at: Annotated[datetime, Field(description="Unless it is used before.")]


class SessionsAnswer(BaseModel):
    items: list[SessionAnswer]


class SignedIn(BaseModel):
    """The caller. `kind` is `person` for applicants and customers, else `staff`."""

    subject: UUID
    kind: Literal["person", "staff"]
    email: Annotated[str | None, Field(description="Only of our own staff accounts.")]
    roles: list[Role]
    permissions: list[Permission]
    session_ends_at: Annotated[
        datetime | None, Field(description="The latest end, however much the session is used.")
    ]


@dataclass(frozen=True, slots=True)
class RefreshCookies:
    """The refresh token of a browser, in a cookie that scripts cannot read.

    `SameSite=Strict` keeps it from other sites' requests. The `Origin` is checked, too, against
    other origins of the same site.
    """

    origin: str

    def require_own_origin(self, request: Request) -> None:
        """Raises 403 `origin-refused`; browsers send the header with every unsafe request."""
        if request.headers.get("origin") != self.origin:
            raise Problem(403, "origin-refused")

    def token(self, request: Request) -> str | None:
        """The cookie's token; read only for requests of our own origin."""
        token = request.cookies.get(REFRESH_COOKIE)
        if token is not None:
            self.require_own_origin(request)
        return token

    def set(self, response: Response, token: str, now: datetime, lapses_at: datetime) -> None:
        seconds = max(0, int((lapses_at - now).total_seconds()))
        response.headers.append(
            "set-cookie", f"{REFRESH_COOKIE}={token}; Max-Age={seconds}; {_COOKIE_ATTRIBUTES}"
        )

    def clear(self, response: Response) -> None:
        response.headers.append("set-cookie", CLEARED_COOKIE)


def refresh_cookies(public_url: str) -> RefreshCookies:
    parts = urlsplit(public_url)
    return RefreshCookies(f"{parts.scheme}://{parts.netloc}".lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResponses:
    """Turns a session into its response: tokens in the body, or the refresh token in the cookie."""

    tokens: AccessTokens
    cookies: RefreshCookies

    def respond(
        self, session: OpenSession, sessions: Sessions, carrier: Carrier, response: Response
    ) -> Session:
        now = sessions.clock()
        response.headers["cache-control"] = "no-store"
        if carrier == "cookie":
            self.cookies.set(response, session.refresh_token, now, session.lapses_at)
        return Session(
            access_token=self.tokens.issue(
                session.subject,
                session.roles,
                now,
                session_id=session.session_id,
                registry_version=session.registry_version,
            ),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            person_id=session.subject,
            refresh_token=session.refresh_token if carrier == "body" else None,
            refresh_expires_in=int((session.lapses_at - now).total_seconds()),
        )


def sessions_api(
    activator: Activator,
    authenticator: Authenticator,
    sessions: Sessions,
    responses: SessionResponses,
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["sessions"])
    cookies = responses.cookies

    def check_origin(carrier: Carrier, request: Request) -> None:
        if carrier == "cookie":
            cookies.require_own_origin(request)

    @router.post("/activations", response_model_exclude_none=True)
    @public
    @may_refuse(
        *LINK_REFUSALS,
        *REAUTHENTICATION_REFUSALS,
        DocumentActivatedByAnother,
        SessionEnded,
        ORIGIN_REFUSED,
        field_codes=ACTIVATION_CODES,
    )
    async def activate(body: ActivationBody, request: Request, response: Response) -> Session:
        check_origin(body.refresh, request)
        with form_errors_as_problems(request):
            person_id = await _activate(activator, body, current_meta(request))
        request.state.actor = str(person_id)
        subject = AuthenticatedSubject(subject=person_id, kind="person")
        session = await sessions.open(subject, device_of(request.headers.get("user-agent")))
        return responses.respond(session, sessions, body.refresh, response)

    @router.post("/sessions", status_code=201, response_model_exclude_none=True)
    @public
    @may_refuse(
        SignInRefused,
        TooManyAttempts,
        PasswordHasherBusy,
        ORIGIN_REFUSED,
        field_codes=IDENTIFIER_CODES,
    )
    async def sign_in(body: SessionBody, request: Request, response: Response) -> Session:
        check_origin(body.refresh, request)
        with form_errors_as_problems(request):
            subject = await _authenticate(authenticator, body)
        try:
            session = await sessions.open(subject, device_of(request.headers.get("user-agent")))
        except SessionEnded:
            raise SignInRefused from None
        return responses.respond(session, sessions, body.refresh, response)

    @router.post("/sessions/refresh", response_model_exclude_none=True)
    @public
    @may_refuse(SessionEnded, ORIGIN_REFUSED)
    async def refresh_session(
        request: Request, response: Response, body: RefreshBody | None = None
    ) -> Session:
        given = body.refresh_token if body else None
        carrier: Carrier = "body" if given is not None else "cookie"
        token = given if given is not None else cookies.token(request)
        try:
            session = await sessions.refresh(token or "")
        except SessionEnded:
            headers = {"set-cookie": CLEARED_COOKIE} if carrier == "cookie" and token else None
            raise Problem(401, "session-ended", headers=headers) from None
        return responses.respond(session, sessions, carrier, response)

    @router.delete("/sessions/current", status_code=204)
    async def sign_out(caller: Caller, response: Response) -> None:
        await sessions.end(caller.subject, caller.session_id)
        cookies.clear(response)

    @router.delete("/sessions", status_code=204)
    async def sign_out_everywhere(caller: Caller, response: Response) -> None:
        await sessions.end_all(caller.subject)
        cookies.clear(response)

    return router


def signed_in_api(sessions: Sessions, cookies: RefreshCookies) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["sessions"])

    @router.get("/me")
    async def read_signed_in(caller: Caller) -> SignedIn:
        """Whom the access token stands for and what they may do."""
        owner = await sessions.owner_of(caller.subject, caller.session_id)
        return SignedIn(
            subject=caller.subject,
            kind="person" if Role.APPLICANT in caller.roles else "staff",
            email=owner.staff_email,
            roles=sorted(caller.roles),
            permissions=sorted(each for each in Permission if caller.may(each)),
            session_ends_at=owner.ends_at,
        )

    @router.get("/me/sessions")
    async def list_sessions(caller: Caller, response: Response) -> SessionsAnswer:
        """Those of the caller that have not ended, the one used last first."""
        response.headers["cache-control"] = "no-store"
        return SessionsAnswer(
            items=[
                SessionAnswer(
                    session_id=each.session_id,
                    is_current=each.session_id == caller.session_id,
                    browser=each.device.browser,
                    system=each.device.system,
                    opened_at=each.opened_at,
                    last_used_at=each.last_used_at,
                    ends_at=each.lapses_at,
                )
                for each in await sessions.of(caller.subject)
            ]
        )

    @router.delete("/me/sessions/{session_id}", status_code=204)
    async def end_session(caller: Caller, session_id: UUID, response: Response) -> None:
        """Ends one of the caller's sessions; one that has ended, or is another's, is no error."""
        await sessions.end(caller.subject, session_id)
        if session_id == caller.session_id:
            cookies.clear(response)

    return router


def key_set_api(tokens: AccessTokens) -> APIRouter:
    router = APIRouter(tags=["sessions"])

    @router.get("/.well-known/jwks.json")
    @public
    async def read_key_set(response: Response) -> PublicKeySet:
        response.headers["cache-control"] = "public, max-age=300"
        return PublicKeySet.model_validate(tokens.key_set())

    return router


async def _activate(activator: Activator, body: ActivationBody, meta: Meta) -> UUID:
    match body.password, body.new_password, body.details:
        case str(password), None, None:
            return await activator.activate(body.link_id, body.token, password, meta)
        case None, str(new_password), ActivationDetailsBody() as details:
            return await activator.activate_with_new_password(
                body.link_id, body.token, new_password, details, meta
            )
        case None, str(), None:
            raise InvalidForm((FieldError("details", "details_required"),))
        case None, None, _:
            raise InvalidForm((FieldError("password", "password_required"),))
        case _:
            raise InvalidForm((FieldError("new_password", "password_ambiguous"),))


async def _authenticate(authenticator: Authenticator, body: SessionBody) -> AuthenticatedSubject:
    match body.document_number, body.email:
        case None, None:
            raise InvalidForm((FieldError("document_number", "identifier_missing"),))
        case None, str(email):
            return await authenticator.authenticate_staff(email, body.password)
        case str(number), None:
            document_type = body.document_type.upper() if body.document_type else None
            return await authenticator.authenticate_person(
                number, document_type, body.country.upper(), body.password
            )
        case _:
            raise InvalidForm((FieldError("email", "identifier_ambiguous"),))

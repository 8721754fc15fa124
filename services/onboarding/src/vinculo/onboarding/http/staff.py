"""Members of staff over HTTP: the names behind ids, invitations, roles and ends."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from vinculo.access import Permission, Principal, Role, requires
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    Idempotency,
    accepts_headers,
    current_meta,
    etag,
    if_match,
    may_refuse,
    public,
)
from vinculo.httpapi.catalogue import preferred_language
from vinculo.onboarding.application.password_queue import PasswordHasherBusy
from vinculo.onboarding.application.staff import StaffMemberExists, validate_member_email
from vinculo.onboarding.application.staff_administration import (
    StaffAdministration,
    StaffMemberUnknown,
)
from vinculo.onboarding.application.staff_passwords import StaffPasswords
from vinculo.onboarding.domain.account_decisions import TooManyMessages
from vinculo.onboarding.domain.staff import (
    LastAdmin,
    OwnMembership,
    StaffMember,
    StaffMemberActive,
    StaffMemberEnded,
    StaffMemberNotInvited,
    StaffState,
)
from vinculo.onboarding.forms.fields import (
    LANGUAGES,
    FormBody,
    Locale,
    Password,
    ShortText,
    Token,
)
from vinculo.onboarding.http.field_codes import EMAIL_CODES, PASSWORD_CODES
from vinculo.onboarding.http.problems import CONFIRMATION_REFUSALS, form_errors_as_problems

Reader = Annotated[Principal, Depends(requires(Permission.AUDIT_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.STAFF_WRITE))]
AssignableRole = Literal[Role.VIEWER, Role.REVIEWER, Role.OPERATOR, Role.ADMIN, Role.AUDITOR]
"""Roles of people; accounts of systems are made by the command."""

_SCOPE: Final = "staff"


class StaffMemberAnswer(BaseModel):
    """`version` is the value of `If-Match` for changes of the member."""

    staff_id: UUID
    email: str
    role: Role
    added_at: datetime
    state: StaffState
    version: int
    invitation_expires_at: Annotated[
        datetime | None, Field(description="While the member has not accepted an invitation.")
    ]
    invitation_undeliverable_at: Annotated[
        datetime | None,
        Field(description="When the mail of the open invitation had failed for good."),
    ]
    last_sign_in_at: Annotated[datetime | None, Field(description="Null if it is not known.")]


class StaffAnswer(BaseModel):
    """All members by e-mail, those who were invited or ended among them."""

    items: list[StaffMemberAnswer]


class StaffInvitationBody(FormBody):
    """`locale` is the language of mails, by default that of the request."""

    email: ShortText
    role: AssignableRole
    locale: Locale | None = None


class StaffRoleBody(FormBody):
    role: AssignableRole


class StaffInvitationAcceptanceBody(FormBody):
    """The mailed link, and the password that the member chooses."""

    link_id: UUID
    token: Token
    password: Password


class AcceptedStaffInvitation(BaseModel):
    """The address with which the member signs in."""

    email: str


def staff_api(
    administration: StaffAdministration, idempotency: Idempotency, *, smtputf8: bool
) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["staff"])

    @router.get("/staff")
    async def list_staff(_: Reader, response: Response) -> StaffAnswer:
        response.headers["cache-control"] = "no-store"
        return StaffAnswer(items=[_answer(each) for each in await administration.members()])

    @router.post("/staff", status_code=201, response_model=StaffMemberAnswer)
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(StaffMemberExists, TooManyMessages, field_codes=EMAIL_CODES)
    async def invite_member(
        body: StaffInvitationBody, writer: Writer, request: Request
    ) -> Response:
        """Mails a link by which the member chooses a password."""
        with form_errors_as_problems(request):
            email = validate_member_email(body.email, smtputf8=smtputf8)

        async def run() -> Response:
            member = await administration.invite(
                idempotency.idempotent_id(request, _SCOPE),
                email,
                body.role,
                body.locale or preferred_language(request.headers, LANGUAGES),
                by=writer.subject,
                meta=current_meta(request),
            )
            return Response(
                _answer(member).model_dump_json(),
                201,
                {"etag": etag(member.version)},
                "application/json",
            )

        return await idempotency.run_once(request, _SCOPE, body, run)

    @router.post("/staff/{staff_id}/invitations", status_code=201)
    @accepts_headers(IF_MATCH)
    @may_refuse(StaffMemberUnknown, StaffMemberActive, TooManyMessages)
    async def invite_member_again(
        staff_id: UUID, writer: Writer, request: Request, response: Response
    ) -> StaffMemberAnswer:
        """Mails another link, also to a member who was ended; earlier links stop working."""
        member = await administration.invite_again(
            staff_id,
            expected_version=if_match(request),
            by=writer.subject,
            meta=current_meta(request),
        )
        return _changed(member, response)

    @router.delete("/staff/{staff_id}/invitation", status_code=204)
    @accepts_headers(IF_MATCH)
    @may_refuse(StaffMemberUnknown, StaffMemberNotInvited)
    async def withdraw_member_invitation(staff_id: UUID, writer: Writer, request: Request) -> None:
        """The invited member is not listed any more, and the link stops working."""
        await administration.withdraw(
            staff_id,
            expected_version=if_match(request),
            by=writer.subject,
            meta=current_meta(request),
        )

    @router.put("/staff/{staff_id}/role")
    @accepts_headers(IF_MATCH)
    @may_refuse(StaffMemberUnknown, StaffMemberEnded, OwnMembership, LastAdmin)
    async def change_member_role(
        staff_id: UUID, body: StaffRoleBody, writer: Writer, request: Request, response: Response
    ) -> StaffMemberAnswer:
        """The member's sessions end; the next one has the new role."""
        member = await administration.change_role(
            staff_id,
            body.role,
            expected_version=if_match(request),
            by=writer.subject,
            meta=current_meta(request),
        )
        return _changed(member, response)

    @router.post("/staff/{staff_id}/end")
    @accepts_headers(IF_MATCH)
    @may_refuse(StaffMemberUnknown, OwnMembership, LastAdmin)
    async def end_member(
        staff_id: UUID, writer: Writer, request: Request, response: Response
    ) -> StaffMemberAnswer:
        """The member's sessions end, and they cannot sign in; the address stays behind the id."""
        member = await administration.end(
            staff_id,
            expected_version=if_match(request),
            by=writer.subject,
            meta=current_meta(request),
        )
        return _changed(member, response)

    return router


def staff_invitations_api(passwords: StaffPasswords) -> APIRouter:
    router = APIRouter(prefix="/onboarding/v1", tags=["staff"])

    @router.post("/staff-invitations/acceptance")
    @public
    @may_refuse(*CONFIRMATION_REFUSALS, PasswordHasherBusy, field_codes=PASSWORD_CODES)
    async def accept_staff_invitation(
        body: StaffInvitationAcceptanceBody, request: Request, response: Response
    ) -> AcceptedStaffInvitation:
        with form_errors_as_problems(request):
            member = await passwords.accept_invitation(
                body.link_id, body.token, body.password, current_meta(request)
            )
        request.state.actor = str(member.staff_id)
        response.headers["cache-control"] = "no-store"
        return AcceptedStaffInvitation(email=member.email)

    return router


def _changed(member: StaffMember, response: Response) -> StaffMemberAnswer:
    response.headers["etag"] = etag(member.version)
    return _answer(member)


def _answer(member: StaffMember) -> StaffMemberAnswer:
    return StaffMemberAnswer(
        staff_id=member.staff_id,
        email=member.email,
        role=Role(member.role),
        added_at=member.added_at,
        state=member.state,
        version=member.version,
        invitation_expires_at=member.invitation_expires_at,
        invitation_undeliverable_at=member.invitation_undeliverable_at,
        last_sign_in_at=member.last_sign_in_at,
    )

"""Members of staff who sign in by e-mail, and the rules for changing them.

A member's row decides who may sign in. Events say what was done by whom, and carry what a mail
needs. Stored names and fields must never change.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from vinculo.events import Decider
from vinculo.events.personal import Erased, Sealed
from vinculo.onboarding.domain.account import Confirmation, Contact, PasswordChange

ADMIN: Final = "admin"


class StaffState(StrEnum):
    INVITED = "invited"
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffInvited:
    link_id: UUID
    role: str
    locale: str
    invited_by: UUID
    invited_at: datetime
    expires_at: datetime
    personal: Contact | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffInvitationWithdrawn:
    withdrawn_by: UUID
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffJoined:
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRoleChanged:
    previous_role: str
    role: str
    changed_by: UUID
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffEnded:
    ended_by: UUID
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPasswordResetRequested:
    link_id: UUID
    locale: str
    requested_at: datetime
    expires_at: datetime
    personal: Contact | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPasswordChanged:
    cause: PasswordChange
    locale: str
    changed_at: datetime
    personal: Contact | Sealed | Erased


StaffEvent: TypeAlias = (
    StaffInvited
    | StaffInvitationWithdrawn
    | StaffJoined
    | StaffRoleChanged
    | StaffEnded
    | StaffPasswordResetRequested
    | StaffPasswordChanged
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStaffEvent:
    """Append an event that was decided on the member's locked row."""

    event: StaffEvent


STAFF: Decider[RecordStaffEvent, None, StaffEvent] = Decider(
    lambda command, _: [command.event], lambda state, _: state, None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """`version` increases with every administrative change, for `If-Match`.

    `invitation_expires_at` is set while an invitation is open, `invitation_undeliverable_at` if its
    mail could not be delivered. `last_sign_in_at` is None for members who have not signed in since
    it is stored.
    """

    staff_id: UUID
    email: str
    role: str
    state: StaffState
    locale: str
    version: int
    added_at: datetime
    invitation_expires_at: datetime | None = None
    invitation_undeliverable_at: datetime | None = None
    last_sign_in_at: datetime | None = None


class StaffRefused(Exception):
    """A change of a member of staff that is not possible."""


class StaffMemberActive(StaffRefused):
    """The member has a password already and needs no invitation."""


class StaffMemberNotInvited(StaffRefused):
    """There is no open invitation to withdraw."""


class StaffMemberEnded(StaffRefused):
    """The member was ended, and can be invited again."""


class OwnMembership(StaffRefused):
    """Members of staff do not change their own role and do not end themselves."""


class LastAdmin(StaffRefused):
    """No other active member of staff would be an administrator."""


def invite_again(
    member: StaffMember, link: Confirmation, *, by: UUID, now: datetime
) -> StaffInvited:
    """Send another link, also to a member who was ended. Raises StaffMemberActive."""
    if member.state is StaffState.ACTIVE:
        raise StaffMemberActive
    return invitation(member, link, by=by, now=now)


def invitation(member: StaffMember, link: Confirmation, *, by: UUID, now: datetime) -> StaffInvited:
    return StaffInvited(
        link_id=link.id,
        role=member.role,
        locale=member.locale,
        invited_by=by,
        invited_at=now,
        expires_at=link.expires_at,
        personal=Contact(contact=member.email),
    )


def withdraw_invitation(
    member: StaffMember, *, by: UUID, now: datetime
) -> StaffInvitationWithdrawn:
    """Raises StaffMemberNotInvited."""
    if member.state is not StaffState.INVITED:
        raise StaffMemberNotInvited
    return StaffInvitationWithdrawn(withdrawn_by=by, withdrawn_at=now)


def change_role(
    member: StaffMember, role: str, *, by: UUID, now: datetime, other_admins: int
) -> StaffRoleChanged | None:
    """None if the member has the role already.

    `other_admins` is the number of active administrators besides the member. Raises
    StaffMemberEnded, OwnMembership or LastAdmin.
    """
    if member.state is StaffState.ENDED:
        raise StaffMemberEnded
    if member.role == role:
        return None
    _require_replaceable(member, by=by, other_admins=other_admins)
    return StaffRoleChanged(previous_role=member.role, role=role, changed_by=by, changed_at=now)


def end_member(
    member: StaffMember, *, by: UUID, now: datetime, other_admins: int
) -> StaffEnded | None:
    """None if the member was ended already. Raises OwnMembership or LastAdmin.

    An open invitation is ended, too.
    """
    if member.state is StaffState.ENDED:
        return None
    _require_replaceable(member, by=by, other_admins=other_admins)
    return StaffEnded(ended_by=by, ended_at=now)


def _require_replaceable(member: StaffMember, *, by: UUID, other_admins: int) -> None:
    if member.staff_id == by:
        raise OwnMembership
    if member.role == ADMIN and member.state is StaffState.ACTIVE and other_admins == 0:
        raise LastAdmin

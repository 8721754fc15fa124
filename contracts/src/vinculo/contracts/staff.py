"""Events of a member of staff who signs in by e-mail, one stream per member.

The subject of every event is the member's id. The e-mail address is encrypted under the member's
own key.
"""

from uuid import UUID

from vinculo.contracts.envelope import Envelope, Facts, Instant


class StaffInvited(Facts):
    """A link to choose a password is mailed; earlier ones stop working. `personal` is a Contact."""

    link_id: UUID
    role: str
    locale: str
    invited_by: UUID
    invited_at: Instant
    expires_at: Instant
    personal: Envelope | None = None


class StaffInvitationWithdrawn(Facts):
    """The invitation's links stop working, and the address can be invited anew."""

    withdrawn_by: UUID
    withdrawn_at: Instant


class StaffJoined(Facts):
    """The invited member chose a password and can sign in."""

    joined_at: Instant


class StaffRoleChanged(Facts):
    """The member's sessions have ended; later ones have the new role."""

    previous_role: str
    role: str
    changed_by: UUID
    changed_at: Instant


class StaffEnded(Facts):
    """The member's sessions have ended, and they cannot sign in."""

    ended_by: UUID
    ended_at: Instant


class StaffPasswordResetRequested(Facts):
    """A link to choose another password is mailed. `personal` is a Contact."""

    link_id: UUID
    locale: str
    requested_at: Instant
    expires_at: Instant
    personal: Envelope | None = None


class StaffPasswordChanged(Facts):
    """The other sessions have ended, and a mail says so to the member. `personal` is a Contact."""

    cause: str
    locale: str
    changed_at: Instant
    personal: Envelope | None = None

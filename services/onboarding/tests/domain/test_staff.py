"""Who may change a member of staff, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from vinculo.onboarding.domain.account import Confirmation, Contact
from vinculo.onboarding.domain.staff import (
    LastAdmin,
    OwnMembership,
    StaffEnded,
    StaffInvitationWithdrawn,
    StaffInvited,
    StaffMember,
    StaffMemberActive,
    StaffMemberEnded,
    StaffMemberNotInvited,
    StaffRoleChanged,
    StaffState,
    change_role,
    end_member,
    invite_again,
    withdraw_invitation,
)

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
ADMIN_ID = UUID(int=1)
MEMBER = StaffMember(
    staff_id=UUID(int=2),
    email="revisora@example.com",
    role="reviewer",
    state=StaffState.ACTIVE,
    locale="es",
    version=1,
    added_at=NOW,
)
INVITED = replace(MEMBER, state=StaffState.INVITED)
ENDED = replace(MEMBER, state=StaffState.ENDED)
ADMIN = replace(MEMBER, role="admin")
LINK = Confirmation(id=UUID(int=3), expires_at=NOW + timedelta(days=3))


@pytest.mark.parametrize("member", [INVITED, ENDED], ids=["invited", "ended"])
def test_an_invited_or_ended_member_is_invited_again(member: StaffMember) -> None:
    assert invite_again(member, LINK, by=ADMIN_ID, now=NOW) == StaffInvited(
        link_id=LINK.id,
        role="reviewer",
        locale="es",
        invited_by=ADMIN_ID,
        invited_at=NOW,
        expires_at=LINK.expires_at,
        personal=Contact(contact="revisora@example.com"),
    )


def test_an_active_member_is_not_invited_again() -> None:
    with pytest.raises(StaffMemberActive):
        invite_again(MEMBER, LINK, by=ADMIN_ID, now=NOW)


def test_only_an_open_invitation_is_withdrawn() -> None:
    withdrawn = withdraw_invitation(INVITED, by=ADMIN_ID, now=NOW)

    assert withdrawn == StaffInvitationWithdrawn(withdrawn_by=ADMIN_ID, withdrawn_at=NOW)
    for member in (MEMBER, ENDED):
        with pytest.raises(StaffMemberNotInvited):
            withdraw_invitation(member, by=ADMIN_ID, now=NOW)


def test_a_role_is_changed_once() -> None:
    changed = change_role(MEMBER, "operator", by=ADMIN_ID, now=NOW, other_admins=1)

    assert changed == StaffRoleChanged(
        previous_role="reviewer", role="operator", changed_by=ADMIN_ID, changed_at=NOW
    )
    assert change_role(MEMBER, "reviewer", by=ADMIN_ID, now=NOW, other_admins=1) is None


def test_a_member_who_was_ended_gets_no_role() -> None:
    with pytest.raises(StaffMemberEnded):
        change_role(ENDED, "operator", by=ADMIN_ID, now=NOW, other_admins=1)


def test_a_member_is_ended_once() -> None:
    ended = end_member(MEMBER, by=ADMIN_ID, now=NOW, other_admins=1)

    assert ended == StaffEnded(ended_by=ADMIN_ID, ended_at=NOW)
    assert end_member(ENDED, by=ADMIN_ID, now=NOW, other_admins=1) is None


def test_own_changes_are_refused() -> None:
    with pytest.raises(OwnMembership):
        change_role(ADMIN, "operator", by=ADMIN.staff_id, now=NOW, other_admins=1)
    with pytest.raises(OwnMembership):
        end_member(ADMIN, by=ADMIN.staff_id, now=NOW, other_admins=1)


def test_the_last_active_administrator_keeps_the_role() -> None:
    with pytest.raises(LastAdmin):
        change_role(ADMIN, "operator", by=ADMIN_ID, now=NOW, other_admins=0)
    with pytest.raises(LastAdmin):
        end_member(ADMIN, by=ADMIN_ID, now=NOW, other_admins=0)


def test_an_invited_administrator_does_not_count_as_the_last() -> None:
    invited = replace(ADMIN, state=StaffState.INVITED)

    assert end_member(invited, by=ADMIN_ID, now=NOW, other_admins=0) is not None

"""Members of staff are invited by mail, get other roles, and are ended.

Each change locks the member's row, and its event is appended in the same transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.access import PUBLIC_ROLES, Role
from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import PostgresEventStore
from vinculo.httpapi.rate_limits import Quota, RateLimited, RateLimiter
from vinculo.onboarding.application.sessions import end_families
from vinculo.onboarding.application.staff import StaffMemberExists, StaffRecords
from vinculo.onboarding.domain.account_decisions import TooManyMessages
from vinculo.onboarding.domain.staff import (
    StaffEvent,
    StaffMember,
    StaffState,
    change_role,
    end_member,
    invitation,
    invite_again,
    withdraw_invitation,
)
from vinculo.onboarding.storage.confirmations import new_confirmation
from vinculo.onboarding.storage.staff import (
    StaffLinkPurpose,
    add_member,
    all_members,
    delete_member,
    end_staff_links,
    find_member,
    find_member_by_email,
    lock_admins,
    lock_member,
    store_staff_link,
    update_member,
)
from vinculo.onboarding.storage.streams import STAFF_MEMBERS
from vinculo.onboarding.storage.tables import session_families
from vinculo.privacy import KeyRing, keyed_hash

INVITATION_LIFETIME: Final = timedelta(days=3)
INVITATION_MAILS: Final = (Quota(3, timedelta(minutes=10)), Quota(10, timedelta(days=1)))
"""To one address: the mails have the lender's name."""
INVITED_ROLES: Final = frozenset(Role) - PUBLIC_ROLES - {Role.SERVICE}
"""Roles of people. Accounts of systems are made by the command, which sets their password."""


class StaffMemberUnknown(Exception):
    """There is no such member of staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAdministration:
    """A change raises StaffMemberUnknown, and VersionConflict at another `expected_version`."""

    store: PostgresEventStore
    records: StaffRecords
    keyring: KeyRing
    rate_limiter: RateLimiter
    hash_key: bytes
    clock: Callable[[], datetime]

    async def members(self) -> list[StaffMember]:
        """By address, those who were ended among them."""
        async with self.store.engine.connect() as connection:
            return await all_members(connection)

    async def invite(
        self, staff_id: UUID, email: str, role: Role, locale: str, *, by: UUID, meta: Meta
    ) -> StaffMember:
        """Add an invited member and mail the link; once per `staff_id`.

        Raises StaffMemberExists or TooManyMessages.
        """
        now = self.clock()
        await self.keyring.create_key(staff_id)
        member = StaffMember(
            staff_id=staff_id,
            email=email,
            role=role.value,
            state=StaffState.INVITED,
            locale=locale,
            version=1,
            added_at=now,
        )
        async with self.store.transaction() as connection:
            if not await add_member(connection, member):
                known = await find_member_by_email(connection, email)
                if known is not None and known.staff_id == staff_id:
                    return known
                raise StaffMemberExists(email, known)
            return await self._send_invitation(connection, member, invitation, by=by, meta=meta)

    async def invite_again(
        self, staff_id: UUID, *, expected_version: int, by: UUID, meta: Meta
    ) -> StaffMember:
        """Mail another link, also to a member who was ended; earlier links stop working.

        Raises StaffMemberActive or TooManyMessages.
        """
        await self._require_known(staff_id)
        await self.keyring.create_key(staff_id)
        async with self.store.transaction() as connection:
            member = await _lock(connection, staff_id, expected_version)
            invited = await self._send_invitation(
                connection, member, invite_again, by=by, meta=meta
            )
            changed = replace(invited, state=StaffState.INVITED, version=member.version + 1)
            await update_member(
                connection, staff_id, state=changed.state.value, version=changed.version
            )
        return changed

    async def withdraw(
        self, staff_id: UUID, *, expected_version: int, by: UUID, meta: Meta
    ) -> None:
        """Delete an invited member, whose address can be invited anew.

        Raises StaffMemberNotInvited.
        """
        async with self.store.transaction() as connection:
            member = await _lock(connection, staff_id, expected_version)
            withdrawn = withdraw_invitation(member, by=by, now=self.clock())
            await self.records.append(connection, staff_id, withdrawn, meta)
            await delete_member(connection, staff_id)

    async def change_role(
        self, staff_id: UUID, role: Role, *, expected_version: int, by: UUID, meta: Meta
    ) -> StaffMember:
        """Give the member another role and end the sessions.

        Raises StaffMemberEnded, OwnMembership or LastAdmin.
        """
        async with self.store.transaction() as connection:
            admins = await lock_admins(connection)
            member = await _lock(connection, staff_id, expected_version)
            event = change_role(
                member,
                role.value,
                by=by,
                now=self.clock(),
                other_admins=len(admins - {staff_id}),
            )
            if event is None:
                return member
            changed = replace(member, role=event.role, version=member.version + 1)
            await update_member(connection, staff_id, role=changed.role, version=changed.version)
            await self._end_sessions(connection, staff_id)
            await self.records.append(connection, staff_id, event, meta)
        return changed

    async def end(
        self, staff_id: UUID, *, expected_version: int, by: UUID, meta: Meta
    ) -> StaffMember:
        """End sessions, links and password. The address stays, behind the id in records.

        Raises OwnMembership or LastAdmin.
        """
        async with self.store.transaction() as connection:
            admins = await lock_admins(connection)
            member = await _lock(connection, staff_id, expected_version)
            now = self.clock()
            event = end_member(member, by=by, now=now, other_admins=len(admins - {staff_id}))
            if event is None:
                return member
            changed = replace(
                member,
                state=StaffState.ENDED,
                version=member.version + 1,
                invitation_expires_at=None,
                invitation_undeliverable_at=None,
            )
            await update_member(
                connection,
                staff_id,
                state=changed.state.value,
                version=changed.version,
                password_hash=None,
            )
            await end_staff_links(connection, staff_id, now=now)
            await self._end_sessions(connection, staff_id)
            await self.records.append(connection, staff_id, event, meta)
        return changed

    async def _send_invitation(
        self,
        connection: AsyncConnection,
        member: StaffMember,
        decide: Callable[..., StaffEvent],
        *,
        by: UUID,
        meta: Meta,
    ) -> StaffMember:
        now = self.clock()
        link = new_confirmation(now, INVITATION_LIFETIME)
        event = decide(member, link, by=by, now=now)
        mails = keyed_hash(self.hash_key, "staff-invitation-mails", member.email)
        try:
            await self.rate_limiter.hit(mails, INVITATION_MAILS, now, connection)
        except RateLimited as limited:
            wait = timedelta(seconds=limited.retry_after_seconds)
            raise TooManyMessages(wait) from None
        purpose = StaffLinkPurpose.INVITATION
        await store_staff_link(connection, member.staff_id, purpose, link, now=now)
        await self.records.append(connection, member.staff_id, event, meta)
        return replace(
            member, invitation_expires_at=link.expires_at, invitation_undeliverable_at=None
        )

    async def _require_known(self, staff_id: UUID) -> None:
        """Before a key is made. Raises StaffMemberUnknown."""
        async with self.store.engine.connect() as connection:
            if await find_member(connection, staff_id) is None:
                raise StaffMemberUnknown

    async def _end_sessions(self, connection: AsyncConnection, staff_id: UUID) -> None:
        of_member = session_families.c.staff_id == staff_id
        await end_families(self.store, connection, staff_id, of_member)


async def _lock(connection: AsyncConnection, staff_id: UUID, expected_version: int) -> StaffMember:
    """The member. Raises StaffMemberUnknown or VersionConflict."""
    member = await lock_member(connection, staff_id)
    if member is None:
        raise StaffMemberUnknown
    if member.version != expected_version:
        stream = STAFF_MEMBERS.stream_id(staff_id)
        raise VersionConflict(stream, expected_version, member.version)
    return member

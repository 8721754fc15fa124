"""Passwords of members of staff: by a mailed link, or in place of the current one."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore
from vinculo.httpapi.rate_limits import Quota, RateLimited, RateLimiter
from vinculo.onboarding.application.activation import LinkUnknown
from vinculo.onboarding.application.authentication import (
    PasswordWrong,
    Reauthenticator,
    staff_identifier,
)
from vinculo.onboarding.application.login_throttle import clear_attempts
from vinculo.onboarding.application.password_changes import RESET_LINK_LIFETIME
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.application.sessions import end_families
from vinculo.onboarding.application.staff import StaffRecords, validate_member_password
from vinculo.onboarding.domain.account import Contact, PasswordChange
from vinculo.onboarding.domain.account_decisions import ConfirmationExpired, ConfirmationUsed
from vinculo.onboarding.domain.staff import (
    StaffJoined,
    StaffMember,
    StaffPasswordChanged,
    StaffPasswordResetRequested,
    StaffState,
)
from vinculo.onboarding.forms.password_strength import PasswordRules
from vinculo.onboarding.storage.confirmations import new_confirmation
from vinculo.onboarding.storage.staff import (
    StaffLinkPurpose,
    end_staff_links,
    find_member,
    find_member_by_email,
    find_staff_link,
    lock_member,
    password_hash_of,
    store_staff_link,
    update_member,
)
from vinculo.onboarding.storage.tables import session_families
from vinculo.privacy import KeyRing, keyed_hash, link_token

RESET_MAILS: Final = (Quota(1, timedelta(minutes=5)), Quota(5, timedelta(days=1)))
"""To one address: strangers can request them, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPasswords:
    store: PostgresEventStore
    records: StaffRecords
    keyring: KeyRing
    hasher: PasswordHasher
    reauthenticator: Reauthenticator
    rate_limiter: RateLimiter
    rules: PasswordRules
    hash_key: bytes
    link_key: bytes
    clock: Callable[[], datetime]

    async def accept_invitation(
        self, link_id: UUID, token: str, password: str, meta: Meta
    ) -> StaffMember:
        """Set the invited member's password, with which they sign in from then on.

        Raises:
            LinkUnknown: no such link, or the invitation was withdrawn.
            ConfirmationUsed, ConfirmationExpired: the link was used, replaced, or has expired.
            InvalidForm: the password is too weak; the link can still be used.

        """
        purpose = StaffLinkPurpose.INVITATION
        member = await self._owner(link_id, token, purpose)
        password_hash = await self._hash_of_valid(member.email, password)
        async with self.store.transaction() as connection:
            member = await self._lock_owner(connection, member.staff_id, link_id, purpose)
            await update_member(
                connection,
                member.staff_id,
                state=StaffState.ACTIVE.value,
                password_hash=password_hash,
                version=member.version + 1,
            )
            await end_staff_links(connection, member.staff_id, now=self.clock())
            joined = StaffJoined(joined_at=self.clock())
            await self.records.append(connection, member.staff_id, joined, meta)
        return member

    async def request_reset(self, email: str, meta: Meta) -> None:
        """Mail a link. The result does not reveal whether there is such a member."""
        address, now = email.strip().casefold(), self.clock()
        mails = keyed_hash(self.hash_key, "staff-reset-mails", address)
        try:
            await self.rate_limiter.hit(mails, RESET_MAILS, now)
        except RateLimited:
            return
        async with self.store.engine.connect() as connection:
            found = await find_member_by_email(connection, address)
        if found is None or found.state is not StaffState.ACTIVE:
            return
        await self.keyring.create_key(found.staff_id)
        link = new_confirmation(now, RESET_LINK_LIFETIME)
        async with self.store.transaction() as connection:
            member = await lock_member(connection, found.staff_id)
            if member is None or member.state is not StaffState.ACTIVE:
                return
            purpose = StaffLinkPurpose.PASSWORD_RESET
            await store_staff_link(connection, member.staff_id, purpose, link, now=now)
            requested = StaffPasswordResetRequested(
                link_id=link.id,
                locale=member.locale,
                requested_at=now,
                expires_at=link.expires_at,
                personal=Contact(contact=member.email),
            )
            await self.records.append(connection, member.staff_id, requested, meta)

    async def reset(self, link_id: UUID, token: str, password: str, meta: Meta) -> None:
        """Set a password by a link and end all sessions. Raises as `accept_invitation` does."""
        purpose = StaffLinkPurpose.PASSWORD_RESET
        member = await self._owner(link_id, token, purpose)
        password_hash = await self._hash_of_valid(member.email, password)
        async with self.store.transaction() as connection:
            member = await self._lock_owner(connection, member.staff_id, link_id, purpose)
            await end_staff_links(connection, member.staff_id, now=self.clock())
            await self._store(
                connection,
                member,
                password_hash,
                cause=PasswordChange.RESET,
                ended=session_families.c.staff_id == member.staff_id,
                meta=meta,
            )

    async def change(
        self,
        staff_id: UUID,
        current_password: str,
        password: str,
        *,
        session_id: UUID | None,
        meta: Meta,
    ) -> None:
        """Replace the password and end the other sessions.

        Raises PasswordWrong, TooManyAttempts, NoOwnPassword or InvalidForm.
        """
        proved = await self.reauthenticator.require_staff_password(staff_id, current_password)
        password_hash = await self._hash_of_valid(proved.email, password)
        await self.keyring.create_key(staff_id)
        async with self.store.transaction() as connection:
            member = await lock_member(connection, staff_id)
            known_hash = await password_hash_of(connection, staff_id)
            if member is None or known_hash != proved.password_hash:
                raise PasswordWrong
            ended = session_families.c.staff_id == staff_id
            if session_id is not None:
                ended &= session_families.c.family_id != session_id
            await self._store(
                connection,
                member,
                password_hash,
                cause=PasswordChange.CHANGED,
                ended=ended,
                meta=meta,
            )

    async def _store(
        self,
        connection: AsyncConnection,
        member: StaffMember,
        password_hash: str,
        *,
        cause: PasswordChange,
        ended: ColumnElement[bool],
        meta: Meta,
    ) -> None:
        """The password of an active member, without the sessions `ended`; the member is mailed."""
        staff_id = member.staff_id
        await update_member(connection, staff_id, password_hash=password_hash)
        await clear_attempts(connection, [staff_identifier(self.hash_key, member.email)])
        await end_families(self.store, connection, staff_id, ended)
        changed = StaffPasswordChanged(
            cause=cause,
            locale=member.locale,
            changed_at=self.clock(),
            personal=Contact(contact=member.email),
        )
        await self.records.append(connection, staff_id, changed, meta)

    async def _owner(self, link_id: UUID, token: str, purpose: StaffLinkPurpose) -> StaffMember:
        """The member, before the password is judged. Raises as `accept_invitation` does."""
        expected = link_token(self.link_key, link_id)
        if not hmac.compare_digest(expected.encode(), token.encode()):
            raise LinkUnknown
        async with self.store.engine.connect() as connection:
            staff_id = await self._require_usable(connection, link_id, purpose)
            member = await find_member(connection, staff_id)
        if member is None:
            raise LinkUnknown
        return member

    async def _lock_owner(
        self,
        connection: AsyncConnection,
        staff_id: UUID,
        link_id: UUID,
        purpose: StaffLinkPurpose,
    ) -> StaffMember:
        """The member, if the link was not used meanwhile."""
        member = await lock_member(connection, staff_id)
        if member is None:
            raise LinkUnknown
        await self._require_usable(connection, link_id, purpose)
        return member

    async def _require_usable(
        self, connection: AsyncConnection, link_id: UUID, purpose: StaffLinkPurpose
    ) -> UUID:
        """The id of the link's member."""
        link = await find_staff_link(connection, link_id, purpose)
        if link is None:
            raise LinkUnknown
        if link.has_ended:
            raise ConfirmationUsed
        if link.expires_at <= self.clock():
            raise ConfirmationExpired(link.expires_at)
        return link.staff_id

    async def _hash_of_valid(self, email: str, password: str) -> str:
        """Raises InvalidForm."""
        await self.hasher.run_in_pool(lambda: validate_member_password(email, password, self.rules))
        return await self.hasher.hash(password)

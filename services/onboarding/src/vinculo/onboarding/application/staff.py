"""Members of staff, who sign in by e-mail, as the commands of the server change them."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.access import PUBLIC_ROLES, Role
from vinculo.events import Meta, untracked_position, uuid7
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.application.sessions import end_families
from vinculo.onboarding.domain.staff import (
    RecordStaffEvent,
    StaffEvent,
    StaffMember,
    StaffState,
)
from vinculo.onboarding.forms.password_strength import PasswordRules
from vinculo.onboarding.forms.registration import validate_password
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.storage.staff import all_members
from vinculo.onboarding.storage.streams import STAFF_MEMBERS
from vinculo.onboarding.storage.tables import session_families, staff
from vinculo.privacy import KeyRing
from vinculo.values.contacts import email_address


class StaffMemberExists(Exception):
    """`member` has the address; None where it was not looked up."""

    def __init__(self, email: str, member: StaffMember | None = None) -> None:
        super().__init__(f"there is already a member of staff with the e-mail {email}")
        self.member = member


class NotAStaffRole(Exception):
    def __init__(self) -> None:
        super().__init__("applicants register themselves")


class NoSuchStaffMember(Exception):
    def __init__(self, email: str) -> None:
        super().__init__(f"there is no member of staff with the e-mail {email}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaffMember:
    email: str
    role: Role
    password: str


def validate_member(email: str, role: Role, password: str, rules: PasswordRules) -> NewStaffMember:
    """Raises InvalidForm, or NotAStaffRole."""
    if role in PUBLIC_ROLES:
        raise NotAStaffRole
    form = FormValidator()
    address = form.validate("email", email, email_address).casefold()
    validate_password(form, password, address.split("@"), rules)
    form.raise_if_invalid()
    return NewStaffMember(email=address, role=role, password=password)


def validate_member_email(email: str, *, smtputf8: bool = False) -> str:
    """The address in the form by which members sign in. Raises InvalidForm.

    `smtputf8` is as in RegistrationRules.
    """
    form = FormValidator()
    address = form.validate("email", email, partial(email_address, smtputf8=smtputf8))
    form.raise_if_invalid()
    return address.casefold()


def validate_member_password(email: str, password: str, rules: PasswordRules) -> str:
    """Raises InvalidForm."""
    form = FormValidator()
    validate_password(form, password, email.casefold().split("@"), rules)
    form.raise_if_invalid()
    return password


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAccounts:
    store: PostgresEventStore
    hasher: PasswordHasher

    async def add(self, member: NewStaffMember, now: datetime) -> UUID:
        """The new member's id. Raises StaffMemberExists."""
        staff_id = uuid7()
        statement = insert(staff).values(
            staff_id=staff_id,
            email=member.email,
            role=member.role.value,
            password_hash=await self.hasher.hash(member.password),
            added_at=now,
        )
        async with self.store.engine.begin() as connection:
            added = await connection.execute(statement.on_conflict_do_nothing())
        if added.rowcount != 1:
            raise StaffMemberExists(member.email)
        return staff_id

    async def members(self) -> list[StaffMember]:
        """All members, by address."""
        async with self.store.engine.connect() as connection:
            return await all_members(connection)

    async def remove(self, email: str) -> UUID:
        """Remove a member and the address, with the sessions, whose access tokens are refused.

        Returns the member's id, which stays in the events. Raises NoSuchStaffMember.
        """
        # The lock waits for a sign-in that is opening a session, and makes later ones fail.
        locked = select(staff.c.staff_id).where(staff.c.email == email).with_for_update()
        async with self.store.transaction() as connection:
            removed: UUID | None = await connection.scalar(locked)
            if removed is None:
                raise NoSuchStaffMember(email)
            ended = session_families.c.staff_id == removed
            await end_families(self.store, connection, removed, ended)
            await connection.execute(delete(staff).where(staff.c.staff_id == removed))
        return removed

    async def set_member_password(self, email: str, password: str) -> UUID:
        """Set another password and end all sessions; an invited or ended member becomes active.

        Returns the id. Raises NoSuchStaffMember.
        """
        statement = (
            update(staff)
            .where(staff.c.email == email)
            .values(password_hash=await self.hasher.hash(password), state=StaffState.ACTIVE.value)
        )
        async with self.store.transaction() as connection:
            changed: UUID | None = await connection.scalar(statement.returning(staff.c.staff_id))
            if changed is None:
                raise NoSuchStaffMember(email)
            ended = session_families.c.staff_id == changed
            await end_families(self.store, connection, changed, ended)
        return changed


@dataclass(frozen=True, slots=True)
class StaffRecords:
    """Appends to the streams of members, each of whom needs a key."""

    store: PostgresEventStore
    keyring: KeyRing

    async def append(
        self, connection: AsyncConnection, staff_id: UUID, event: StaffEvent, meta: Meta
    ) -> None:
        """Append in the caller's transaction, which has locked the member's row.

        No read waits for the position of these events.
        """
        with untracked_position():
            await execute(
                self.store,
                STAFF_MEMBERS,
                staff_id,
                RecordStaffEvent(event=event),
                encryptor=self.keyring,
                meta=meta,
                connection=connection,
            )

"""Members of staff, who sign in by e-mail. They are added by a command, never over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from vinculo.access import Role
from vinculo.events import uuid7
from vinculo.eventstore import PostgresEventStore
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.application.sessions import end_families
from vinculo.onboarding.forms.password_strength import PasswordRules
from vinculo.onboarding.forms.registration import validate_password
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.storage.tables import session_families, staff
from vinculo.values.contacts import email_address


class StaffMemberExists(Exception):
    def __init__(self, email: str) -> None:
        super().__init__(f"there is already a member of staff with the e-mail {email}")


class NotAStaffRole(Exception):
    def __init__(self) -> None:
        super().__init__("applicants register themselves")


class NoSuchStaffMember(Exception):
    def __init__(self, email: str) -> None:
        super().__init__(f"there is no member of staff with the e-mail {email}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    staff_id: UUID
    email: str
    role: str
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaffMember:
    email: str
    role: Role
    password: str


def validate_member(email: str, role: Role, password: str, rules: PasswordRules) -> NewStaffMember:
    """Raises InvalidForm, or NotAStaffRole."""
    if role is Role.APPLICANT:
        raise NotAStaffRole
    form = FormValidator()
    address = form.validate("email", email, email_address).casefold()
    validate_password(form, password, address.split("@"), rules)
    form.raise_if_invalid()
    return NewStaffMember(email=address, role=role, password=password)


def validate_member_email(email: str) -> str:
    """The address in the form by which members sign in. Raises InvalidForm."""
    form = FormValidator()
    address = form.validate("email", email, email_address)
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
            rows = (await connection.execute(select(staff).order_by(staff.c.email))).all()
        return [
            StaffMember(
                staff_id=row.staff_id, email=row.email, role=row.role, added_at=row.added_at
            )
            for row in rows
        ]

    async def remove(self, email: str) -> UUID:
        """Remove a member, with the sessions, whose access tokens are refused.

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
        """Set another password and end all sessions. Returns the id. Raises NoSuchStaffMember."""
        statement = (
            update(staff)
            .where(staff.c.email == email)
            .values(password_hash=await self.hasher.hash(password))
        )
        async with self.store.transaction() as connection:
            changed: UUID | None = await connection.scalar(statement.returning(staff.c.staff_id))
            if changed is None:
                raise NoSuchStaffMember(email)
            ended = session_families.c.staff_id == changed
            await end_families(self.store, connection, changed, ended)
        return changed

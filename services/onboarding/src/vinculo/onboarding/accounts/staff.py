"""Members of staff who sign in by e-mail. Made by a command, never over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.access import Role
from vinculo.events import uuid7
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.forms.password_strength import strong_password
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.onboarding.storage.tables import session_families, staff
from vinculo.values.contacts import email_address


class StaffExistsAlready(Exception):
    def __init__(self, email: str) -> None:
        super().__init__(f"there is a member of staff with the e-mail {email} already")


class NotARoleOfStaff(Exception):
    def __init__(self) -> None:
        super().__init__("applicants register themselves")


class NoSuchMember(Exception):
    def __init__(self, email: str) -> None:
        super().__init__(f"there is no member of staff with the e-mail {email}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    staff_id: UUID
    email: str
    role: str
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    email: str
    role: Role
    password: str


def checked_member(email: str, role: Role, password: str) -> NewMember:
    """Raises FormRefused, or NotARoleOfStaff."""
    if role is Role.APPLICANT:
        raise NotARoleOfStaff
    form = FormValidator()
    address = form.validate("email", email, email_address).casefold()
    own_words = ["vinculo", *address.split("@")]
    form.validate("password", password, partial(strong_password, forbidden_words=own_words))
    form.raise_if_invalid()
    return NewMember(email=address, role=role, password=password)


def checked_address(email: str) -> str:
    """As members sign in by it. Raises FormRefused."""
    form = FormValidator()
    address = form.validate("email", email, email_address)
    form.raise_if_invalid()
    return address.casefold()


def checked_password(email: str, password: str) -> str:
    """Raises FormRefused."""
    form = FormValidator()
    own_words = ["vinculo", *email.casefold().split("@")]
    form.validate("password", password, partial(strong_password, forbidden_words=own_words))
    form.raise_if_invalid()
    return password


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAccounts:
    engine: AsyncEngine
    passwords: Passwords

    async def add(self, member: NewMember, now: datetime) -> UUID:
        """Give the new member's id. Raises StaffExistsAlready."""
        staff_id = uuid7()
        statement = insert(staff).values(
            staff_id=staff_id,
            email=member.email,
            role=member.role.value,
            password_hash=await self.passwords.hash(member.password),
            added_at=now,
        )
        async with self.engine.begin() as connection:
            added = await connection.execute(statement.on_conflict_do_nothing())
        if added.rowcount != 1:
            raise StaffExistsAlready(member.email)
        return staff_id

    async def members(self) -> list[Member]:
        """By their addresses."""
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(staff).order_by(staff.c.email))).all()
        return [
            Member(staff_id=row.staff_id, email=row.email, role=row.role, added_at=row.added_at)
            for row in rows
        ]

    async def remove(self, email: str) -> UUID:
        """End the member's sessions too; an access token ends by itself within ten minutes.

        Raises NoSuchMember. What the member did stays on record by the id, which is given.
        """
        statement = delete(staff).where(staff.c.email == email)
        async with self.engine.begin() as connection:
            removed: UUID | None = await connection.scalar(statement.returning(staff.c.staff_id))
        if removed is None:
            raise NoSuchMember(email)
        return removed

    async def give_password(self, email: str, password: str) -> UUID:
        """In place of a forgotten one, or one that others know: all sessions end. NoSuchMember."""
        statement = (
            update(staff)
            .where(staff.c.email == email)
            .values(password_hash=await self.passwords.hash(password))
        )
        async with self.engine.begin() as connection:
            changed: UUID | None = await connection.scalar(statement.returning(staff.c.staff_id))
            if changed is None:
                raise NoSuchMember(email)
            await connection.execute(
                delete(session_families).where(session_families.c.staff_id == changed)
            )
        return changed

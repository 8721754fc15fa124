"""Members of staff who sign in by e-mail. Made by a command, never over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from vinculo.access import Role
from vinculo.eventstore import PostgresEventStore, uuid7
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.fields.contacts import email_address
from vinculo.onboarding.fields.password_strength import strong_password
from vinculo.onboarding.fields.refusals import FormCheck
from vinculo.onboarding.tables import staff


class StaffExistsAlready(Exception):
    def __init__(self, email: str) -> None:
        super().__init__(f"there is a member of staff with the e-mail {email} already")


class NotARoleOfStaff(Exception):
    def __init__(self) -> None:
        super().__init__("applicants register themselves")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    email: str
    role: Role
    password: str


def checked_member(email: str, role: Role, password: str) -> NewMember:
    """Raises FormRefused, or NotARoleOfStaff."""
    if role is Role.APPLICANT:
        raise NotARoleOfStaff
    form = FormCheck()
    address = form.take("email", email, email_address).casefold()
    own_words = ["vinculo", *address.split("@")]
    form.take("password", password, partial(strong_password, own_words=own_words))
    form.finish()
    return NewMember(email=address, role=role, password=password)


async def add_member(
    store: PostgresEventStore, passwords: Passwords, member: NewMember, now: datetime
) -> UUID:
    """Give the new member's id. Raises StaffExistsAlready."""
    staff_id = uuid7()
    password_hash = await passwords.hash(member.password)
    statement = insert(staff).values(
        staff_id=staff_id,
        email=member.email,
        role=member.role.value,
        password_hash=password_hash,
        added_at=now,
    )
    async with store.engine.begin() as connection:
        added = await connection.execute(statement.on_conflict_do_nothing())
    if added.rowcount != 1:
        raise StaffExistsAlready(member.email)
    return staff_id

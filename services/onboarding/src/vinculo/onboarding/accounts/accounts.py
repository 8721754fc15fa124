"""Accounts: who may sign in, and what the registry last said of them.

Rows are written in the transactions of the events they belong to, and deleted when the person is
erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.access import Role
from vinculo.onboarding.tables import (
    accounts,
    activation_links,
    document_reservations,
    sign_in_attempts,
)

PENDING_EMAIL_VERIFICATION: Final = "pending_email_verification"
PENDING: Final = "pending"
ENABLED: Final = "enabled"
DISABLED: Final = "disabled"
BLOCKED: Final = "blocked"
CUSTOMER: Final = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    person_id: UUID
    project: str
    country: str
    password_hash: str
    email_verified_at: datetime | None
    registry_status: str | None
    kind: str | None
    customer_id: UUID | None
    internal_role: str | None = None

    @property
    def status(self) -> str:
        """The registry's word, but for one thing: sign-in opens on our own `email-verified`."""
        said = self.registry_status or PENDING_EMAIL_VERIFICATION
        if said == PENDING_EMAIL_VERIFICATION and self.email_verified_at is not None:
            return PENDING
        return said

    @property
    def may_sign_in(self) -> bool:
        return self.email_verified_at is not None and self.registry_status != BLOCKED

    @property
    def may_be_taken_over(self) -> bool:
        """Never activated, and the registry waits no longer: its document is free for others."""
        return self.email_verified_at is None and self.registry_status == DISABLED

    @property
    def may_apply_for_credit(self) -> bool:
        return self.kind == CUSTOMER and self.registry_status == ENABLED


async def reserve_document(
    connection: AsyncConnection, identity_hash: bytes, person_id: UUID
) -> bool:
    """Whether the document is this person's now. Waits while another one is reserving it."""
    statement = insert_or_not(document_reservations).values(
        identity_hash=identity_hash, person_id=person_id
    )
    reserved = await connection.execute(statement.on_conflict_do_nothing())
    return reserved.rowcount == 1


async def take_over_document(
    connection: AsyncConnection, identity_hash: bytes, *, previous: UUID, person_id: UUID
) -> bool:
    """Whether the document was `previous`'s and is this person's now."""
    reservation = document_reservations.c
    taken = await connection.execute(
        update(document_reservations)
        .where(reservation.identity_hash == identity_hash, reservation.person_id == previous)
        .values(person_id=person_id)
    )
    return taken.rowcount == 1


async def holder_of(connection: AsyncConnection, identity_hash: bytes) -> Account | None:
    """The account of who holds the document."""
    row = (
        await connection.execute(
            select(accounts)
            .join(document_reservations, document_reservations.c.person_id == accounts.c.person_id)
            .where(document_reservations.c.identity_hash == identity_hash)
        )
    ).one_or_none()
    return None if row is None else account_of(row)


async def find_registration(connection: AsyncConnection, registration_id: UUID) -> Account | None:
    row = (
        await connection.execute(
            select(accounts).where(accounts.c.registration_id == registration_id)
        )
    ).one_or_none()
    return None if row is None else account_of(row)


async def holders(
    connection: AsyncConnection, identity_hashes: Sequence[bytes]
) -> list[tuple[bytes, UUID]]:
    """Who holds the documents, with the hash by which each was found."""
    statement = select(
        document_reservations.c.identity_hash, document_reservations.c.person_id
    ).where(document_reservations.c.identity_hash.in_(identity_hashes))
    return [(row.identity_hash, row.person_id) for row in await connection.execute(statement)]


async def identity_hashes_of(connection: AsyncConnection, person_id: UUID) -> list[bytes]:
    """The hashes of a person's documents, which attempts to sign in are counted by."""
    found = await connection.scalars(
        select(document_reservations.c.identity_hash).where(
            document_reservations.c.person_id == person_id
        )
    )
    return list(found)


async def add_account(
    connection: AsyncConnection,
    *,
    person_id: UUID,
    registration_id: UUID,
    project: str,
    country: str,
    password_hash: str,
) -> None:
    await connection.execute(
        insert(accounts).values(
            person_id=person_id,
            registration_id=registration_id,
            project=project,
            country=country,
            password_hash=password_hash,
        )
    )


async def find_account(connection: AsyncConnection, person_id: UUID) -> Account | None:
    row = (
        await connection.execute(select(accounts).where(accounts.c.person_id == person_id))
    ).one_or_none()
    return None if row is None else account_of(row)


async def change_account(
    connection: AsyncConnection, person_id: UUID, **columns: str | UUID | datetime | None
) -> None:
    await connection.execute(
        update(accounts).where(accounts.c.person_id == person_id).values(**columns)
    )


async def set_password(
    connection: AsyncConnection, person_id: UUID, password_hash: str, *, instead_of: str | None
) -> bool:
    """Whether it was set: never in place of another one than the caller proved to know."""
    statement = update(accounts).where(accounts.c.person_id == person_id)
    if instead_of is not None:
        statement = statement.where(accounts.c.password_hash == instead_of)
    changed = await connection.execute(statement.values(password_hash=password_hash))
    return changed.rowcount == 1


async def clear_attempts(
    connection: AsyncConnection, person_id: UUID, hashes: Sequence[bytes]
) -> None:
    """Forget the wrong tries of all that the person's number may be of, but for other people's."""
    of_others = select(document_reservations.c.identity_hash).where(
        document_reservations.c.person_id != person_id
    )
    await connection.execute(
        delete(sign_in_attempts).where(
            sign_in_attempts.c.identifier_hash.in_(hashes),
            sign_in_attempts.c.identifier_hash.not_in(
                of_others.where(document_reservations.c.identity_hash.in_(hashes))
            ),
        )
    )


async def add_link(connection: AsyncConnection, link_id: UUID, person_id: UUID) -> None:
    await connection.execute(insert(activation_links).values(link_id=link_id, person_id=person_id))


async def owner_of_link(connection: AsyncConnection, link_id: UUID) -> UUID | None:
    owner: UUID | None = await connection.scalar(
        select(activation_links.c.person_id).where(activation_links.c.link_id == link_id)
    )
    return owner


async def delete_account(connection: AsyncConnection, person_id: UUID) -> None:
    """Leave nothing of the person; from the commit on the document can be registered again."""
    freed = await connection.scalars(
        delete(document_reservations)
        .where(document_reservations.c.person_id == person_id)
        .returning(document_reservations.c.identity_hash)
    )
    await connection.execute(
        delete(sign_in_attempts).where(sign_in_attempts.c.identifier_hash.in_(freed.all()))
    )
    await connection.execute(delete(accounts).where(accounts.c.person_id == person_id))


def roles_of(account: Account) -> frozenset[Role]:
    """Everybody's own, and what the registry granted besides."""
    granted = (role for role in Role if role.value == account.internal_role)
    return frozenset({Role.APPLICANT, *granted})


def account_of(row: Row[Any]) -> Account:
    return Account(
        person_id=row.person_id,
        project=row.project,
        country=row.country,
        password_hash=row.password_hash,
        email_verified_at=row.email_verified_at,
        registry_status=row.status,
        kind=row.kind,
        customer_id=row.customer_id,
        internal_role=row.internal_role,
    )

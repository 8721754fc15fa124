"""Accounts: credentials, and the status that the registry last reported.

Rows are written in the transactions of the events they belong to, and deleted on erasure.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.access import Role
from vinculo.onboarding.storage.tables import (
    accounts,
    document_reservations,
    sign_in_attempts,
    submissions,
)

PENDING_EMAIL_VERIFICATION: Final = "pending_email_verification"
PENDING: Final = "pending"
ENABLED: Final = "enabled"
DISABLED: Final = "disabled"
BLOCKED: Final = "blocked"
CUSTOMER: Final = "customer"


class AccountClosed(Exception):
    """The account was erased or blocked after the access token was issued."""


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
    registry_version: int = 0
    """The registry's version of the record that the status and the role are of."""
    email_hash: bytes | None = None
    birth_date_hash: bytes | None = None

    @property
    def status(self) -> str:
        """The registry's status, except that our own `email-verified` counts at once."""
        status = self.registry_status or PENDING_EMAIL_VERIFICATION
        if status == PENDING_EMAIL_VERIFICATION and self.email_verified_at is not None:
            return PENDING
        return status

    @property
    def may_sign_in(self) -> bool:
        return self.email_verified_at is not None and self.registry_status != BLOCKED

    @property
    def may_be_taken_over(self) -> bool:
        """Whether the application lapsed before activation, which frees its document."""
        return self.email_verified_at is None and self.registry_status == DISABLED

    @property
    def may_apply_for_credit(self) -> bool:
        return self.kind == CUSTOMER and self.registry_status == ENABLED


async def find_by_document(connection: AsyncConnection, identity_hash: bytes) -> Account | None:
    """The account that holds the document."""
    row = (
        await connection.execute(
            select(accounts)
            .join(document_reservations, document_reservations.c.person_id == accounts.c.person_id)
            .where(document_reservations.c.identity_hash == identity_hash)
        )
    ).one_or_none()
    return None if row is None else account_from_row(row)


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
    return None if row is None else account_from_row(row)


async def require_open_account(connection: AsyncConnection, person_id: UUID) -> Account:
    """The account of a signed-in person.

    Raises:
        AccountClosed: it was erased or blocked meanwhile.

    """
    account = await find_account(connection, person_id)
    if account is None or not account.may_sign_in:
        raise AccountClosed
    return account


async def update_account(
    connection: AsyncConnection,
    person_id: UUID,
    **columns: str | int | UUID | bytes | datetime | None,
) -> None:
    await connection.execute(
        update(accounts).where(accounts.c.person_id == person_id).values(**columns)
    )


async def set_password(
    connection: AsyncConnection, person_id: UUID, password_hash: str, *, instead_of: str | None
) -> bool:
    """Whether it was set; False if the current hash is not `instead_of` any more."""
    statement = update(accounts).where(accounts.c.person_id == person_id)
    if instead_of is not None:
        statement = statement.where(accounts.c.password_hash == instead_of)
    changed = await connection.execute(statement.values(password_hash=password_hash))
    return changed.rowcount == 1


async def delete_account(connection: AsyncConnection, person_id: UUID) -> None:
    """Delete all rows of the person; after the commit the document can be registered again."""
    freed = await connection.scalars(
        delete(document_reservations)
        .where(document_reservations.c.person_id == person_id)
        .returning(document_reservations.c.identity_hash)
    )
    await connection.execute(
        delete(sign_in_attempts).where(sign_in_attempts.c.identifier_hash.in_(freed.all()))
    )
    await connection.execute(delete(accounts).where(accounts.c.person_id == person_id))


async def lapsed_before(connection: AsyncConnection, moment: datetime, limit: int) -> list[UUID]:
    """People whose application lapsed before activation, and whose last link expired earlier."""
    latest = (
        select(func.max(submissions.c.link_expires_at))
        .where(submissions.c.person_id == accounts.c.person_id)
        .scalar_subquery()
    )
    found = await connection.scalars(
        select(accounts.c.person_id)
        .join(document_reservations, document_reservations.c.person_id == accounts.c.person_id)
        .where(
            accounts.c.email_verified_at.is_(None), accounts.c.status == DISABLED, latest < moment
        )
        .limit(limit)
    )
    return list(found)


def roles_of(account: Account) -> frozenset[Role]:
    """The applicant's role, and the internal role granted by the registry.

    The internal role is suspended while the record is disabled.
    """
    if account.registry_status == DISABLED:
        return frozenset({Role.APPLICANT})
    granted = (role for role in Role if role.value == account.internal_role)
    return frozenset({Role.APPLICANT, *granted})


def account_from_row(row: Row[Any]) -> Account:
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
        registry_version=row.registry_version,
        email_hash=row.email_hash,
        birth_date_hash=row.birth_date_hash,
    )

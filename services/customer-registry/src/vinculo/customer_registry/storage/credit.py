"""Whose each loan and application for credit is, as the credit systems last reported it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Table, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.storage.tables import credit_applications, loans

_LOCK: Final = text(
    "SELECT pg_advisory_xact_lock(key) FROM (SELECT unnest(CAST(:keys AS bigint[])) AS key) AS keys"
)


class CreditKey(NamedTuple):
    """What a credit system numbers: `kind` is `loan`, `application` or `limit`."""

    kind: str
    source: str
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """The person of the newest report, and its version."""

    person_id: UUID
    version: int


async def lock_credit(connection: AsyncConnection, keys: Iterable[CreditKey]) -> None:
    """Lock them until the transaction ends, always in the same order.

    Reports of one loan for two people are in two partitions, which are consumed at the same time.
    """
    numbers = sorted({_lock_number(key) for key in keys})
    await connection.execute(_LOCK, {"keys": numbers})


def _lock_number(key: CreditKey) -> int:
    digest = hashlib.blake2b("|".join(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


async def find_loan(connection: AsyncConnection, source: str, loan_id: str) -> Ownership | None:
    row = (
        await connection.execute(
            select(loans.c.person_id, loans.c.loan_version).where(
                loans.c.source == source, loans.c.loan_id == loan_id
            )
        )
    ).one_or_none()
    return None if row is None else Ownership(person_id=row.person_id, version=row.loan_version)


async def save_loan(
    connection: AsyncConnection,
    *,
    person_id: UUID,
    source: str,
    loan_id: str,
    loan_version: int,
    status: str,
    active: bool,
    reported_at: datetime,
) -> None:
    """Save the report unless a newer one is saved already."""
    values = {
        "person_id": person_id,
        "loan_version": loan_version,
        "status": status,
        "active": active,
        "reported_at": reported_at,
    }
    await connection.execute(
        insert(loans)
        .values(source=source, loan_id=loan_id, **values)
        .on_conflict_do_update(
            index_elements=["source", "loan_id"],
            set_=values,
            where=loans.c.loan_version < loan_version,
        )
    )


async def delete_loan(connection: AsyncConnection, source: str, loan_id: str) -> None:
    await connection.execute(
        delete(loans).where(loans.c.source == source, loans.c.loan_id == loan_id)
    )


async def count_active_loans(connection: AsyncConnection, person_id: UUID) -> int:
    """The number of loans disbursed and not ended, arrears included."""
    count: int = (
        await connection.execute(
            select(func.count()).where(loans.c.person_id == person_id, loans.c.active)
        )
    ).scalar_one()
    return count


async def find_application(
    connection: AsyncConnection, source: str, application_id: str
) -> Ownership | None:
    table = credit_applications.c
    row = (
        await connection.execute(
            select(table.person_id, table.application_version).where(
                table.source == source, table.application_id == application_id
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return Ownership(person_id=row.person_id, version=row.application_version)


async def save_application(
    connection: AsyncConnection,
    *,
    person_id: UUID,
    source: str,
    application_id: str,
    application_version: int,
) -> None:
    """Save whose it is unless a newer report is saved already."""
    values = {"person_id": person_id, "application_version": application_version}
    await connection.execute(
        insert(credit_applications)
        .values(source=source, application_id=application_id, **values)
        .on_conflict_do_update(
            index_elements=["source", "application_id"],
            set_=values,
            where=credit_applications.c.application_version < application_version,
        )
    )


async def delete_application(connection: AsyncConnection, source: str, application_id: str) -> None:
    table = credit_applications.c
    await connection.execute(
        delete(credit_applications).where(
            table.source == source, table.application_id == application_id
        )
    )


async def delete_credit(connection: AsyncConnection, person_id: UUID) -> None:
    """Delete what the person has, of every credit system."""
    tables: tuple[Table, ...] = (loans, credit_applications)
    for table in tables:
        await connection.execute(delete(table).where(table.c.person_id == person_id))

"""Loans as the credit systems last reported them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.storage.tables import loans

ACTIVE: Final = "active"


async def save_loan(
    connection: AsyncConnection,
    *,
    person_id: UUID,
    source: str,
    loan_id: str,
    loan_version: int,
    status: str,
    reported_at: datetime,
) -> None:
    """Save the report unless a newer one is saved already."""
    values = {"loan_version": loan_version, "status": status, "reported_at": reported_at}
    await connection.execute(
        insert(loans)
        .values(person_id=person_id, source=source, loan_id=loan_id, **values)
        .on_conflict_do_update(
            index_elements=["person_id", "source", "loan_id"],
            set_=values,
            where=loans.c.loan_version < loan_version,
        )
    )


async def count_active_loans(connection: AsyncConnection, person_id: UUID) -> int:
    """The number of loans disbursed and not closed, arrears included."""
    count: int = (
        await connection.execute(
            select(func.count()).where(loans.c.person_id == person_id, loans.c.status == ACTIVE)
        )
    ).scalar_one()
    return count


async def delete_loans(connection: AsyncConnection, person_id: UUID) -> None:
    await connection.execute(delete(loans).where(loans.c.person_id == person_id))

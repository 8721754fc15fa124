"""Rows of applications' progress, from which reminders are decided."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.notifications.domain.application_progress import ApplicationProgress
from vinculo.notifications.storage.tables import progress as rows

COLUMNS: Final = [rows.c[field.name] for field in fields(ApplicationProgress)]


async def find_progress(connection: AsyncConnection, person_id: UUID) -> ApplicationProgress | None:
    found = await connection.execute(select(*COLUMNS).where(rows.c.person_id == person_id))
    row = found.mappings().first()
    return None if row is None else ApplicationProgress(**row)


async def save_progress(connection: AsyncConnection, progress: ApplicationProgress) -> None:
    """Insert or replace the row, and end a claim of it."""
    values = asdict(progress)
    await connection.execute(
        insert(rows)
        .values(**values)
        .on_conflict_do_update(index_elements=["person_id"], set_={**values, "leased_until": None})
    )


async def delete_progress(connection: AsyncConnection, person_id: UUID) -> None:
    await connection.execute(delete(rows).where(rows.c.person_id == person_id))


async def claim_idle(
    connection: AsyncConnection,
    *,
    idle_times: Sequence[timedelta],
    now: datetime,
    lease: timedelta,
    limit: int,
) -> list[UUID]:
    """Claim people whose next reminder is due and who are not claimed by another process."""
    idle = [
        and_(rows.c.reminders == count, rows.c.last_event_at <= now - idle_time)
        for count, idle_time in enumerate(idle_times)
    ]
    if not idle:
        return []
    due = (
        select(rows.c.person_id)
        .where(
            ~rows.c.is_over,
            ~rows.c.is_halted,
            rows.c.has_started,
            or_(*idle),
            or_(rows.c.reminders == 0, rows.c.is_activated),
            or_(rows.c.leased_until.is_(None), rows.c.leased_until <= now),
        )
        .order_by(rows.c.last_event_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(rows)
        .where(rows.c.person_id.in_(due))
        .values(leased_until=now + lease)
        .returning(rows.c.person_id)
    )
    return list((await connection.execute(statement)).scalars())

"""Rows of people: the status and the erasure that the registry published.

Commands share-lock a person's row, so that an erasure waits for writes in progress and then also
removes what they wrote.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.erasures import add_erasure
from vinculo.documents.storage.screening_jobs import delete_jobs_of
from vinculo.documents.storage.tables import people_access, review_queue

BLOCKED: Final = "blocked"


class PersonBlocked(Exception):
    """A blocked person may not upload documents."""


class PersonErased(Exception):
    """The documents of an erased person are neither read nor changed."""


async def record_person(connection: AsyncConnection, person_id: UUID) -> None:
    """Insert the row that commands lock, unless there is one."""
    statement = insert(people_access).values(person_id=person_id)
    await connection.execute(statement.on_conflict_do_nothing())


async def record_status(connection: AsyncConnection, person_id: UUID, status: str) -> None:
    statement = insert(people_access).values(person_id=person_id, status=status)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["person_id"], set_={"status": status})
    )


async def record_erasure(connection: AsyncConnection, person_id: UUID, erased_at: datetime) -> None:
    """Mark the person as erased, delete what waits for review or screening, and the files.

    The access row comes first: a command in progress locks it until its rows are committed.
    """
    statement = insert(people_access).values(person_id=person_id, erased_at=erased_at)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["person_id"], set_={"erased_at": erased_at})
    )
    await connection.execute(delete(review_queue).where(review_queue.c.person_id == person_id))
    await delete_jobs_of(connection, person_id)
    await add_erasure(connection, person_id, erased_at)


async def require_uploads_allowed(connection: AsyncConnection, person_id: UUID) -> None:
    """Raises PersonBlocked, PersonErased."""
    if await _lock_status(connection, person_id) == BLOCKED:
        raise PersonBlocked


async def require_not_erased(connection: AsyncConnection, person_id: UUID) -> None:
    """Raises PersonErased."""
    await _lock_status(connection, person_id)


async def _lock_status(connection: AsyncConnection, person_id: UUID) -> str | None:
    """Share-lock the row and return the status. Raises PersonErased."""
    row = (
        await connection.execute(
            select(people_access.c.status, people_access.c.erased_at)
            .where(people_access.c.person_id == person_id)
            .with_for_update(read=True)
        )
    ).one_or_none()
    if row is None:
        return None
    if row.erased_at is not None:
        raise PersonErased
    status: str | None = row.status
    return status

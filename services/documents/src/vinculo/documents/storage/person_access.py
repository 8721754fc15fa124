"""Whose doors are closed: blocked people send no files, erased people have no dossier."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.tables import people_access, review_queue

BLOCKED = "blocked"


class PersonClosed(Exception):
    """Nothing is done with the documents of this person now."""


class PersonBlocked(PersonClosed):
    pass


class PersonErased(PersonClosed):
    pass


async def know_person(connection: AsyncConnection, person_id: UUID) -> None:
    """Make the row that commands lock; what is known already stays."""
    statement = insert(people_access).values(person_id=person_id)
    await connection.execute(statement.on_conflict_do_nothing())


async def keep_status(connection: AsyncConnection, person_id: UUID, status: str) -> None:
    statement = insert(people_access).values(person_id=person_id, status=status)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["person_id"], set_={"status": status})
    )


async def close_erased(connection: AsyncConnection, person_id: UUID, erased_at: datetime) -> None:
    """The access row first: a command under way holds it until its queue row is committed."""
    statement = insert(people_access).values(person_id=person_id, erased_at=erased_at)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["person_id"], set_={"erased_at": erased_at})
    )
    await connection.execute(delete(review_queue).where(review_queue.c.person_id == person_id))


async def require_uploads_open(connection: AsyncConnection, person_id: UUID) -> None:
    if await _status_of_living(connection, person_id) == BLOCKED:
        raise PersonBlocked


async def require_not_erased(connection: AsyncConnection, person_id: UUID) -> None:
    await _status_of_living(connection, person_id)


async def _status_of_living(connection: AsyncConnection, person_id: UUID) -> str | None:
    """Locked in shared mode, so that an erasure waits for what is being written, and sweeps it."""
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

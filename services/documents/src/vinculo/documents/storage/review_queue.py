"""Rows of submitted dossiers that await review, oldest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.domain.dossier import (
    Dossier,
    DossierEvent,
    DossierStatus,
    DossierSubmitted,
    OpenedDossier,
)
from vinculo.documents.storage.tables import review_queue
from vinculo.eventstore import CommandResult


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedDossier:
    person_id: UUID
    submitted_at: datetime
    document_count: int


async def update_review_queue(
    connection: AsyncConnection, person_id: UUID, result: CommandResult[Dossier, DossierEvent]
) -> None:
    """Make the person's row agree with the events just appended, in their transaction."""
    state = result.state
    if not isinstance(state, OpenedDossier) or state.status is not DossierStatus.SUBMITTED:
        await connection.execute(delete(review_queue).where(review_queue.c.person_id == person_id))
        return
    for event in result.events:
        if isinstance(event, DossierSubmitted):
            row = {
                "submitted_at": event.submitted_at,
                "document_count": len(event.document_ids),
            }
            statement = insert(review_queue).values(person_id=person_id, **row)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["person_id"], set_=row)
            )


async def list_review_queue(
    connection: AsyncConnection, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[QueuedDossier]:
    """The first `limit` dossiers behind `after`, the submission time and person of one of them."""
    order = (review_queue.c.submitted_at, review_queue.c.person_id)
    statement = select(review_queue).order_by(*order).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*order) > after)
    rows = (await connection.execute(statement)).mappings()
    return [QueuedDossier(**row) for row in rows]

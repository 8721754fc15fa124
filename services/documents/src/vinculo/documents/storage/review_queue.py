"""Submitted dossiers waiting for a reviewer, oldest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.domain.dossier import Dossier, DossierEvent, DossierSubmitted, Opened, Stage
from vinculo.documents.storage.tables import review_queue
from vinculo.eventstore import CommandResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended."""

    submitted_at: datetime
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDossier:
    person_id: UUID
    submitted_at: datetime
    document_count: int

    @property
    def place(self) -> Place:
        return Place(submitted_at=self.submitted_at, person_id=self.person_id)


async def keep_review_queue(
    connection: AsyncConnection, person_id: UUID, outcome: CommandResult[Dossier, DossierEvent]
) -> None:
    """Bring the person's row in line with the events just appended, in their transaction."""
    state = outcome.state
    if not isinstance(state, Opened) or state.stage is not Stage.SUBMITTED:
        await connection.execute(delete(review_queue).where(review_queue.c.person_id == person_id))
        return
    for event in outcome.events:
        if isinstance(event, DossierSubmitted):
            row = {
                "submitted_at": event.submitted_at,
                "document_count": len(event.document_ids),
            }
            statement = insert(review_queue).values(person_id=person_id, **row)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["person_id"], set_=row)
            )


async def waiting_dossiers(
    connection: AsyncConnection, *, after: Place | None, limit: int
) -> list[WaitingDossier]:
    order = (review_queue.c.submitted_at, review_queue.c.person_id)
    statement = select(review_queue).order_by(*order).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*order) > (after.submitted_at, after.person_id))
    rows = (await connection.execute(statement)).mappings()
    return [WaitingDossier(**row) for row in rows]

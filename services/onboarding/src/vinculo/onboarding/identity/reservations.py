"""Reservations of documents while an identity is corrected, and the corrections still open."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.onboarding.accounts.accounts import holders, reserve_document
from vinculo.onboarding.tables import (
    decided_corrections,
    document_reservations,
    identity_corrections,
)


class DocumentTaken(Exception):
    """Somebody else has registered the document, or asked for it in a correction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRow:
    correction_id: UUID
    person_id: UUID
    requested_at: datetime


async def hold(connection: AsyncConnection, person_id: UUID, identity_hash: bytes) -> None:
    """Reserve the document for this person beside what they hold. Raises DocumentTaken."""
    if await reserve_document(connection, identity_hash, person_id):
        return
    held = await holders(connection, [identity_hash])
    if [holder for _, holder in held] != [person_id]:
        raise DocumentTaken


async def hold_only(connection: AsyncConnection, person_id: UUID, identity_hash: bytes) -> None:
    """Reserve the document and free every other one of this person. Raises DocumentTaken."""
    await hold(connection, person_id, identity_hash)
    reservation = document_reservations.c
    await connection.execute(
        delete(document_reservations).where(
            reservation.person_id == person_id, reservation.identity_hash != identity_hash
        )
    )


async def note_open(
    connection: AsyncConnection, correction_id: UUID, person_id: UUID, requested_at: datetime
) -> None:
    await connection.execute(
        insert(identity_corrections).values(
            correction_id=correction_id, person_id=person_id, requested_at=requested_at
        )
    )


async def note_decided(connection: AsyncConnection, correction_id: UUID, person_id: UUID) -> None:
    await connection.execute(
        delete(identity_corrections).where(identity_corrections.c.correction_id == correction_id)
    )
    await connection.execute(
        insert(decided_corrections).values(correction_id=correction_id, person_id=person_id)
    )


async def person_of_decided(connection: AsyncConnection, correction_id: UUID) -> UUID | None:
    found: UUID | None = await connection.scalar(
        select(decided_corrections.c.person_id).where(
            decided_corrections.c.correction_id == correction_id
        )
    )
    return found


async def open_rows(connection: AsyncConnection, limit: int) -> list[OpenRow]:
    """Those that wait longest first."""
    order = (identity_corrections.c.requested_at, identity_corrections.c.correction_id)
    rows = await connection.execute(select(identity_corrections).order_by(*order).limit(limit))
    return [
        OpenRow(
            correction_id=row.correction_id,
            person_id=row.person_id,
            requested_at=row.requested_at,
        )
        for row in rows
    ]


async def person_of(connection: AsyncConnection, correction_id: UUID) -> UUID | None:
    found: UUID | None = await connection.scalar(
        select(identity_corrections.c.person_id).where(
            identity_corrections.c.correction_id == correction_id
        )
    )
    return found

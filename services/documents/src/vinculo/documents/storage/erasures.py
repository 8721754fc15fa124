"""Rows of erasures: whose files are to be deleted, what was deleted, and until when.

The owner of the files is an erased person, or a claim that has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.tables import erasures, uploads
from vinculo.documents.storage.uploads import belongs_to


@dataclass(frozen=True, slots=True, kw_only=True)
class FileErasure:
    """`forms_end_at` is the end of the owner's last upload form.

    `objects` and `bytes` were found up to now. `reported_at` is the time of the first whole sweep,
    of a person that of `dossier-erased`.
    """

    owner_id: UUID
    of_claim: bool
    erased_at: datetime
    forms_end_at: datetime
    sweep_at: datetime
    objects: int
    bytes: int
    reported_at: datetime | None = None
    ended_at: datetime | None = None


async def add_erasure(
    connection: AsyncConnection, owner_id: UUID, erased_at: datetime, *, of_claim: bool = False
) -> None:
    """Insert the row unless there is one; the first sweep is due at once."""
    last_form = select(func.max(uploads.c.expires_at)).where(belongs_to(owner_id))
    statement = insert(erasures).values(
        owner_id=owner_id,
        of_claim=of_claim,
        erased_at=erased_at,
        forms_end_at=func.greatest(erased_at, last_form.scalar_subquery()),
        sweep_at=erased_at,
        objects=0,
        bytes=0,
    )
    await connection.execute(statement.on_conflict_do_nothing())


async def due_erasures(
    connection: AsyncConnection, *, now: datetime, limit: int
) -> Sequence[FileErasure]:
    """The erasures whose next sweep is due, longest due first."""
    statement = (
        select(erasures)
        .where(erasures.c.ended_at.is_(None), erasures.c.sweep_at <= now)
        .order_by(erasures.c.sweep_at)
        .limit(limit)
    )
    return [FileErasure(**row) for row in (await connection.execute(statement)).mappings()]


async def save_found(
    connection: AsyncConnection, owner_id: UUID, *, objects: int, size_bytes: int
) -> tuple[int, int]:
    """Note what the first sweep will delete; returns objects and bytes of the whole sweep.

    A sweep that was interrupted finds fewer objects when it is repeated, so the larger count stays.
    """
    statement = (
        update(erasures)
        .where(erasures.c.owner_id == owner_id)
        .values(
            objects=func.greatest(erasures.c.objects, objects),
            bytes=func.greatest(erasures.c.bytes, size_bytes),
        )
        .returning(erasures.c.objects, erasures.c.bytes)
    )
    row = (await connection.execute(statement)).one()
    return row.objects, row.bytes


async def save_late_files(
    connection: AsyncConnection, owner_id: UUID, *, objects: int, size_bytes: int
) -> None:
    """Add what a later sweep deleted."""
    await connection.execute(
        update(erasures)
        .where(erasures.c.owner_id == owner_id)
        .values(objects=erasures.c.objects + objects, bytes=erasures.c.bytes + size_bytes)
    )


async def save_report(connection: AsyncConnection, owner_id: UUID, reported_at: datetime) -> None:
    await connection.execute(
        update(erasures)
        .where(erasures.c.owner_id == owner_id)
        .values(reported_at=func.coalesce(erasures.c.reported_at, reported_at))
    )


async def save_next_sweep(connection: AsyncConnection, owner_id: UUID, at: datetime) -> None:
    await connection.execute(
        update(erasures).where(erasures.c.owner_id == owner_id).values(sweep_at=at)
    )


async def end_erasure(connection: AsyncConnection, owner_id: UUID, ended_at: datetime) -> None:
    """Nothing can arrive any more: close the erasure, and delete the rows of the uploads."""
    await connection.execute(delete(uploads).where(belongs_to(owner_id)))
    await connection.execute(
        update(erasures).where(erasures.c.owner_id == owner_id).values(ended_at=ended_at)
    )


async def count_unreported(connection: AsyncConnection, *, erased_before: datetime) -> int:
    """Erasures whose files were not all deleted, although they began before that time."""
    statement = (
        select(func.count())
        .select_from(erasures)
        .where(
            erasures.c.ended_at.is_(None),
            erasures.c.reported_at.is_(None),
            erasures.c.erased_at < erased_before,
        )
    )
    return int((await connection.execute(statement)).scalar_one())

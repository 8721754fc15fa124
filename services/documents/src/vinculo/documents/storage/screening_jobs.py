"""The queue of the screening: completed uploads, leased by workers.

A job is deleted when its upload has a result. The jobs of one owner are done one after another, in
the order of their completion: of two documents of a kind, the one completed last replaces the
other. It also keeps one person from occupying all workers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.tables import screening_jobs, uploads
from vinculo.events import Meta

CHANNEL: Final = "vinculo_screening"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningJob:
    """`attempts` includes the one under way. Only the holder of `lease_id` may change the row."""

    upload_id: UUID
    owner_id: UUID
    requested_at: datetime
    attempts: int
    lease_id: UUID
    meta: Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningBacklog:
    """`next_due_at` is the earliest later time at which a job can be taken."""

    waiting: int
    oldest_requested_at: datetime | None
    next_due_at: datetime | None


async def add_job(
    connection: AsyncConnection, *, upload_id: UUID, owner_id: UUID, now: datetime, meta: Meta
) -> None:
    """Insert the job and wake the workers with the commit."""
    await connection.execute(
        insert(screening_jobs).values(
            upload_id=upload_id,
            owner_id=owner_id,
            requested_at=now,
            due_at=now,
            attempts=0,
            correlation_id=meta.correlation_id,
            traceparent=meta.traceparent,
            actor=meta.actor,
        )
    )
    await connection.execute(select(func.pg_notify(CHANNEL, "")))


async def lease_jobs(
    connection: AsyncConnection, *, now: datetime, lease: timedelta, limit: int
) -> list[ScreeningJob]:
    """Lease due jobs and count the attempt. Each is due again when its lease ends."""
    claimable = (
        select(screening_jobs.c.upload_id)
        .where(screening_jobs.c.due_at <= now, _is_first_of_owner())
        .order_by(screening_jobs.c.due_at, screening_jobs.c.upload_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("claimable")
    )
    statement = (
        update(screening_jobs)
        .where(screening_jobs.c.upload_id == claimable.c.upload_id)
        .values(attempts=screening_jobs.c.attempts + 1, lease_id=uuid4(), due_at=now + lease)
        .returning(screening_jobs)
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [
        ScreeningJob(
            upload_id=row["upload_id"],
            owner_id=row["owner_id"],
            requested_at=row["requested_at"],
            attempts=row["attempts"],
            lease_id=row["lease_id"],
            meta=Meta(
                correlation_id=row["correlation_id"],
                traceparent=row["traceparent"],
                actor=row["actor"],
            ),
        )
        for row in rows
    ]


async def renew_lease(connection: AsyncConnection, job: ScreeningJob, until: datetime) -> bool:
    """False if the job was taken over or deleted."""
    renewed = await connection.execute(
        update(screening_jobs).where(_is_leased(job)).values(due_at=until)
    )
    return bool(renewed.rowcount)


async def release_job(
    connection: AsyncConnection, job: ScreeningJob, *, due_at: datetime, is_counted: bool
) -> None:
    """Give the job back until `due_at`; an attempt that says nothing about it is not counted."""
    await connection.execute(
        update(screening_jobs)
        .where(_is_leased(job))
        .values(due_at=due_at, lease_id=None, attempts=job.attempts - (not is_counted))
    )


async def delete_job(connection: AsyncConnection, job: ScreeningJob) -> None:
    """The upload has a result, or will never have one; another worker may have found the same."""
    await connection.execute(
        delete(screening_jobs).where(screening_jobs.c.upload_id == job.upload_id)
    )


async def delete_jobs_of(connection: AsyncConnection, owner_id: UUID) -> None:
    """An attempt under way finds that its lease is lost."""
    await connection.execute(delete(screening_jobs).where(screening_jobs.c.owner_id == owner_id))


async def measure_jobs(connection: AsyncConnection, *, now: datetime) -> ScreeningBacklog:
    later = func.min(screening_jobs.c.due_at).filter(screening_jobs.c.due_at > now)
    row = (
        await connection.execute(
            select(func.count(), func.min(screening_jobs.c.requested_at), later)
        )
    ).one()
    return ScreeningBacklog(waiting=row[0], oldest_requested_at=row[1], next_due_at=row[2])


async def object_keys_of_jobs(connection: AsyncConnection) -> set[str]:
    """The files in quarantine that still wait for their screening."""
    statement = select(uploads.c.object_key).join(
        screening_jobs, screening_jobs.c.upload_id == uploads.c.upload_id
    )
    return set(await connection.scalars(statement))


def _is_first_of_owner() -> ColumnElement[bool]:
    other = screening_jobs.alias("other")
    is_earlier = tuple_(other.c.requested_at, other.c.upload_id) < tuple_(
        screening_jobs.c.requested_at, screening_jobs.c.upload_id
    )
    return ~exists().where(other.c.owner_id == screening_jobs.c.owner_id, is_earlier)


def _is_leased(job: ScreeningJob) -> ColumnElement[bool]:
    return (screening_jobs.c.upload_id == job.upload_id) & (
        screening_jobs.c.lease_id == job.lease_id
    )

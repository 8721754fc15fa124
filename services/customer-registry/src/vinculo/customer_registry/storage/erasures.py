"""The progress of each erasure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.domain.customer import RecordErased
from vinculo.customer_registry.storage.tables import erasures


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """`note` is an envelope; it is deleted when the key is destroyed."""

    erasure_id: UUID
    person_id: UUID
    requested_by: UUID
    reason_code: str
    note: Mapping[str, Any] | None
    requested_at: datetime
    key_destroyed_at: datetime | None
    account_swept_at: datetime | None

    @property
    def state(self) -> str:
        return "requested" if self.key_destroyed_at is None else "key_destroyed"


async def insert_erasure(
    connection: AsyncConnection,
    person_id: UUID,
    erased: RecordErased,
    note: Mapping[str, Any] | None,
) -> None:
    await connection.execute(
        insert(erasures).values(
            erasure_id=erased.erasure_id,
            person_id=person_id,
            requested_by=erased.erased_by,
            reason_code=erased.reason_code.value,
            note=note,
            requested_at=erased.erased_at,
        )
    )


async def record_key_destroyed(
    connection: AsyncConnection, person_id: UUID, moment: datetime
) -> None:
    """Delete the note too: other processes may cache the key for some minutes."""
    await connection.execute(
        update(erasures)
        .where(erasures.c.person_id == person_id, erasures.c.key_destroyed_at.is_(None))
        .values(key_destroyed_at=moment, note=None)
    )


async def record_account_swept(
    connection: AsyncConnection, person_id: UUID, moment: datetime
) -> None:
    await connection.execute(
        update(erasures)
        .where(erasures.c.person_id == person_id, erasures.c.account_swept_at.is_(None))
        .values(account_swept_at=moment)
    )


async def find_erasure(connection: AsyncConnection, erasure_id: UUID) -> Erasure | None:
    row = (
        await connection.execute(select(erasures).where(erasures.c.erasure_id == erasure_id))
    ).one_or_none()
    return None if row is None else _erasure(row)


async def find_erasure_of_person(connection: AsyncConnection, person_id: UUID) -> Erasure | None:
    row = (
        await connection.execute(select(erasures).where(erasures.c.person_id == person_id))
    ).one_or_none()
    return None if row is None else _erasure(row)


def _erasure(row: Row[Any]) -> Erasure:
    return Erasure(
        erasure_id=row.erasure_id,
        person_id=row.person_id,
        requested_by=row.requested_by,
        reason_code=row.reason_code,
        note=row.note,
        requested_at=row.requested_at,
        key_destroyed_at=row.key_destroyed_at,
        account_swept_at=row.account_swept_at,
    )

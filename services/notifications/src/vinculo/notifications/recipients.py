"""Whom we can write to. Contacts lie here only as the envelope they came in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.notifications.domain.message import Locale
from vinculo.notifications.tables import erased_recipients, recipients


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """`envelope` is the sealed PersonDetails of the event `envelope_event_id`."""

    person_id: UUID
    locale: Locale
    envelope: dict[str, Any]
    envelope_event_id: UUID


async def lock_person(connection: AsyncConnection, person_id: UUID) -> None:
    """Make one person's events, which come on several topics, take turns.

    A message and its recipient, each written by a transaction that does not see the other's, would
    wait for one another for ever.
    """
    key = func.hashtextextended(str(person_id), 0)
    await connection.execute(select(func.pg_advisory_xact_lock(key)))


async def keep_recipient(connection: AsyncConnection, recipient: Recipient) -> None:
    values = {
        "locale": recipient.locale.value,
        "envelope": recipient.envelope,
        "envelope_event_id": recipient.envelope_event_id,
    }
    await connection.execute(
        insert(recipients)
        .values(person_id=recipient.person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )


async def find_recipient(connection: AsyncConnection, person_id: UUID) -> Recipient | None:
    found = await connection.execute(select(recipients).where(recipients.c.person_id == person_id))
    row = found.mappings().first()
    if row is None:
        return None
    return Recipient(
        person_id=row["person_id"],
        locale=Locale(row["locale"]),
        envelope=row["envelope"],
        envelope_event_id=row["envelope_event_id"],
    )


async def erase_recipient(
    connection: AsyncConnection, person_id: UUID, *, erased_at: datetime
) -> None:
    """Forget the person; what arrives later for them is dropped, whatever its topic."""
    await connection.execute(delete(recipients).where(recipients.c.person_id == person_id))
    await connection.execute(
        insert(erased_recipients)
        .values(person_id=person_id, erased_at=erased_at)
        .on_conflict_do_nothing()
    )


async def is_erased(connection: AsyncConnection, person_id: UUID) -> bool:
    statement = select(erased_recipients.c.person_id).where(
        erased_recipients.c.person_id == person_id
    )
    return await connection.scalar(statement) is not None

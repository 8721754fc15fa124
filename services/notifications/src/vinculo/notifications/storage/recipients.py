"""Recipients: language, and names and contacts as the envelopes in which they arrived."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.notifications.storage.tables import erased_recipients, recipients, replaced_parts


class ReplaceablePart(StrEnum):
    """The parts of a person's details that can change after registration."""

    EMAIL = "email"
    PHONE = "phone"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEnvelope:
    """An envelope and the event for which it was encrypted."""

    content: dict[str, Any]
    event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """`registered` contains PersonDetails; `replaced` contains later versions of parts of it.

    `project` is that of a submission; None for a person, and where it was not stored.
    """

    person_id: UUID
    locale: str
    registered: StoredEnvelope
    replaced: Mapping[ReplaceablePart, StoredEnvelope] = field(default_factory=dict)
    project: str | None = None


async def lock_person(connection: AsyncConnection, person_id: UUID) -> None:
    """Serialize the events of one person, which arrive on several topics.

    Otherwise a message and its recipient, each written by a transaction that does not see the
    other's row, would wait for each other without end.
    """
    key = func.hashtextextended(str(person_id), 0)
    await connection.execute(select(func.pg_advisory_xact_lock(key)))


async def save_recipient(connection: AsyncConnection, recipient: Recipient) -> None:
    values = {
        "locale": recipient.locale,
        "envelope": recipient.registered.content,
        "envelope_event_id": recipient.registered.event_id,
    }
    await connection.execute(
        insert(recipients)
        .values(person_id=recipient.person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )


async def save_replaced_part(
    connection: AsyncConnection, person_id: UUID, part: ReplaceablePart, envelope: StoredEnvelope
) -> None:
    values = {"envelope": envelope.content, "envelope_event_id": envelope.event_id}
    await connection.execute(
        insert(replaced_parts)
        .values(person_id=person_id, part=part.value, **values)
        .on_conflict_do_update(index_elements=["person_id", "part"], set_=values)
    )


async def delete_replaced_parts(connection: AsyncConnection, person_id: UUID) -> None:
    await connection.execute(delete(replaced_parts).where(replaced_parts.c.person_id == person_id))


async def find_recipient(connection: AsyncConnection, person_id: UUID) -> Recipient | None:
    found = await connection.execute(select(recipients).where(recipients.c.person_id == person_id))
    row = found.mappings().first()
    if row is None:
        return None
    replaced = await connection.execute(
        select(replaced_parts).where(replaced_parts.c.person_id == person_id)
    )
    return Recipient(
        person_id=row["person_id"],
        locale=row["locale"],
        registered=_envelope(row),
        replaced={ReplaceablePart(each["part"]): _envelope(each) for each in replaced.mappings()},
    )


async def erase_recipient(
    connection: AsyncConnection, person_id: UUID, *, erased_at: datetime
) -> None:
    """Delete the recipient and mark the person, so that later events of any topic are ignored."""
    for table in (recipients, replaced_parts):
        await connection.execute(delete(table).where(table.c.person_id == person_id))
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


def _envelope(row: RowMapping) -> StoredEnvelope:
    return StoredEnvelope(content=row["envelope"], event_id=row["envelope_event_id"])

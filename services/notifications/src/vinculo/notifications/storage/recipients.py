"""Whom we can write to. Contacts and names lie here only as the envelopes they came in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.notifications.domain.message import Locale
from vinculo.notifications.storage.tables import erased_recipients, recipients, replaced_parts


class ReplaceablePart(StrEnum):
    """What of a person can be replaced after the registration."""

    EMAIL = "email"
    PHONE = "phone"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEnvelope:
    """An envelope, and the event that it was sealed for."""

    envelope: dict[str, Any]
    event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """`registered` is the sealed PersonDetails; `replaced` what came in place of parts of it."""

    person_id: UUID
    locale: Locale
    registered: StoredEnvelope
    replaced: Mapping[ReplaceablePart, StoredEnvelope] = field(default_factory=dict)


async def lock_person(connection: AsyncConnection, person_id: UUID) -> None:
    """Make one person's events, which come on several topics, take turns.

    A message and its recipient, each written by a transaction that does not see the other's, would
    wait for one another for ever.
    """
    key = func.hashtextextended(str(person_id), 0)
    await connection.execute(select(func.pg_advisory_xact_lock(key)))


async def save_recipient(connection: AsyncConnection, recipient: Recipient) -> None:
    values = {
        "locale": recipient.locale.value,
        "envelope": recipient.registered.envelope,
        "envelope_event_id": recipient.registered.event_id,
    }
    await connection.execute(
        insert(recipients)
        .values(person_id=recipient.person_id, **values)
        .on_conflict_do_update(index_elements=["person_id"], set_=values)
    )


async def save_replaced_part(
    connection: AsyncConnection, person_id: UUID, part: ReplaceablePart, sealed: StoredEnvelope
) -> None:
    values = {"envelope": sealed.envelope, "envelope_event_id": sealed.event_id}
    await connection.execute(
        insert(replaced_parts)
        .values(person_id=person_id, part=part.value, **values)
        .on_conflict_do_update(index_elements=["person_id", "part"], set_=values)
    )


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
        locale=Locale(row["locale"]),
        registered=_sealed(row),
        replaced={ReplaceablePart(each["part"]): _sealed(each) for each in replaced.mappings()},
    )


async def erase_recipient(
    connection: AsyncConnection, person_id: UUID, *, erased_at: datetime
) -> None:
    """Forget the person; what arrives later for them is dropped, whatever its topic."""
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


def _sealed(row: RowMapping) -> StoredEnvelope:
    return StoredEnvelope(envelope=row["envelope"], event_id=row["envelope_event_id"])

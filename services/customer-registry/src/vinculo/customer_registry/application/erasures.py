"""Erasing a person: first the record says so, then the key is destroyed, then everyone sweeps.

The other order would lose data under a hold, or forget to sweep after a crash.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.domain.customer import ErasedRecord, NotRegistered, RecordErased
from vinculo.customer_registry.domain.customer_decisions import EraseRecord
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown
from vinculo.customer_registry.storage.erasures import (
    Erasure,
    find_erasure_of_person,
    insert_erasure,
    record_key_destroyed,
)
from vinculo.customer_registry.storage.loans import delete_loans
from vinculo.customer_registry.storage.people import Person, lock_existing_person
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Erased, Meta
from vinculo.eventstore import execute, load
from vinculo.process import crash_point


async def erase_record(
    registry: RegistryDependencies,
    command: EraseRecord,
    *,
    note: str | None,
    expected_version: int,
    meta: Meta,
) -> UUID:
    """Append `record-erased` and give the erasure's id; for an erased record, that of the first."""
    async with registry.store.transaction() as connection:
        if await lock_existing_person(connection, command.person_id) is None:
            raise PersonIsUnknown
        loaded = await load(registry.store, CUSTOMERS, command.person_id, connection=connection)
        if isinstance(loaded.state, NotRegistered):
            raise PersonIsUnknown
        if isinstance(loaded.state, ErasedRecord):
            erasure = await find_erasure_of_person(connection, command.person_id)
            return command.erasure_id if erasure is None else erasure.erasure_id
        outcome = await execute(
            registry.store,
            CUSTOMERS,
            command.person_id,
            command,
            meta=meta,
            expected_version=expected_version,
            connection=connection,
        )
        sealed = await _sealed(registry, command, note)
        for event in outcome.events:
            if isinstance(event, RecordErased):
                await insert_erasure(connection, command.person_id, event, sealed)
    return command.erasure_id


async def destroy_key(
    registry: RegistryDependencies, connection: AsyncConnection, person: Person, erased_at: datetime
) -> Person:
    """Destroy the key, forget the facts and loans, and give what is left of the person.

    The key lies in another database. Whatever fails after it, all of this is done again, and the
    key is destroyed once.
    """
    crash_point("erasure-before-key")
    destroyed_at = await registry.keys.destroy_key(person.person_id)
    crash_point("erasure-after-key")
    await record_key_destroyed(connection, person.person_id, destroyed_at)
    await delete_loans(connection, person.person_id)
    return Person(person_id=person.person_id, erased_at=erased_at)


async def decrypt_note(registry: RegistryDependencies, erasure: Erasure) -> str | None:
    """Give the note while the key still opens it."""
    if erasure.note is None:
        return None
    opened = await registry.keys.open(erasure.person_id, erasure.erasure_id, dict(erasure.note))
    return None if isinstance(opened, Erased) else opened["note"]


async def _sealed(
    registry: RegistryDependencies, command: EraseRecord, note: str | None
) -> dict[str, Any] | None:
    """Free text may be personal, so it goes with the key."""
    if note is None:
        return None
    return await registry.keys.seal(command.person_id, command.erasure_id, {"v": 1, "note": note})

"""The erasure of a person: first the event, then the key, then the data of every service.

With the key first, an erasure that the record then refuses would still lose the data, and after a
crash no event would make the other services delete theirs.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.revocations import revoke_access
from vinculo.customer_registry.domain.customer import (
    CustomerState,
    ErasedRecord,
    NotRegistered,
    RecordErased,
)
from vinculo.customer_registry.domain.customer_decisions import EraseRecord
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown
from vinculo.customer_registry.domain.revocation import SubjectDenied, revocations
from vinculo.customer_registry.storage.credit import delete_credit
from vinculo.customer_registry.storage.erasures import (
    Erasure,
    find_erasure,
    find_erasure_of_person,
    insert_erasure,
    record_key_destroyed,
)
from vinculo.customer_registry.storage.people import Person, lock_existing_person
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Erased, Meta
from vinculo.eventstore import LoadedState, execute, load
from vinculo.process import crash_point


class ErasureIsUnknown(Exception):
    """There is no erasure with the id."""


async def erase_record(
    dependencies: RegistryDependencies,
    command: EraseRecord,
    *,
    note: str | None,
    meta: Meta,
) -> UUID:
    """Append `record-erased` and return the erasure's id; that of the first one when erased before.

    Raises:
        CustomerRefused: the person is unknown, the record has changed since it was read, or a rule
            forbids the erasure.

    """
    store, person_id = dependencies.store, command.person_id
    async with store.transaction() as connection:
        if await lock_existing_person(connection, person_id) is None:
            raise PersonIsUnknown
        loaded = await load(store, CUSTOMERS, person_id, connection=connection)
        if isinstance(loaded.state, NotRegistered):
            raise PersonIsUnknown
        if isinstance(loaded.state, ErasedRecord):
            first = await find_erasure_of_person(connection, person_id)
            return command.erasure_id if first is None else first.erasure_id
        await append_erasure(dependencies, connection, command, loaded, note=note, meta=meta)
    return command.erasure_id


async def append_erasure(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    command: EraseRecord,
    loaded: LoadedState[CustomerState],
    *,
    note: str | None,
    meta: Meta,
) -> None:
    """Append `record-erased` to the loaded record. The caller holds the lock of the person's row.

    Raises:
        CustomerRefused: a rule forbids the erasure.

    """
    person_id = command.person_id
    result = await execute(
        dependencies.store,
        CUSTOMERS,
        person_id,
        command,
        meta=meta,
        loaded=loaded,
        connection=connection,
    )
    revoked = revocations(loaded.state, result.events)
    await revoke_access(dependencies, connection, person_id, revoked, meta)
    envelope = await _encrypted_note(dependencies, command, note)
    for event in result.events:
        if isinstance(event, RecordErased):
            await insert_erasure(connection, person_id, event, envelope)


async def destroy_key(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    person: Person,
    erased_at: datetime,
    meta: Meta,
) -> Person:
    """Destroy the person's key, delete facts and loans, and return the person without data.

    The person is denied once more, because a process that read the key after the first denial may
    have it in its cache.

    The key is in another database. After a failure all of this is repeated, and destroying the key
    again changes nothing. The erasure waits in the key ring until it is in the ledger.
    """
    crash_point("erasure-before-key")
    destroyed_at = await dependencies.keys.destroy_key(person.person_id)
    crash_point("erasure-after-key")
    await dependencies.recorder.record_if_possible()
    await record_key_destroyed(connection, person.person_id, destroyed_at)
    await delete_credit(connection, person.person_id)
    record = await load(dependencies.store, CUSTOMERS, person.person_id, connection=connection)
    denied = SubjectDenied(registry_version=record.state.status_version)
    await revoke_access(dependencies, connection, person.person_id, [denied], meta)
    return Person(person_id=person.person_id, erased_at=erased_at)


async def read_erasure(
    dependencies: RegistryDependencies, erasure_id: UUID
) -> tuple[Erasure, str | None]:
    """The erasure and its note, which is None once the key has been destroyed.

    Raises:
        ErasureIsUnknown: there is no erasure with the id.

    """
    async with dependencies.store.engine.connect() as connection:
        erasure = await find_erasure(connection, erasure_id)
    if erasure is None:
        raise ErasureIsUnknown
    return erasure, await _decrypted_note(dependencies, erasure)


async def _decrypted_note(dependencies: RegistryDependencies, erasure: Erasure) -> str | None:
    if erasure.note is None:
        return None
    note = await dependencies.keys.decrypt(
        erasure.person_id, erasure.erasure_id, dict(erasure.note)
    )
    return None if isinstance(note, Erased) else note["note"]


async def _encrypted_note(
    dependencies: RegistryDependencies, command: EraseRecord, note: str | None
) -> dict[str, Any] | None:
    """Encrypt with the person's key: free text may be personal."""
    if note is None:
        return None
    plain = {"v": 1, "note": note}
    return await dependencies.keys.encrypt(command.person_id, command.erasure_id, plain)

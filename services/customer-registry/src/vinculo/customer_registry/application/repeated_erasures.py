"""Repeats the erasures of the ledger that a restored key ring and registry lack."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.erasures import append_erasure
from vinculo.customer_registry.domain.customer import ErasedRecord, ErasureReason, NotRegistered
from vinculo.customer_registry.domain.customer_decisions import EraseRecord
from vinculo.customer_registry.storage.people import lock_existing_person
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta, uuid7
from vinculo.eventstore import load
from vinculo.privacy import ErasureLedger, outstanding_erasures, reapply_erasure

REPEATED_BY: Final = UUID(int=0)
"""`erased_by` of repeated erasures: the ledger does not say who erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReappliedErasures:
    """`people` have an erased record now; `unknown` ones have none, only a destroyed key."""

    people: int
    unknown: int


async def reapply_erasures(
    dependencies: RegistryDependencies, keyring: AsyncEngine, ledger: ErasureLedger
) -> ReappliedErasures:
    """Erase again the people whom the ledger reports as erased. Idempotent.

    The event comes before the key, as in every erasure: after a crash the person is still
    outstanding.

    Raises:
        LedgerUnavailableError: the ledger cannot be reached.

    """
    people = unknown = 0
    for entry in await outstanding_erasures(keyring, ledger):
        async with dependencies.store.transaction() as connection:
            if await repeat_erasure(dependencies, connection, entry.person_id, Meta()):
                people += 1
            else:
                unknown += 1
        await reapply_erasure(dependencies.keys, keyring, entry)
    return ReappliedErasures(people=people, unknown=unknown)


async def repeat_erasure(
    dependencies: RegistryDependencies, connection: AsyncConnection, person_id: UUID, meta: Meta
) -> bool:
    """Append `record-erased` unless the record is erased already; whether there is a record."""
    if await lock_existing_person(connection, person_id) is None:
        return False
    loaded = await load(dependencies.store, CUSTOMERS, person_id, connection=connection)
    if isinstance(loaded.state, NotRegistered):
        return False
    if not isinstance(loaded.state, ErasedRecord):
        command = EraseRecord(
            person_id=person_id,
            erasure_id=uuid7(),
            reason_code=ErasureReason.REQUESTED,
            by=REPEATED_BY,
            now=dependencies.clock(),
            repeated=True,
        )
        await append_erasure(dependencies, connection, command, loaded, note=None, meta=meta)
    return True

"""Compares the key ring with the erasure ledger, and records erasures in it.

The key ring's table `recorded_erasures` has the ledger's position of each erased person. A
destroyed key without such a row waits for its entry, so that a crash between the two loses none.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Table, Uuid, any_, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.privacy.erasure_ledger import ErasureLedger, LedgerEntry
from vinculo.privacy.key_ring import KeyRing, keys, metadata
from vinculo.process import crash_point

RECORDED_AT_ONCE: Final = 500

recorded_erasures = Table(
    "recorded_erasures",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False, index=True),
    Column("store_epoch", BigInteger, nullable=False),
)

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('vinculo-erasure-ledger'))")


class KeyRingOutdatedError(ConnectionError):
    """The key ring has keys that the ledger reports as destroyed, as after a restore.

    Nothing is encrypted or decrypted until `reapply-erasures` of the registry has run. Callers
    retry, as while the database of the key ring is away.
    """

    def __init__(self, outstanding: int) -> None:
        super().__init__(f"{outstanding} erasures of the ledger are missing in the key ring")
        self.outstanding = outstanding


async def last_recorded_position(connection: AsyncConnection) -> int:
    """The highest position of the ledger that the key ring has; 0 without any."""
    return int(await connection.scalar(select(func.max(recorded_erasures.c.position))) or 0)


async def missing_erasures(
    connection: AsyncConnection, entries: Sequence[LedgerEntry]
) -> list[LedgerEntry]:
    """The entries of people whose own key is not destroyed in the key ring, or not there."""
    people = [entry.person_id for entry in entries]
    destroyed = await connection.scalars(
        select(keys.c.key_id).where(
            keys.c.key_id == any_(bindparam("people", people, type_=ARRAY(Uuid))),
            keys.c.destroyed_at.is_not(None),
        )
    )
    erased = set(destroyed)
    return [entry for entry in entries if entry.person_id not in erased]


async def outstanding_erasures(engine: AsyncEngine, ledger: ErasureLedger) -> list[LedgerEntry]:
    """All entries of the ledger that the key ring lacks, one per person."""
    entries = await ledger.entries()
    async with engine.connect() as connection:
        missing = await missing_erasures(connection, entries)
    return list({entry.person_id: entry for entry in missing}.values())


async def record_erasures(engine: AsyncEngine, ledger: ErasureLedger, store_epoch: int) -> int:
    """Add the erased people that the ledger lacks, oldest first; how many.

    One process at a time, by a lock on the key ring. After a crash, entries that were added and not
    recorded are found in the ledger.

    Raises:
        KeyRingOutdatedError: the key ring is older than the ledger; positions would be used twice.
        LedgerUnavailableError: the ledger cannot be reached.

    """
    async with engine.begin() as connection:
        await connection.execute(_LOCK)
        waiting = await _unrecorded(connection)
        if not waiting:
            return 0
        position = await last_recorded_position(connection)
        added = await ledger.entries(after=position)
        if missing := await missing_erasures(connection, added):
            raise KeyRingOutdatedError(len(missing))
        for entry in added:
            await record_position(connection, entry)
            position = entry.position
        found = {entry.person_id for entry in added}
        new = [each for each in waiting if each[0] not in found]
        for added_position, (person_id, destroyed_at) in enumerate(new, position + 1):
            entry = LedgerEntry(
                position=added_position,
                person_id=person_id,
                store_epoch=store_epoch,
                destroyed_at=destroyed_at,
            )
            await ledger.add(entry)
            crash_point("erasure-after-ledger-entry")
            await record_position(connection, entry)
    return len(waiting)


async def reapply_erasure(key_ring: KeyRing, engine: AsyncEngine, entry: LedgerEntry) -> None:
    """Destroy all keys of the entry's person again. Idempotent.

    A person without a key gets a destroyed one: none is created for them later.
    """
    destroyed = insert(keys).values(
        key_id=entry.person_id, subject=entry.person_id, destroyed_at=entry.destroyed_at
    )
    async with engine.begin() as connection:
        await connection.execute(destroyed.on_conflict_do_nothing())
    await key_ring.destroy_key(entry.person_id)
    async with engine.begin() as connection:
        await record_position(connection, entry)


async def record_position(connection: AsyncConnection, entry: LedgerEntry) -> None:
    await connection.execute(
        insert(recorded_erasures)
        .values(person_id=entry.person_id, position=entry.position, store_epoch=entry.store_epoch)
        .on_conflict_do_nothing()
    )


async def _unrecorded(connection: AsyncConnection) -> list[tuple[UUID, datetime]]:
    is_recorded = (
        select(recorded_erasures.c.person_id)
        .where(recorded_erasures.c.person_id == keys.c.key_id)
        .exists()
    )
    rows = await connection.execute(
        select(keys.c.key_id, keys.c.destroyed_at)
        .where(keys.c.destroyed_at.is_not(None), keys.c.key_id == keys.c.subject, ~is_recorded)
        .order_by(keys.c.destroyed_at)
        .limit(RECORDED_AT_ONCE)
    )
    return [(row.key_id, row.destroyed_at) for row in rows]

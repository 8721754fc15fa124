"""Reservations of identity documents, one person each, and corrections awaiting an operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.onboarding.storage.tables import (
    decided_corrections,
    document_reservations,
    identity_corrections,
)
from vinculo.privacy import keyed_hash
from vinculo.values.identity_documents import Identity


class DocumentTaken(Exception):
    """Another person has registered the document, or requested it in a correction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCorrectionRow:
    correction_id: UUID
    person_id: UUID
    requested_at: datetime


def hash_identity(hash_key: bytes, identity: Identity) -> bytes:
    """The key of a reservation."""
    return keyed_hash(hash_key, identity.country, identity.kind, identity.number)


async def reserve_if_free(
    connection: AsyncConnection, identity_hash: bytes, person_id: UUID
) -> bool:
    """Whether the document is now reserved for the person. Waits for concurrent reservations."""
    statement = insert_or_not(document_reservations).values(
        identity_hash=identity_hash, person_id=person_id
    )
    reserved = await connection.execute(statement.on_conflict_do_nothing())
    return reserved.rowcount == 1


async def lock_reservation(connection: AsyncConnection, identity_hash: bytes) -> UUID | None:
    """The holder of the document, who stays it until the transaction ends; None if it is free."""
    reservation = document_reservations.c
    holder: UUID | None = await connection.scalar(
        select(reservation.person_id)
        .where(reservation.identity_hash == identity_hash)
        .with_for_update()
    )
    return holder


async def lock_reservations_of(connection: AsyncConnection, person_id: UUID) -> None:
    """Lock the person's documents, before the stream is read, against other registrations."""
    reservation = document_reservations.c
    await connection.execute(
        select(reservation.identity_hash)
        .where(reservation.person_id == person_id)
        .order_by(reservation.identity_hash)
        .with_for_update()
    )


async def free_reservations_of(connection: AsyncConnection, person_id: UUID) -> None:
    await connection.execute(
        delete(document_reservations).where(document_reservations.c.person_id == person_id)
    )


async def reserve(connection: AsyncConnection, person_id: UUID, identity_hash: bytes) -> None:
    """Reserve the document in addition to the person's others.

    Raises:
        DocumentTaken: it is reserved for another person.

    """
    if await reserve_if_free(connection, identity_hash, person_id):
        return
    held = await find_all_by_documents(connection, [identity_hash])
    if [holder for _, holder in held] != [person_id]:
        raise DocumentTaken


async def replace_reservations(
    connection: AsyncConnection, person_id: UUID, identity_hash: bytes
) -> None:
    """Reserve the document and free the person's other ones.

    Raises:
        DocumentTaken: it is reserved for another person.

    """
    await reserve(connection, person_id, identity_hash)
    reservation = document_reservations.c
    await connection.execute(
        delete(document_reservations).where(
            reservation.person_id == person_id, reservation.identity_hash != identity_hash
        )
    )


async def move_reservation(
    connection: AsyncConnection, identity_hash: bytes, *, previous: UUID, person_id: UUID
) -> bool:
    """Whether the reservation was moved; False if `previous` does not hold it any more."""
    reservation = document_reservations.c
    taken = await connection.execute(
        update(document_reservations)
        .where(reservation.identity_hash == identity_hash, reservation.person_id == previous)
        .values(person_id=person_id)
    )
    return taken.rowcount == 1


async def find_all_by_documents(
    connection: AsyncConnection, identity_hashes: Sequence[bytes]
) -> list[tuple[bytes, UUID]]:
    """Pairs of identity hash and person, of the reserved documents among the given ones."""
    statement = select(
        document_reservations.c.identity_hash, document_reservations.c.person_id
    ).where(document_reservations.c.identity_hash.in_(identity_hashes))
    return [(row.identity_hash, row.person_id) for row in await connection.execute(statement)]


async def identity_hashes_of_person(connection: AsyncConnection, person_id: UUID) -> list[bytes]:
    """Hashes of the person's documents, by which failed logins are counted."""
    found = await connection.scalars(
        select(document_reservations.c.identity_hash).where(
            document_reservations.c.person_id == person_id
        )
    )
    return list(found)


async def record_open(
    connection: AsyncConnection, correction_id: UUID, person_id: UUID, requested_at: datetime
) -> None:
    await connection.execute(
        insert(identity_corrections).values(
            correction_id=correction_id, person_id=person_id, requested_at=requested_at
        )
    )


async def record_decided(connection: AsyncConnection, correction_id: UUID, person_id: UUID) -> None:
    await connection.execute(
        delete(identity_corrections).where(identity_corrections.c.correction_id == correction_id)
    )
    await connection.execute(
        insert(decided_corrections).values(correction_id=correction_id, person_id=person_id)
    )


async def person_of_decided_correction(
    connection: AsyncConnection, correction_id: UUID
) -> UUID | None:
    found: UUID | None = await connection.scalar(
        select(decided_corrections.c.person_id).where(
            decided_corrections.c.correction_id == correction_id
        )
    )
    return found


async def list_open_corrections(connection: AsyncConnection, limit: int) -> list[OpenCorrectionRow]:
    """The oldest first."""
    order = (identity_corrections.c.requested_at, identity_corrections.c.correction_id)
    rows = await connection.execute(select(identity_corrections).order_by(*order).limit(limit))
    return [
        OpenCorrectionRow(
            correction_id=row.correction_id,
            person_id=row.person_id,
            requested_at=row.requested_at,
        )
        for row in rows
    ]


async def person_of_open_correction(
    connection: AsyncConnection, correction_id: UUID
) -> UUID | None:
    found: UUID | None = await connection.scalar(
        select(identity_corrections.c.person_id).where(
            identity_corrections.c.correction_id == correction_id
        )
    )
    return found

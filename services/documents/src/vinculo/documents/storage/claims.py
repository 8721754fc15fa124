"""Rows of claims to documents: which of them are open, as onboarding published it.

Commands share-lock a claim's row, so that the end of the claim waits for writes in progress and
then also removes what they wrote.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.erasures import add_erasure
from vinculo.documents.storage.screening_jobs import delete_jobs_of
from vinculo.documents.storage.tables import document_claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`holder` is the person who has the document. An undecided claim ends at `expires_at`."""

    claim_id: UUID
    holder: UUID
    expires_at: datetime
    ended_at: datetime | None = None


class ClaimUnknown(Exception):
    """There is no such claim."""


class ClaimNotReceivedYet(Exception):
    """The claim was opened, but its event has not been consumed yet."""


class ClaimEnded(Exception):
    """Files are neither sent nor kept for a claim that was decided or has expired."""


async def record_claim(connection: AsyncConnection, claim: Claim) -> None:
    """Insert the row unless there is one."""
    statement = insert(document_claims).values(**asdict(claim))
    await connection.execute(statement.on_conflict_do_nothing())


async def record_claim_end(connection: AsyncConnection, claim_id: UUID, ended_at: datetime) -> None:
    """End the claim and have its files deleted; nothing happens to one that has ended."""
    ended = await connection.execute(
        update(document_claims)
        .where(document_claims.c.claim_id == claim_id, document_claims.c.ended_at.is_(None))
        .values(ended_at=ended_at)
        .returning(document_claims.c.claim_id)
    )
    if ended.one_or_none() is not None:
        await delete_jobs_of(connection, claim_id)
        await add_erasure(connection, claim_id, ended_at, of_claim=True)


async def end_claims_against(connection: AsyncConnection, holder: UUID, ended_at: datetime) -> None:
    """The holder was erased, which frees the document."""
    statement = select(document_claims.c.claim_id).where(
        document_claims.c.holder == holder, document_claims.c.ended_at.is_(None)
    )
    for claim_id in list(await connection.scalars(statement)):
        await record_claim_end(connection, claim_id, ended_at)


async def find_claim(connection: AsyncConnection, claim_id: UUID) -> Claim | None:
    """Its row is share-locked."""
    statement = (
        select(document_claims)
        .where(document_claims.c.claim_id == claim_id)
        .with_for_update(read=True)
    )
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else Claim(**row)


async def require_open_claim(connection: AsyncConnection, claim_id: UUID, now: datetime) -> None:
    """For the claimant, whose token proves that there is a claim.

    Raises ClaimNotReceivedYet, ClaimEnded.
    """
    claim = await find_claim(connection, claim_id)
    if claim is None:
        raise ClaimNotReceivedYet
    if claim.ended_at is not None or now >= claim.expires_at:
        raise ClaimEnded

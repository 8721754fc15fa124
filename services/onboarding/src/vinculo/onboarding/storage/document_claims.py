"""The table of claims to documents, which follows their streams: the queue, and what ends by time.

It has no personal data. The rows of a holder who is erased are deleted.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.onboarding.storage.submissions import SubmissionRow, submission_from_row
from vinculo.onboarding.storage.tables import document_claims, submissions


class ClaimState(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    claim_id: UUID
    holder: UUID
    submission_id: UUID
    state: ClaimState
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


async def add_claim(connection: AsyncConnection, row: ClaimRow) -> None:
    await connection.execute(
        insert(document_claims).values(
            claim_id=row.claim_id,
            holder=row.holder,
            submission_id=row.submission_id,
            state=row.state.value,
            opened_at=row.opened_at,
            expires_at=row.expires_at,
        )
    )


async def end_claim(
    connection: AsyncConnection, claim_id: UUID, state: ClaimState, ended_at: datetime
) -> None:
    await connection.execute(
        update(document_claims)
        .where(document_claims.c.claim_id == claim_id)
        .values(state=state.value, ended_at=ended_at)
    )


async def find_claim(connection: AsyncConnection, claim_id: UUID) -> ClaimRow | None:
    return await _find(connection, document_claims.c.claim_id == claim_id)


async def claim_of_submission(connection: AsyncConnection, submission_id: UUID) -> ClaimRow | None:
    return await _find(connection, document_claims.c.submission_id == submission_id)


async def list_claims(
    connection: AsyncConnection,
    state: ClaimState | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ClaimRow]:
    """The oldest first, behind the opening time and the id of another one."""
    claim = document_claims.c
    statement = select(document_claims).order_by(claim.opened_at, claim.claim_id).limit(limit)
    if state is not None:
        statement = statement.where(claim.state == state.value)
    if after is not None:
        statement = statement.where(tuple_(claim.opened_at, claim.claim_id) > tuple_(*after))
    return [_claim(row) for row in await connection.execute(statement)]


async def open_claims_to_documents_of(connection: AsyncConnection, holder: UUID) -> list[ClaimRow]:
    claim = document_claims.c
    found = await connection.execute(
        select(document_claims).where(claim.holder == holder, claim.state == ClaimState.OPEN.value)
    )
    return [_claim(row) for row in found]


async def undecided_claims(
    connection: AsyncConnection, now: datetime, limit: int
) -> list[ClaimRow]:
    """Open claims whose time to be decided is over."""
    claim = document_claims.c
    found = await connection.execute(
        select(document_claims)
        .where(claim.state == ClaimState.OPEN.value, claim.expires_at <= now)
        .order_by(claim.expires_at)
        .limit(limit)
    )
    return [_claim(row) for row in found]


async def submissions_of_ended_claims(
    connection: AsyncConnection, ended_before: datetime, limit: int
) -> list[SubmissionRow]:
    """Of granted claims at once, as they are copied; of others that ended until then."""
    claim = document_claims.c
    ended = and_(claim.state != ClaimState.OPEN.value, claim.ended_at <= ended_before)
    found = await connection.execute(
        select(submissions)
        .join(document_claims, claim.submission_id == submissions.c.submission_id)
        .where(or_(claim.state == ClaimState.GRANTED.value, ended))
        .order_by(claim.ended_at)
        .limit(limit)
    )
    return [submission_from_row(row) for row in found]


async def _find(connection: AsyncConnection, which: ColumnElement[bool]) -> ClaimRow | None:
    row = (await connection.execute(select(document_claims).where(which))).one_or_none()
    return None if row is None else _claim(row)


def _claim(row: Row[Any]) -> ClaimRow:
    return ClaimRow(
        claim_id=row.claim_id,
        holder=row.holder,
        submission_id=row.submission_id,
        state=ClaimState(row.state),
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )

"""Open submissions: the password, the key and the mailbox of each, and the links sent for them.

A row is deleted when its submission is activated, or once it has ended and its key is destroyed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.onboarding.domain.submission import ActivationLinkIssued
from vinculo.onboarding.storage.tables import (
    accounts,
    activation_links,
    discarded_keys,
    document_claims,
    submissions,
)
from vinculo.privacy import keyed_hash

MAX_CANDIDATES: Final = 3
"""The newest submissions of a mailbox whose passwords a link can be used with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRow:
    """`email_hash` is None for a registration of an earlier version."""

    submission_id: UUID
    person_id: UUID
    key_id: UUID
    password_hash: str
    email_hash: bytes | None


def hash_mailbox(hash_key: bytes, person_id: UUID, email: str) -> bytes:
    """Equal for equal addresses of one application only."""
    return keyed_hash(hash_key, "mailbox", str(person_id), email)


async def add_submission(
    connection: AsyncConnection, row: SubmissionRow, received_at: datetime
) -> None:
    await connection.execute(
        insert(submissions).values(
            submission_id=row.submission_id,
            person_id=row.person_id,
            key_id=row.key_id,
            password_hash=row.password_hash,
            email_hash=row.email_hash,
            received_at=received_at,
        )
    )


async def find_submission(connection: AsyncConnection, submission_id: UUID) -> SubmissionRow | None:
    found = await connection.execute(
        select(submissions).where(submissions.c.submission_id == submission_id)
    )
    row = found.one_or_none()
    return None if row is None else submission_from_row(row)


async def newest_submission_to(
    connection: AsyncConnection, person_id: UUID, email_hash: bytes
) -> SubmissionRow | None:
    """The newest open submission of the person with that address."""
    found = await connection.execute(
        select(submissions)
        .where(submissions.c.person_id == person_id, submissions.c.email_hash == email_hash)
        .order_by(submissions.c.received_at.desc())
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else submission_from_row(row)


async def submissions_of_mailbox(
    connection: AsyncConnection, row: SubmissionRow
) -> list[SubmissionRow]:
    """The newest open submissions with the address of this one, which is one of them."""
    if row.email_hash is None:
        return [row]
    found = await connection.execute(
        select(submissions)
        .where(submissions.c.person_id == row.person_id, submissions.c.email_hash == row.email_hash)
        .order_by(submissions.c.received_at.desc())
        .limit(MAX_CANDIDATES)
    )
    return [submission_from_row(each) for each in found]


async def count_submissions(connection: AsyncConnection, person_id: UUID) -> int:
    counted = select(func.count()).select_from(submissions)
    return int(await connection.scalar(counted.where(submissions.c.person_id == person_id)) or 0)


async def count_contested(connection: AsyncConnection, at_least: int) -> int:
    """How many people that are not activated have at least that many open submissions."""
    contested = (
        select(submissions.c.person_id)
        .join(accounts, accounts.c.person_id == submissions.c.person_id)
        .where(accounts.c.email_verified_at.is_(None))
        .group_by(submissions.c.person_id)
        .having(func.count() >= at_least)
        .subquery()
    )
    return int(await connection.scalar(select(func.count()).select_from(contested)) or 0)


async def expired_submissions(
    connection: AsyncConnection, now: datetime, limit: int
) -> list[SubmissionRow]:
    """Those of active accounts whose last link has expired, without those that have a claim."""
    claim = select(document_claims.c.claim_id).where(
        document_claims.c.submission_id == submissions.c.submission_id
    )
    found = await connection.execute(
        select(submissions)
        .join(accounts, accounts.c.person_id == submissions.c.person_id)
        .where(
            accounts.c.email_verified_at.is_not(None),
            submissions.c.link_expires_at <= now,
            ~claim.exists(),
        )
        .order_by(submissions.c.link_expires_at)
        .limit(limit)
    )
    return [submission_from_row(each) for each in found]


async def set_mailbox(connection: AsyncConnection, submission_id: UUID, email_hash: bytes) -> None:
    await connection.execute(
        update(submissions)
        .where(submissions.c.submission_id == submission_id)
        .values(email_hash=email_hash)
    )


async def delete_submission(connection: AsyncConnection, submission_id: UUID) -> None:
    await connection.execute(
        delete(submissions).where(submissions.c.submission_id == submission_id)
    )


async def discard_submission(connection: AsyncConnection, submission_id: UUID) -> None:
    """Delete the row of a submission that ended, and remember its key to be destroyed.

    Not the person's own key, under which submissions of earlier versions are sealed.
    """
    deleted = await connection.execute(
        delete(submissions)
        .where(submissions.c.submission_id == submission_id)
        .returning(submissions.c.person_id, submissions.c.key_id)
    )
    row = deleted.one_or_none()
    if row is not None and row.key_id != row.person_id:
        await connection.execute(insert(discarded_keys).values(key_id=row.key_id))


async def find_discarded_keys(connection: AsyncConnection, limit: int) -> list[UUID]:
    return list(await connection.scalars(select(discarded_keys.c.key_id).limit(limit)))


async def delete_discarded_key(connection: AsyncConnection, key_id: UUID) -> None:
    await connection.execute(delete(discarded_keys).where(discarded_keys.c.key_id == key_id))


async def record_links(
    connection: AsyncConnection, person_id: UUID, events: Sequence[object]
) -> None:
    """Record the submission of each issued link, in the transaction that issues it."""
    for event in events:
        if isinstance(event, ActivationLinkIssued):
            await connection.execute(
                insert(activation_links).values(
                    link_id=event.link_id,
                    person_id=person_id,
                    submission_id=event.submission_id,
                    expires_at=event.expires_at,
                )
            )
            await connection.execute(
                update(submissions)
                .where(submissions.c.submission_id == event.submission_id)
                .values(link_expires_at=event.expires_at)
            )


def ended_links(expired_before: datetime) -> ColumnElement[bool]:
    """The links that expired before this moment; they are then unknown."""
    return activation_links.c.expires_at < expired_before


async def submission_of_link(
    connection: AsyncConnection, link_id: UUID
) -> tuple[UUID, UUID | None] | None:
    """The person and the submission of a link; None for an unknown one."""
    found = await connection.execute(
        select(activation_links).where(activation_links.c.link_id == link_id)
    )
    row = found.one_or_none()
    return None if row is None else (row.person_id, row.submission_id)


def submission_from_row(row: Row[Any]) -> SubmissionRow:
    return SubmissionRow(
        submission_id=row.submission_id,
        person_id=row.person_id,
        key_id=row.key_id,
        password_hash=row.password_hash,
        email_hash=row.email_hash,
    )

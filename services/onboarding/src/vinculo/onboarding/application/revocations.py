"""Publishes which access tokens are refused, in the transaction of what ends them.

Subjects of external issuers have no row that denies them at the next sign-in. So they are kept in
a table and announced again and again: the topic keeps a record for 24 hours only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.access.tokens import subject_id
from vinculo.events import untracked_position
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.onboarding.domain.revocation import (
    RevocationEvent,
    Revoke,
    SubjectAllowed,
    SubjectDenied,
)
from vinculo.onboarding.storage.streams import REVOCATIONS
from vinculo.onboarding.storage.tables import denied_subjects

DENIALS_REPEATED: Final = "denials-repeated"
"""Name of the periodic job."""
REPEATED_AFTER: Final = timedelta(hours=12)
"""Half of the topic's retention, so that one failed run leaves no gap."""
REPEAT_INTERVAL_SECONDS: Final = 3600.0

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('vinculo-revocation'), hashtext(:subject))")


class SubjectNotDenied(Exception):
    def __init__(self) -> None:
        super().__init__("the subject of this issuer is not denied")


async def revoke_access(
    store: PostgresEventStore,
    connection: AsyncConnection,
    subject: UUID,
    revocations: Sequence[RevocationEvent],
) -> None:
    """Append the revocations, if any, in the caller's transaction.

    Appends to one subject's stream wait for each other. Other rows of the subject must be locked
    before, or two transactions could wait for each other.
    """
    if not revocations:
        return
    await connection.execute(_LOCK, {"subject": str(subject)})
    with untracked_position():
        await execute(
            store,
            REVOCATIONS,
            subject,
            Revoke(revocations=tuple(revocations)),
            connection=connection,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedSubjects:
    """Subjects of external issuers whose tokens every service refuses."""

    store: PostgresEventStore
    clock: Callable[[], datetime]

    async def deny(self, issuer: str, subject: str) -> UUID:
        """Deny the subject and return the id that services know it by. Idempotent."""
        denied, now = subject_id(issuer, subject), self.clock()
        statement = insert(denied_subjects).values(
            subject_id=denied, issuer=issuer, denied_at=now, announced_at=now
        )
        async with self.store.transaction() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["subject_id"], set_={"announced_at": now}
                )
            )
            await revoke_access(self.store, connection, denied, [SubjectDenied()])
        return denied

    async def allow(self, issuer: str, subject: str) -> UUID:
        """Accept the subject's tokens again. Raises SubjectNotDenied."""
        allowed = subject_id(issuer, subject)
        statement = delete(denied_subjects).where(denied_subjects.c.subject_id == allowed)
        async with self.store.transaction() as connection:
            if (await connection.execute(statement)).rowcount != 1:
                raise SubjectNotDenied
            await revoke_access(self.store, connection, allowed, [SubjectAllowed()])
        return allowed

    async def repeat(self) -> int:
        """Announce again what was announced twelve hours ago or earlier; return how many."""
        due = denied_subjects.c.announced_at <= self.clock() - REPEATED_AFTER
        async with self.store.engine.connect() as connection:
            subjects = (
                await connection.scalars(select(denied_subjects.c.subject_id).where(due))
            ).all()
        repeated = 0
        for subject in subjects:
            async with self.store.transaction() as connection:
                announced = await connection.execute(
                    update(denied_subjects)
                    .where(denied_subjects.c.subject_id == subject, due)
                    .values(announced_at=self.clock())
                )
                if announced.rowcount == 1:
                    await revoke_access(self.store, connection, subject, [SubjectDenied()])
                    repeated += 1
        return repeated

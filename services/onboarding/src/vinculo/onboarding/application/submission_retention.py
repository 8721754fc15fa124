"""What ends by time: submissions and their keys, undecided claims, and lapsed applications.

All of it is periodic work. A run that is interrupted is completed by the next one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from vinculo.events import VersionConflict
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.onboarding.domain.activation_decisions import (
    AbandonApplication,
    ApplicationRefused,
    DropExpiredSubmission,
)
from vinculo.onboarding.domain.document_claim import ExpireClaim
from vinculo.onboarding.storage.accounts import lapsed_before
from vinculo.onboarding.storage.document_claims import (
    ClaimRow,
    ClaimState,
    end_claim,
    submissions_of_ended_claims,
    undecided_claims,
)
from vinculo.onboarding.storage.identity_reservations import (
    free_reservations_of,
    lock_reservations_of,
)
from vinculo.onboarding.storage.streams import ApplicationCategory, ClaimCategory
from vinculo.onboarding.storage.submissions import (
    SubmissionRow,
    delete_discarded_key,
    delete_submission,
    expired_submissions,
    find_discarded_keys,
)
from vinculo.privacy import KeyRing

BATCH: Final = 200
CLAIM_KEYS_KEPT: Final = timedelta(days=2)
"""After a refusal or expiry, so that the claimant can be notified."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRetention:
    store: PostgresEventStore
    applications: ApplicationCategory
    claims: ClaimCategory
    keyring: KeyRing
    abandon_after: timedelta
    clock: Callable[[], datetime]

    async def drop_expired(self) -> int:
        """End the submissions that were not activated, and destroy their keys; how many.

        The row is deleted last: until then the next run finds the submission again.
        """
        async with self.store.engine.connect() as connection:
            rows = await expired_submissions(connection, self.clock(), BATCH)
        for row in rows:
            await self._drop(row)
        if rows:
            log.info("submissions-dropped", count=len(rows))
        return len(rows)

    async def destroy_discarded_keys(self) -> int:
        """Destroy the keys of submissions that ended before activation; how many."""
        async with self.store.engine.connect() as connection:
            keys = await find_discarded_keys(connection, BATCH)
        for key_id in keys:
            await self.keyring.destroy_key(key_id)
            async with self.store.engine.begin() as connection:
                await delete_discarded_key(connection, key_id)
        return len(keys)

    async def end_claims(self) -> int:
        """Expire the undecided claims, and destroy the keys of claims that have ended; how many.

        The submission of a granted claim was copied; that of another claim is kept for some days.
        """
        async with self.store.engine.connect() as connection:
            undecided = await undecided_claims(connection, self.clock(), BATCH)
        for claim in undecided:
            await self._expire(claim)
        async with self.store.engine.connect() as connection:
            ended_before = self.clock() - CLAIM_KEYS_KEPT
            rows = await submissions_of_ended_claims(connection, ended_before, BATCH)
        for row in rows:
            await self._drop(row, claim_ended=True)
        if undecided or rows:
            log.info("claims-ended", expired=len(undecided), keys_destroyed=len(rows))
        return len(undecided) + len(rows)

    async def abandon_lapsed(self) -> int:
        """Close the applications that lapsed long ago, and free their documents; how many."""
        async with self.store.engine.connect() as connection:
            before = self.clock() - self.abandon_after
            people = await lapsed_before(connection, before, BATCH)
        count = 0
        for person_id in people:
            count += await self._abandon(person_id)
        if count:
            log.info("applications-abandoned", count=count)
        return count

    async def _expire(self, claim: ClaimRow) -> None:
        """Quiet for a claim that was decided meanwhile."""
        now = self.clock()
        async with self.store.transaction() as connection:
            result = await execute(
                self.store,
                self.claims,
                claim.claim_id,
                ExpireClaim(now=now),
                subject=claim.holder,
                connection=connection,
            )
            if result.events:
                await end_claim(connection, claim.claim_id, ClaimState.EXPIRED, now)

    async def _drop(self, row: SubmissionRow, *, claim_ended: bool = False) -> None:
        command = DropExpiredSubmission(
            submission_id=row.submission_id, claim_ended=claim_ended, now=self.clock()
        )
        await execute(self.store, self.applications, row.person_id, command)
        if row.key_id != row.person_id:
            await self.keyring.destroy_key(row.key_id)
        async with self.store.engine.begin() as connection:
            await delete_submission(connection, row.submission_id)

    async def _abandon(self, person_id: UUID) -> bool:
        """Under the reservation's lock, so that no registration or activation comes in between."""
        try:
            async with self.store.transaction() as connection:
                await lock_reservations_of(connection, person_id)
                result = await execute(
                    self.store,
                    self.applications,
                    person_id,
                    AbandonApplication(now=self.clock()),
                    connection=connection,
                )
                await free_reservations_of(connection, person_id)
        except (ApplicationRefused, VersionConflict):
            return False
        return bool(result.events)

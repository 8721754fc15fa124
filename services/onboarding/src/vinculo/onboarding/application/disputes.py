"""Documents that several people claim: contested before activation, disputed afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.contracts.onboarding import CONTESTED_FROM
from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore, execute, load_up_to_causation
from vinculo.onboarding.domain.activation_decisions import (
    DismissDispute,
    DisputeDismissal,
    NoSuchApplication,
)
from vinculo.onboarding.domain.identity_correction import OwnRecordCorrection
from vinculo.onboarding.metrics import OnboardingMetrics
from vinculo.onboarding.storage.streams import ApplicationCategory
from vinculo.onboarding.storage.submissions import count_contested


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestedDocuments:
    """Counts the documents with twenty or more open submissions, which operators look at."""

    engine: AsyncEngine
    metrics: OnboardingMetrics

    async def measure(self) -> None:
        async with self.engine.connect() as connection:
            count = await count_contested(connection, CONTESTED_FROM)
        self.metrics.contested_documents.set(count)


class PersonUnknown(Exception):
    """There is no application of the person, or not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputes:
    store: PostgresEventStore
    applications: ApplicationCategory
    clock: Callable[[], datetime]

    async def dismiss(
        self, person_id: UUID, reason_code: DisputeDismissal, dismissed_by: UUID, meta: Meta
    ) -> None:
        """Idempotent by the causation id of `meta`.

        Raises:
            OwnRecordCorrection: the operator is the person.
            NotDisputed, PersonUnknown: there is nothing to dismiss.

        """
        if dismissed_by == person_id:
            raise OwnRecordCorrection
        if meta.causation_id is not None and await load_up_to_causation(
            self.store, self.applications, person_id, meta.causation_id
        ):
            return
        command = DismissDispute(
            reason_code=reason_code, dismissed_by=dismissed_by, now=self.clock()
        )
        try:
            await execute(self.store, self.applications, person_id, command, meta=meta)
        except NoSuchApplication:
            raise PersonUnknown from None

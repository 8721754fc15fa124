"""Disputes about the document of an active account, which operators dismiss."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore, execute, load_up_to_causation
from vinculo.onboarding.domain.activation_decisions import DismissDispute, DisputeDismissal
from vinculo.onboarding.domain.identity_correction import OwnRecordCorrection
from vinculo.onboarding.storage.streams import ApplicationCategory


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
            NotDisputed, NoSuchApplication: there is nothing to dismiss.

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
        await execute(self.store, self.applications, person_id, command, meta=meta)

"""Sweeping the records whose accounts were not activated in time. Several workers may do it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.reevaluation import reevaluate
from vinculo.customer_registry.domain.customer_decisions import LapseActivation
from vinculo.customer_registry.storage.people import (
    BEGINNING_OF_WAITING,
    lock_existing_person,
    people_awaiting_activation,
)
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta
from vinculo.eventstore import execute

PAGE = 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Lapsing:
    registry: RegistryDependencies
    lapses_after: timedelta

    async def sweep(self) -> int:
        """Disable all who wait too long; give how many were.

        One transaction per person. Whoever cannot be disabled is counted, logged, passed by and met
        by the next sweep.
        """
        now = self.registry.clock()
        waiting_since = now - self.lapses_after
        lapsed = 0
        after = BEGINNING_OF_WAITING
        while True:
            async with self.registry.store.engine.connect() as connection:
                page = await people_awaiting_activation(
                    connection, waiting_since=waiting_since, after=after, limit=PAGE
                )
            if not page:
                return lapsed
            for _, person_id in page:
                lapsed += await self._lapse(person_id, waiting_since, now)
            after = page[-1]

    async def keep_sweeping(self, pause_seconds: float) -> None:
        """Run until cancelled."""
        while True:
            try:
                lapsed = await self.sweep()
            except Exception:
                self.registry.metrics.sweep_failures.inc()
                log.exception("lapse-sweep-failed")
            else:
                if lapsed:
                    log.info("activations-lapsed", count=lapsed)
            await asyncio.sleep(pause_seconds)

    async def _lapse(self, person_id: UUID, waiting_since: datetime, now: datetime) -> int:
        registry = self.registry
        try:
            async with registry.store.transaction() as connection:
                person = await lock_existing_person(connection, person_id)
                if person is None or person.erased_at is not None:
                    return 0
                outcome = await execute(
                    registry.store,
                    CUSTOMERS,
                    person_id,
                    LapseActivation(waiting_since=waiting_since, now=now),
                    connection=connection,
                )
                await reevaluate(registry, connection, person, Meta())
        except Exception:
            registry.metrics.sweep_failures.inc()
            log.exception("activation-not-lapsed", person_id=person_id)
            return 0
        return len(outcome.events)

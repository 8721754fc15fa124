"""Deletes what is left in quarantine: uploads never completed, and second uploads to a used form.

A form can be used until it expires, even after its file was screened, and not every object store
has rules that delete old objects. A file whose screening was requested stays until its job ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.documents.storage.object_store import QUARANTINE, ObjectStore
from vinculo.documents.storage.screening_jobs import object_keys_of_jobs

QUARANTINE_SWEEP: Final = "quarantine-sweep"
SWEEP_INTERVAL_SECONDS: Final = 300
KEPT_FOR: Final = timedelta(minutes=50)
"""Far longer than a form is valid; with the interval, everything is deleted within the hour."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineSweep:
    engine: AsyncEngine
    objects: ObjectStore
    clock: Callable[[], datetime]

    async def run(self) -> None:
        """Delete objects that arrived before KEPT_FOR. Raises ObjectStoreUnavailableError."""
        arrived_before = self.clock() - KEPT_FOR
        found = await self.objects.list_versions([QUARANTINE])
        async with self.engine.connect() as connection:
            waiting = await object_keys_of_jobs(connection)
        leftovers = [
            version
            for version in found
            if version.modified_at < arrived_before
            and not version.is_folder
            and version.key not in waiting
        ]
        await self.objects.delete_versions(leftovers)
        if leftovers:
            log.info("quarantine-swept", count=len(leftovers))

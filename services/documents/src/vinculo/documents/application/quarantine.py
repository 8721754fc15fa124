"""Deletes what is left in quarantine: uploads never completed, and second uploads to a used form.

A form can be used until it expires, even after its file was screened, and not every object store
has rules that delete old objects.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from vinculo.documents.storage.object_store import QUARANTINE, ObjectStore

QUARANTINE_SWEEP: Final = "quarantine-sweep"
SWEEP_INTERVAL_SECONDS: Final = 300
KEPT_FOR: Final = timedelta(minutes=50)
"""Far longer than a form is valid; with the interval, everything is deleted within the hour."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineSweep:
    objects: ObjectStore
    clock: Callable[[], datetime]

    async def run(self) -> None:
        """Delete objects that arrived before KEPT_FOR. Raises ObjectStoreUnavailableError."""
        arrived_before = self.clock() - KEPT_FOR
        leftovers = [
            version
            for version in await self.objects.list_versions([QUARANTINE])
            if version.modified_at < arrived_before and not version.is_folder
        ]
        await self.objects.delete_versions(leftovers)
        if leftovers:
            log.info("quarantine-swept", count=len(leftovers))

"""Deletes the files of erased people and of ended claims.

A signed upload form cannot be revoked, so an owner's files are swept again until every form has
ended, and once more when what was sent at the last moment has arrived.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.domain.dossier import Dossier, DossierEvent
from vinculo.documents.domain.dossier_decisions import RecordFilesErased
from vinculo.documents.metrics import DocumentsMetrics
from vinculo.documents.storage.erasures import (
    FileErasure,
    count_unreported,
    due_erasures,
    end_erasure,
    save_found,
    save_late_files,
    save_next_sweep,
    save_report,
)
from vinculo.documents.storage.object_store import ObjectStore
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.documents.storage.uploads import owner_prefixes
from vinculo.eventstore import CommandResult, PostgresEventStore, execute

ERASURE_SWEEP: Final = "erasure-sweep"
OVERDUE_AFTER: Final = timedelta(minutes=30)
SETTLE: Final = timedelta(minutes=10)
"""Within this time a file that was sent at the last moment arrives, and a screening ends."""
BATCH: Final = 100

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileErasures:
    """`interval` is the shortest time between two sweeps of one owner."""

    store: PostgresEventStore
    objects: ObjectStore
    interval: timedelta
    clock: Callable[[], datetime]
    metrics: DocumentsMetrics

    async def sweep(self) -> None:
        """Delete the files whose sweep is due; run by one process at a time.

        Raises ObjectStoreUnavailableError; the other sweeps stay due.
        """
        try:
            while due := await self._due():
                for erasure in due:
                    await self._sweep_owner(erasure)
        finally:
            await self._measure()

    async def _due(self) -> list[FileErasure]:
        async with self.store.engine.connect() as connection:
            return list(await due_erasures(connection, now=self.clock(), limit=BATCH))

    async def _sweep_owner(self, erasure: FileErasure) -> None:
        started_at = self.clock()
        owner_id = erasure.owner_id
        found = await self.objects.list_versions(owner_prefixes(owner_id))
        objects = sum(not version.is_folder for version in found)
        size_bytes = sum(version.size_bytes for version in found)
        if erasure.reported_at is None:
            async with self.store.engine.begin() as connection:
                objects, size_bytes = await save_found(
                    connection, owner_id, objects=objects, size_bytes=size_bytes
                )
        await self.objects.delete_versions(found)
        if erasure.reported_at is None:
            await self._report(erasure, objects, size_bytes)
        elif objects:
            log.warning("late-files-erased", owner_id=str(owner_id), count=objects)
            async with self.store.engine.begin() as connection:
                await save_late_files(connection, owner_id, objects=objects, size_bytes=size_bytes)
        await self._schedule(erasure, started_at)

    async def _report(self, erasure: FileErasure, objects: int, size_bytes: int) -> None:
        """In the dossier of a person. A claim has none, and its files are only logged."""
        now, owner_id = self.clock(), erasure.owner_id
        if erasure.of_claim:
            async with self.store.engine.begin() as connection:
                await save_report(connection, owner_id, now)
            log.info("claim-files-deleted", claim_id=str(owner_id), count=objects)
            return
        command = RecordFilesErased(objects=objects, bytes=size_bytes, now=now)

        async def on_appended(
            connection: AsyncConnection, _: CommandResult[Dossier, DossierEvent]
        ) -> None:
            await save_report(connection, owner_id, now)

        result = await execute(self.store, DOSSIERS, owner_id, command, on_appended=on_appended)
        if not result.events:
            async with self.store.engine.begin() as connection:
                await save_report(connection, owner_id, now)

    async def _schedule(self, erasure: FileErasure, started_at: datetime) -> None:
        """Rarer with time, so that many erasures at once do not keep the store busy."""
        last_at = max(erasure.forms_end_at, erasure.erased_at) + SETTLE
        async with self.store.engine.begin() as connection:
            if started_at >= last_at:
                await end_erasure(connection, erasure.owner_id, self.clock())
                return
            delay = max(self.interval, (started_at - erasure.erased_at) / 2)
            next_at = min(self.clock() + delay, last_at)
            await save_next_sweep(connection, erasure.owner_id, next_at)

    async def _measure(self) -> None:
        async with self.store.engine.connect() as connection:
            overdue = await count_unreported(connection, erased_before=self.clock() - OVERDUE_AFTER)
        self.metrics.overdue_erasures.set(overdue)

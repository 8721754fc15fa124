"""Deletes the files of erased people.

A signed upload form cannot be revoked, so a person's files are swept again until every form has
ended, and once more when what was sent at the last moment has arrived.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

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
from vinculo.documents.storage.uploads import person_prefixes
from vinculo.eventstore import CommandResult, PostgresEventStore, execute

ERASURE_SWEEP: Final = "erasure-sweep"
OVERDUE_AFTER: Final = timedelta(minutes=30)
SETTLE: Final = timedelta(minutes=10)
"""Within this time a file that was sent at the last moment arrives, and a screening ends."""
BATCH: Final = 100

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileErasures:
    """`interval` is the shortest time between two sweeps of one person."""

    store: PostgresEventStore
    objects: ObjectStore
    interval: timedelta
    clock: Callable[[], datetime]
    metrics: DocumentsMetrics

    async def sweep(self) -> None:
        """Delete the files of the people whose sweep is due; run by one process at a time.

        Raises ObjectStoreUnavailableError; the other sweeps stay due.
        """
        try:
            while due := await self._due():
                for erasure in due:
                    await self._sweep_person(erasure)
        finally:
            await self._measure()

    async def _due(self) -> list[FileErasure]:
        async with self.store.engine.connect() as connection:
            return list(await due_erasures(connection, now=self.clock(), limit=BATCH))

    async def _sweep_person(self, erasure: FileErasure) -> None:
        started_at = self.clock()
        person_id = erasure.person_id
        found = await self.objects.list_versions(person_prefixes(person_id))
        objects = sum(not version.is_folder for version in found)
        size_bytes = sum(version.size_bytes for version in found)
        if erasure.reported_at is None:
            async with self.store.engine.begin() as connection:
                objects, size_bytes = await save_found(
                    connection, person_id, objects=objects, size_bytes=size_bytes
                )
        await self.objects.delete_versions(found)
        if erasure.reported_at is None:
            await self._report(person_id, objects, size_bytes)
        elif objects:
            log.warning("late-files-erased", person_id=str(person_id), count=objects)
            async with self.store.engine.begin() as connection:
                await save_late_files(connection, person_id, objects=objects, size_bytes=size_bytes)
        await self._schedule(erasure, started_at)

    async def _report(self, person_id: UUID, objects: int, size_bytes: int) -> None:
        now = self.clock()
        command = RecordFilesErased(objects=objects, bytes=size_bytes, now=now)

        async def on_appended(
            connection: AsyncConnection, _: CommandResult[Dossier, DossierEvent]
        ) -> None:
            await save_report(connection, person_id, now)

        result = await execute(self.store, DOSSIERS, person_id, command, on_appended=on_appended)
        if not result.events:
            async with self.store.engine.begin() as connection:
                await save_report(connection, person_id, now)

    async def _schedule(self, erasure: FileErasure, started_at: datetime) -> None:
        """Rarer with time, so that many erasures at once do not keep the store busy."""
        last_at = max(erasure.forms_end_at, erasure.erased_at) + SETTLE
        async with self.store.engine.begin() as connection:
            if started_at >= last_at:
                await end_erasure(connection, erasure.person_id, self.clock())
                return
            delay = max(self.interval, (started_at - erasure.erased_at) / 2)
            next_at = min(self.clock() + delay, last_at)
            await save_next_sweep(connection, erasure.person_id, next_at)

    async def _measure(self) -> None:
        async with self.store.engine.connect() as connection:
            overdue = await count_unreported(connection, erased_before=self.clock() - OVERDUE_AFTER)
        self.metrics.overdue_erasures.set(overdue)

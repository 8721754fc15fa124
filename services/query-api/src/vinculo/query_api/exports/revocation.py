"""Revokes files that contain an erased person: the link stops working, the object is deleted.

Every worker scans the read model for erased people, and each may revoke a file; the second attempt
finds nothing to do. No file is missed: the worker that finishes a file checks it against the people
who are erased by then, and people who are erased later are new to the next scan.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from vinculo.query_api.audit_log import AuditAction, AuditLog
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.export_job import StoredFile
from vinculo.query_api.exports.job_queue import ExportQueue
from vinculo.query_api.exports.object_store import ExportFileStore
from vinculo.query_api.person_document.schema import ERASED_AT
from vinculo.query_api.read_model import ReadModel

MAX_PROJECTION_DELAY: Final = timedelta(days=31)
"""How late an erasure may reach the read model. Files are kept for less."""

log: Final = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class ErasureRevoker:
    read_model: ReadModel
    queue: ExportQueue
    contents: ExportContents
    files: ExportFileStore
    audit: AuditLog
    clock: Callable[[], datetime]
    _scanned: AbstractSet[UUID] = field(default=frozenset(), init=False)

    async def scan(self) -> None:
        """Revoke all files that contain a person who was not erased at the previous scan."""
        erased = await self._erased_people()
        new = erased - self._scanned
        if new:
            for file in await self.queue.downloadable(self.clock()):
                await self._revoke(file, new)
        self._scanned = erased

    async def revoke_if_erased(self, export_id: UUID) -> None:
        """Revoke a file that was just finished, if a person was erased while it was written."""
        for file in await self.queue.downloadable(self.clock(), export_id):
            await self._revoke(file, await self._erased_people())

    async def _erased_people(self) -> AbstractSet[UUID]:
        people = (await self.read_model.collections()).people
        since = self.clock() - MAX_PROJECTION_DELAY
        return {
            person["_id"] async for person in people.find({ERASED_AT: {"$gt": since}}, {"_id": 1})
        }

    async def _revoke(self, file: StoredFile, erased: AbstractSet[UUID]) -> None:
        contained = await self.contents.contained_in(file, erased) if erased else set()
        if not contained or not await self.queue.revoke(file.export_id):
            return
        for person_id in contained:
            await self.audit.record(
                AuditAction.EXPORT_WITHDRAWN,
                by=None,
                person_id=person_id,
                facts={"export_id": str(file.export_id), "reason": "person-erased"},
            )
        await self.files.remove(file.object_name)
        log.info("export-revoked", export_id=str(file.export_id))

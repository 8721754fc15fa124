"""Files that hold somebody erased since are withdrawn: no link works, and the object is deleted.

Every exporter looks at whom the read model calls erased, and each of them may withdraw a file:
the second finds nothing to do. No file slips through: when one is done, its exporter looks whether
somebody in it is erased by then, and whoever is erased later is new to the next look.
"""

import asyncio
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from vinculo.query_api.audit_log import AuditLog
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.job_queue import ExportQueue
from vinculo.query_api.exports.object_store import ExportFileStore
from vinculo.query_api.person_document.schema import ERASED_AT
from vinculo.query_api.read_model import ReadModel

LOOKED_EVERY_SECONDS: Final = 1.0
ERASED_WITHIN: Final = timedelta(days=31)
"""How late the read model may learn of an erasure; files are kept for less."""

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class ErasureRevoker:
    read_model: ReadModel
    turns: ExportQueue
    rosters: ExportContents
    files: ExportFileStore
    audit: AuditLog
    clock: Callable[[], datetime]
    _looked_for: AbstractSet[UUID] = field(default=frozenset(), init=False)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOKED_EVERY_SECONDS)

    async def look(self) -> None:
        """Withdraw every file that holds somebody of whose erasure this process did not know."""
        erased = await self._erased()
        new = erased - self._looked_for
        if new:
            for job in await self.turns.done(self.clock()):
                await self._withdraw(job, new)
        self._looked_for = erased

    async def check(self, export_id: UUID) -> None:
        """Withdraw the file, just done, if somebody was erased while it was written."""
        for job in await self.turns.done(self.clock(), export_id):
            await self._withdraw(job, await self._erased())

    async def _erased(self) -> AbstractSet[UUID]:
        people = (await self.read_model.collections()).people
        since = self.clock() - ERASED_WITHIN
        return {
            person["_id"] async for person in people.find({ERASED_AT: {"$gt": since}}, {"_id": 1})
        }

    async def _withdraw(self, job: Mapping[str, Any], erased: AbstractSet[UUID]) -> None:
        held = await self.rosters.among(job, erased) if erased else set()
        if not held or not await self.turns.withdraw(job):
            return
        for person_id in held:
            await self.audit.record(
                "export-withdrawn",
                by=None,
                person_id=person_id,
                facts={"export_id": str(job["_id"]), "reason": "person-erased"},
            )
        await self.files.remove(job["object_name"])
        log.info("export withdrawn", export_id=str(job["_id"]))

"""What happens at the counter: every request, refusal, download and cancellation goes on record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from vinculo.access import Principal
from vinculo.httpapi import Problem
from vinculo.query_api.audit import AuditTrail
from vinculo.query_api.exports.download import Download
from vinculo.query_api.exports.jobs import Asked, ExportJobs, ExportKnown, State, TooManyExports
from vinculo.query_api.exports.manifest import facts, manifest
from vinculo.query_api.exports.permitted import GroupsOfRoles
from vinculo.query_api.exports.requests import (
    ExportRequest,
    export_id_of,
    same_request,
    still_permitted,
)
from vinculo.query_api.exports.storage import ExportFiles, FileGone
from vinculo.translation import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDesk:
    jobs: ExportJobs
    files: ExportFiles
    audit: AuditTrail
    zone: ZoneInfo
    groups: GroupsOfRoles
    public_url: str
    clock: Callable[[], datetime]

    async def ask(
        self, wanted: ExportRequest, person: Principal, key: str | None, language: Language
    ) -> UUID:
        """Raises Problem 422 for what cannot be, 429 for a third export at once."""
        now = self.clock()
        wanted.filter(self.zone, now, language)
        asked = wanted.asked(person, self.groups, language)
        export_id = export_id_of(key, person)
        first = await self.jobs.find(export_id, by=person.subject, now=now)
        if first is not None:
            return _repeated(first, asked)
        about = {"export_id": str(export_id), **facts(asked.document())}
        await self.audit.record("export-requested", by=person.subject, facts=about)
        try:
            await self.jobs.queue(export_id, asked, by=person.subject, now=now)
        except TooManyExports:
            await self._refuse(person, "too-many-exports", about)
            raise Problem(429, "too-many-exports", headers={"Retry-After": "10"}) from None
        except ExportKnown:
            return _repeated(await self._own(export_id, person), asked)
        return export_id

    async def show(self, export_id: UUID, person: Principal) -> dict[str, Any]:
        """How far it is; once done, the manifest and a fresh link. Raises Problem 404 and 403."""
        job = await self._own(export_id, person)
        if not still_permitted(job, person, self.groups):
            await self._refuse(person, "columns-withheld", {"export_id": str(export_id)})
            raise Problem(403, "forbidden")
        body = _progress(job)
        if job["state"] == State.DONE:
            token = await self.jobs.issue_link(export_id)
            body["download_url"] = (
                f"{self.public_url}/query/v1/exports/{export_id}/file?token={token}"
            )
            body["manifest"] = manifest(job, self.zone)
        return body

    async def cancel(self, export_id: UUID, person: Principal) -> None:
        """What waits never runs, what runs stops, what is done is removed. Raises Problem 404."""
        await self._own(export_id, person)
        job = await self.jobs.cancel(export_id, by=person.subject, now=self.clock())
        if job is None:
            return
        about = {"export_id": str(export_id), "state": job["state"]}
        await self.audit.record("export-cancelled", by=person.subject, facts=about)
        if job["state"] == State.DONE:
            await self.files.remove(job["object_name"])

    async def fetch(self, export_id: UUID, token: str) -> Download:
        """Whoever has the link has the file, once. Raises Problem 410."""
        about = {"export_id": str(export_id)}
        job = await self.jobs.spend_link(export_id, token, self.clock())
        if job is None:
            if await self.jobs.exists(export_id):
                await self._refuse(None, "link-used", about)
            raise Problem(410, "link-used")
        await self.audit.record("export-fetched", by=job["requested_by"], facts=about)
        try:
            pieces = await self.files.open(job["object_name"])
        except FileGone:
            raise Problem(410, "link-used") from None
        return Download(pieces, job, self.zone)

    async def forbid(self, person: Principal) -> None:
        """Put on record who asked without being allowed to."""
        await self._refuse(person, "forbidden", {})

    async def _own(self, export_id: UUID, person: Principal) -> dict[str, Any]:
        job = await self.jobs.find(export_id, by=person.subject, now=self.clock())
        if job is None:
            raise Problem(404, "export-unknown")
        return job

    async def _refuse(
        self, person: Principal | None, reason: str, about: Mapping[str, object]
    ) -> None:
        by = None if person is None else person.subject
        await self.audit.record("export-refused", by=by, facts={"reason": reason, **about})


def _repeated(job: Mapping[str, Any], asked: Asked) -> UUID:
    """The first request's export, whatever has become of it."""
    if not same_request(job, asked):
        raise Problem(422, "idempotency-key-reused")
    export_id: UUID = job["_id"]
    return export_id


def _progress(job: Mapping[str, Any]) -> dict[str, Any]:
    """Rows so far and how many there will be about, which is null until they are counted."""
    shown = {
        "export_id": job["_id"],
        "state": job["state"],
        "format": job["format"],
        "rows": job["rows"],
        "estimated_rows": job.get("estimated_rows"),
        "expires_at": job["expires_at"],
    }
    return {**shown, "reason": job["reason"]} if "reason" in job else shown

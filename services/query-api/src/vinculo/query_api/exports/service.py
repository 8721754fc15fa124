"""What happens at the counter: every request, refusal, download and cancellation goes on record."""

import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive, Scope, Send

from vinculo.access import Permission, Principal, Role
from vinculo.events import uuid7
from vinculo.httpapi import Problem
from vinculo.query_api.audit_log import AuditLog
from vinculo.query_api.exports.job_queue import (
    ExportAlreadyExists,
    ExportJobs,
    ExportSpec,
    ExportState,
    TooManyExports,
)
from vinculo.query_api.exports.manifest import audit_facts, manifest
from vinculo.query_api.exports.object_store import ExportFileStore, FileGone
from vinculo.query_api.exports.writers.csv import DELIMITERS
from vinculo.query_api.exports.writers.row_writer import MEDIA_TYPES, Format
from vinculo.query_api.lists.catalogue import (
    LISTS,
    Column,
    ColumnGroup,
    ListName,
    PeopleList,
    sort_by,
)
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.translation import Language

GroupsOfRoles = Mapping[Role, AbstractSet[ColumnGroup]]


NAMED_DELIMITERS: Final[Mapping[str, str]] = {"semicolon": ";", "comma": ","}


class ExportRequest(BaseModel):
    """`delimiter` is for CSV; the locale's own unless given: `;` for Spanish, `,` for English."""

    model_config = ConfigDict(extra="forbid")

    list: ListName
    format: Format
    filters: FilterParameters = FilterParameters()
    sort: Annotated[str | None, Field(max_length=40)] = None
    locale: Literal["es", "en"] = "es"
    delimiter: Literal["semicolon", "comma"] | None = None

    def filter(self, zone: ZoneInfo, now: datetime, language: Language) -> PeopleFilter:
        """Raises Problem 422 in this language."""
        return filter_people(LISTS[self.list], self.filters, zone=zone, now=now, language=language)

    def asked(self, person: Principal, groups: GroupsOfRoles, language: Language) -> ExportSpec:
        """Raises Problem 422 in this language."""
        people_list = LISTS[self.list]
        permitted = permitted_groups(person, groups)
        columns = permitted_columns(people_list, permitted)
        withheld = [column for column in people_list.columns if column not in columns]
        given = NAMED_DELIMITERS[self.delimiter] if self.delimiter else DELIMITERS[self.locale]
        return ExportSpec(
            list_name=self.list,
            format=self.format,
            parameters=self.filters,
            sort=sort_by(people_list, self.sort, language).name,
            language=self.locale,
            delimiter=given,
            columns=[column.name for column in columns],
            withheld=[column.name for column in withheld],
            withheld_groups=sorted({column.group for column in withheld}),
        )


def still_permitted(job: Mapping[str, Any], person: Principal, groups: GroupsOfRoles) -> bool:
    """Whether the person may still have all that the job's file holds."""
    people_list = LISTS[ListName(job["list"])]
    now = permitted_columns(people_list, permitted_groups(person, groups))
    return set(job["columns"]) <= {column.name for column in now}


def export_id_of(key: str | None, person: Principal) -> UUID:
    """The same for a request that is repeated with its `Idempotency-Key`, else a new one."""
    if key is None:
        return uuid7()
    digest = hashlib.sha256(f"export {person.subject} {key}".encode()).digest()
    return UUID(bytes=digest[:16], version=4)


def same_request(job: Mapping[str, Any], asked: ExportSpec) -> bool:
    return all(job[name] == value for name, value in asked.document().items())


class Download(StreamingResponse):
    """Without this a reader that goes away would leave the connection to the store to chance."""

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], job: Mapping[str, Any], zone: ZoneInfo
    ) -> None:
        super().__init__(
            pieces,
            media_type=MEDIA_TYPES[Format(job["format"])],
            headers={
                "Content-Disposition": f'attachment; filename="{_name(job, zone)}"',
                "Content-Length": str(job["size_bytes"]),
                "Cache-Control": "no-store",
            },
        )
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces):
            await super().__call__(scope, receive, send)


def _name(job: Mapping[str, Any], zone: ZoneInfo) -> str:
    requested_at: datetime = job["requested_at"]
    return f"{job['list']}-{requested_at.astimezone(zone):%Y-%m-%d}.{job['format']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportService:
    jobs: ExportJobs
    files: ExportFileStore
    audit: AuditLog
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
        about = {"export_id": str(export_id), **audit_facts(asked.document())}
        await self.audit.record("export-requested", by=person.subject, facts=about)
        try:
            await self.jobs.queue(export_id, asked, by=person.subject, now=now)
        except TooManyExports:
            await self._refuse(person, "too-many-exports", about)
            raise Problem(429, "too-many-exports", headers={"Retry-After": "10"}) from None
        except ExportAlreadyExists:
            return _repeated(await self._own(export_id, person), asked)
        return export_id

    async def show(self, export_id: UUID, person: Principal) -> dict[str, Any]:
        """How far it is; once done, the manifest and a fresh link. Raises Problem 404 and 403."""
        job = await self._own(export_id, person)
        if not still_permitted(job, person, self.groups):
            await self._refuse(person, "columns-withheld", {"export_id": str(export_id)})
            raise Problem(403, "forbidden")
        body = _progress(job)
        if job["state"] == ExportState.DONE:
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
        if job["state"] == ExportState.DONE:
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


def _repeated(job: Mapping[str, Any], asked: ExportSpec) -> UUID:
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


ALWAYS: Final = frozenset({ColumnGroup.RECORD})
NEEDED: Final[Mapping[ColumnGroup, Permission]] = {ColumnGroup.FINANCE: Permission.SALARY_READ}


def permitted_groups(person: Principal, groups: GroupsOfRoles) -> frozenset[ColumnGroup]:
    """Those of all the person's roles together; what the record itself is, for everyone."""
    given = ALWAYS.union(*(groups.get(role, ()) for role in person.roles))
    return frozenset(group for group in given if group not in NEEDED or person.may(NEEDED[group]))


def permitted_columns(
    people_list: PeopleList, groups: AbstractSet[ColumnGroup]
) -> tuple[Column, ...]:
    """In the list's order."""
    return tuple(column for column in people_list.columns if column.group in groups)

"""Export use cases: request, status, cancel and download; and the columns that a person may export.

Every request, refusal, download and cancellation is audited. A list on the screen shows one page to
a signed-in person; a file can be passed on. So a group of columns is exported only for the roles
that the deployment grants it, and amounts only with the permission that the profile requires too.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, NotRequired, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field
from typing_extensions import TypedDict

from vinculo.access import Permission, Principal, Role
from vinculo.query_api.audit_log import AuditAction, AuditLog
from vinculo.query_api.exports.export_job import ExportJob, ExportSpec, ExportState
from vinculo.query_api.exports.job_queue import ExportAlreadyExists, ExportJobs, TooManyExports
from vinculo.query_api.exports.manifest import Manifest, audit_facts, manifest
from vinculo.query_api.exports.object_store import ExportFileStore, FileGone
from vinculo.query_api.lists.catalogue import (
    LISTS,
    Column,
    ColumnGroup,
    ListName,
    PeopleList,
    chosen_columns,
    sort_by,
)
from vinculo.query_api.lists.filters import (
    FilterParameters,
    filter_people,
    require_known_codes,
)
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.texts import TextContext, text
from vinculo.tabular import Format, Guard
from vinculo.translation import Language

OWN_EXPORTS_SHOWN: Final = 50
GRANTED_TO_ALL: Final = frozenset({ColumnGroup.RECORD})
REQUIRED_PERMISSIONS: Final[Mapping[ColumnGroup, Permission]] = {
    ColumnGroup.FINANCE: Permission.SALARY_READ
}

GroupsByRole: TypeAlias = Mapping[Role, AbstractSet[ColumnGroup]]


class ExportUnknown(Exception):
    """The person has no such export."""


class ColumnsWithheld(Exception):
    """The person may not see columns of the file any more, or none of those requested."""


class LinkUsed(Exception):
    """The link was used, has expired, or was replaced by a newer one."""


class ExportKeyReused(Exception):
    """The export of this idempotency key was requested with other parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What a person requests.

    `columns` are names in the order of the file, none for all of the list. `sort` and `delimiter`
    are the list's and language's own if None, `guard` is for CSV.
    """

    list_name: ListName
    format: Format
    parameters: FilterParameters
    sort: str | None
    columns: tuple[str, ...]
    language: Language
    delimiter: str | None
    guard: Guard | None


class ExportStatus(TypedDict):
    """How far an export has come."""

    export_id: Annotated[UUID, Field(description="The id of the export.")]
    state: Annotated[ExportState, Field(description="Withdrawn is a file that was revoked.")]
    format: Annotated[Format, Field(description="The format of the file.")]
    rows: Annotated[int, Field(description="Number of rows written so far.")]
    estimated_rows: Annotated[
        int | None, Field(description="Number of rows to expect; null until they are counted.")
    ]
    expires_at: Annotated[datetime, Field(description="Until when the file is kept.")]
    reason: NotRequired[
        Annotated[str, Field(description="Why it failed or was withdrawn; only then.")]
    ]
    download_url: NotRequired[
        Annotated[str, Field(description="A new link, to be used once; of a finished one only.")]
    ]
    manifest: NotRequired[
        Annotated[Manifest, Field(description="What the file contains; of a finished one only.")]
    ]


class OwnExport(ExportStatus):
    """An export in the requester's list; its own address has the link and the manifest."""

    list: Annotated[ListName, Field(description="The exported list.")]
    requested_at: Annotated[datetime, Field(description="When it was requested.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDownload:
    """A file on its way to the client; closing `pieces` releases its connection."""

    pieces: AsyncGenerator[bytes, None]
    format: Format
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportService:
    read_model: ReadModel
    jobs: ExportJobs
    files: ExportFileStore
    audit: AuditLog
    zone: ZoneInfo
    groups: GroupsByRole
    public_url: str
    clock: Callable[[], datetime]

    def specify(self, order: ExportOrder, person: Principal) -> ExportSpec:
        """The order with defaults filled in, limited to the columns that the person may export.

        Raises:
            FilterInvalid: the list does not have what is filtered or sorted by, or a column.
            ColumnsWithheld: the person may export none of the columns.

        """
        people_list = LISTS[order.list_name]
        filter_people(people_list, order.parameters, zone=self.zone, now=self.clock())
        chosen = chosen_columns(people_list, "columns", order.columns)
        permitted = permitted_columns(people_list, permitted_groups(person, self.groups))
        columns = [column for column in chosen if column in permitted]
        if not columns:
            raise ColumnsWithheld
        withheld = [column for column in chosen if column not in columns]
        delimiter = order.delimiter or text(TextContext.FILE, "csv_delimiter", order.language)
        return ExportSpec(
            list_name=order.list_name,
            format=order.format,
            parameters=order.parameters.model_dump(mode="json", exclude_defaults=True),
            sort=sort_by(people_list, order.sort).name,
            language=order.language,
            delimiter=delimiter,
            guard=(order.guard or Guard.EXCEL) if order.format is Format.CSV else None,
            columns=tuple(column.name for column in columns),
            withheld=tuple(column.name for column in withheld),
            withheld_groups=tuple(sorted({column.group for column in withheld})),
        )

    async def require_known_codes(self, order: ExportOrder) -> None:
        """Raises FilterInvalid."""
        await require_known_codes(await self.read_model.collections(), order.parameters)

    async def request(self, export_id: UUID, spec: ExportSpec, person: Principal) -> None:
        """Queue the export; do nothing when an equal one with this id exists.

        Raises:
            TooManyExports: the person has two unfinished exports.
            ExportKeyReused: an export with this id was requested with other parameters.

        """
        now = self.clock()
        existing = await self.jobs.find(export_id, by=person.subject, now=now)
        if existing is not None:
            _require_same(existing, spec)
            return
        facts = {"export_id": str(export_id), **audit_facts(spec)}
        await self.audit.record(AuditAction.EXPORT_REQUESTED, by=person.subject, facts=facts)
        try:
            await self.jobs.queue(export_id, spec, by=person.subject, now=now)
        except TooManyExports:
            await self._audit_refusal(person, "too-many-exports", facts)
            raise
        except ExportAlreadyExists:
            _require_same(await self._own_job(export_id, person), spec)

    async def status(self, export_id: UUID, person: Principal) -> ExportStatus:
        """The progress; of a finished export also the manifest and a new link.

        Raises:
            ExportUnknown: the person has no such export.
            ColumnsWithheld: the person may not see all its columns any more.

        """
        job = await self._own_job(export_id, person)
        if not self._is_still_permitted(job, person):
            await self._audit_refusal(person, "columns-withheld", {"export_id": str(export_id)})
            raise ColumnsWithheld
        body = _progress(job)
        if job.state is ExportState.DONE and job.file is not None:
            token = await self.jobs.issue_link(export_id)
            body["download_url"] = (
                f"{self.public_url}/query/v1/exports/{export_id}/file?token={token}"
            )
            body["manifest"] = manifest(job, job.file, self.zone)
        return body

    async def own(self, person: Principal) -> Sequence[OwnExport]:
        """The person's exports that are still kept, the newest first."""
        jobs = await self.jobs.of_requester(person.subject, self.clock(), limit=OWN_EXPORTS_SHOWN)
        return [
            {**_progress(job), "list": job.spec.list_name, "requested_at": job.requested_at}
            for job in jobs
        ]

    async def cancel(self, export_id: UUID, person: Principal) -> None:
        """Keep a queued export from running, stop a running one, remove a finished one's file.

        Raises:
            ExportUnknown: the person has no such export.

        """
        await self._own_job(export_id, person)
        job = await self.jobs.cancel(export_id, by=person.subject, now=self.clock())
        if job is None:
            return
        facts = {"export_id": str(export_id), "state": job.state.value}
        await self.audit.record(AuditAction.EXPORT_CANCELLED, by=person.subject, facts=facts)
        if job.file is not None:
            await self.files.remove(job.file.object_name)

    async def download(self, export_id: UUID, token: str) -> ExportDownload:
        """The file, for the bearer of a link, once.

        Raises:
            LinkUsed: the token is not valid any more, or the file is gone.

        """
        facts = {"export_id": str(export_id)}
        job = await self.jobs.spend_link(export_id, token, self.clock())
        if job is None or job.file is None:
            if await self.jobs.exists(export_id):
                await self._audit_refusal(None, "link-used", facts)
            raise LinkUsed
        await self.audit.record(AuditAction.EXPORT_FETCHED, by=job.requested_by, facts=facts)
        try:
            pieces = await self.files.open(job.file.object_name)
        except FileGone:
            raise LinkUsed from None
        return ExportDownload(
            pieces=pieces,
            format=job.spec.format,
            name=file_name(job, self.zone),
            size_bytes=job.file.size_bytes,
        )

    async def audit_forbidden(self, person: Principal) -> None:
        """Audit a request of a person who may not export."""
        await self._audit_refusal(person, "forbidden", {})

    async def _own_job(self, export_id: UUID, person: Principal) -> ExportJob:
        job = await self.jobs.find(export_id, by=person.subject, now=self.clock())
        if job is None:
            raise ExportUnknown
        return job

    def _is_still_permitted(self, job: ExportJob, person: Principal) -> bool:
        people_list = LISTS[job.spec.list_name]
        columns = permitted_columns(people_list, permitted_groups(person, self.groups))
        return set(job.spec.columns) <= {column.name for column in columns}

    async def _audit_refusal(
        self, person: Principal | None, reason: str, facts: Mapping[str, object]
    ) -> None:
        by = None if person is None else person.subject
        await self.audit.record(
            AuditAction.EXPORT_REFUSED, by=by, facts={"reason": reason, **facts}
        )


def permitted_groups(person: Principal, groups: GroupsByRole) -> frozenset[ColumnGroup]:
    """The groups of all the person's roles, and the record's own columns."""
    granted = GRANTED_TO_ALL.union(*(groups.get(role, ()) for role in person.roles))
    return frozenset(
        group
        for group in granted
        if group not in REQUIRED_PERMISSIONS or person.may(REQUIRED_PERMISSIONS[group])
    )


def permitted_columns(
    people_list: PeopleList, groups: AbstractSet[ColumnGroup]
) -> tuple[Column, ...]:
    """The columns of these groups, in the list's order."""
    return tuple(column for column in people_list.columns if column.group in groups)


def file_name(job: ExportJob, zone: ZoneInfo) -> str:
    """`customers-2026-03-02.csv`, by the local date of the request."""
    day = job.requested_at.astimezone(zone)
    return f"{job.spec.list_name}-{day:%Y-%m-%d}.{job.spec.format}"


def _require_same(job: ExportJob, spec: ExportSpec) -> None:
    if job.spec != spec:
        raise ExportKeyReused


def _progress(job: ExportJob) -> ExportStatus:
    status: ExportStatus = {
        "export_id": job.export_id,
        "state": job.state,
        "format": job.spec.format,
        "rows": job.rows,
        "estimated_rows": job.estimated_rows,
        "expires_at": job.expires_at,
    }
    if job.reason is not None:
        status["reason"] = job.reason
    return status

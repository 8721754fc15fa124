"""An export job: what was requested, how far it has come, and the finished file.

Also the one codec to and from the documents of the `exports` collection. Fields that it does not
know are ignored, so that a job that another version has stored can be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, NotRequired, TypeAlias
from uuid import UUID

from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from vinculo.query_api.lists.catalogue import ColumnGroup, ListName
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.tabular import FileReport, Format, Guard, RowNumbers
from vinculo.translation import Language

Names: TypeAlias = list[str]

UUID_LENGTH: Final = 36


class ExportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class ReportedRows(TypedDict):
    """Rows of a file, as documents and responses have them."""

    total: Annotated[int, Field(description="Number of rows.")]
    first: Annotated[
        list[int], Field(description="The first hundred of them, counted from 1 in the file.")
    ]


class SpecDocument(TypedDict):
    """The fields of a job that the request determines.

    Jobs that were queued before there was a choice of guards have no `guard`.
    """

    list: str
    format: str
    parameters: dict[str, JsonValue]
    sort: str
    language: str
    delimiter: str
    guard: NotRequired[str | None]
    columns: Names
    withheld_columns: Names
    withheld_groups: Names


class FileDocument(TypedDict):
    """The fields of a job that describe its finished file.

    Older files have no `fonts`, `missing_glyphs` and `truncated`.
    """

    object_name: str
    rows: int
    fonts: NotRequired[Names]
    missing_glyphs: NotRequired[ReportedRows]
    truncated: NotRequired[ReportedRows]
    size_bytes: int
    sha256: str
    as_of: datetime | None
    position: str | None
    one_moment: bool


class JobDocument(SpecDocument):
    """A document of `exports`.

    `slot` is one of those that a requester has for unfinished jobs, `leased_until` the end of the
    worker's lease, `link` the digest of the unused one-time token. `interruptions` are those of the
    attempts that ended because a server was away.
    """

    _id: UUID
    requested_by: UUID
    requested_at: datetime
    expires_at: datetime
    state: str
    rows: int
    attempts: int
    interruptions: NotRequired[int]
    slot: NotRequired[int]
    leased_until: NotRequired[datetime]
    estimated_rows: NotRequired[int]
    finished_at: NotRequired[datetime]
    reason: NotRequired[str]
    link: NotRequired[str]
    object_name: NotRequired[str]
    fonts: NotRequired[Names]
    missing_glyphs: NotRequired[ReportedRows]
    truncated: NotRequired[ReportedRows]
    size_bytes: NotRequired[int]
    sha256: NotRequired[str]
    as_of: NotRequired[datetime | None]
    position: NotRequired[str | None]
    one_moment: NotRequired[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSpec:
    """The requested file; `columns` are the permitted ones, `withheld` the others.

    `parameters` are the filters as JSON, without defaults. `guard` is None unless the format is
    CSV.
    """

    list_name: ListName
    format: Format
    parameters: Mapping[str, JsonValue]
    sort: str
    language: Language
    delimiter: str
    guard: Guard | None
    columns: tuple[str, ...]
    withheld: tuple[str, ...]
    withheld_groups: tuple[ColumnGroup, ...]

    @property
    def filters(self) -> FilterParameters:
        """The filters as they were requested.

        Raises:
            pydantic.ValidationError: this version does not have them all.

        """
        return FilterParameters.model_validate(self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A finished file. With `one_moment`, all rows are of the moment when reading began."""

    object_name: str
    report: FileReport
    size_bytes: int
    sha256: str
    as_of: datetime | None
    position: str | None
    one_moment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """`estimated_rows` is None until rows are counted, `file` until the file is finished.

    `reason` is why the job failed or its file was withdrawn.
    """

    export_id: UUID
    spec: ExportSpec
    requested_by: UUID
    requested_at: datetime
    expires_at: datetime
    state: ExportState
    attempts: int
    interruptions: int = 0
    rows: int = 0
    estimated_rows: int | None = None
    reason: str | None = None
    file: ExportedFile | None = None


class JobUnreadableError(Exception):
    """Another version has stored the job, with codes that this one does not know."""

    def __init__(self, export_id: UUID) -> None:
        super().__init__(f"the job of export {export_id} cannot be read")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """The object of one attempt at an export."""

    export_id: UUID
    attempt: int
    object_name: str


def new_job(
    export_id: UUID, spec: ExportSpec, *, by: UUID, now: datetime, expires_at: datetime
) -> ExportJob:
    """A queued job."""
    return ExportJob(
        export_id=export_id,
        spec=spec,
        requested_by=by,
        requested_at=now,
        expires_at=expires_at,
        state=ExportState.QUEUED,
        attempts=0,
    )


def object_name(export_id: UUID, attempt: int, file_format: str) -> str:
    """Different for each attempt, so that no attempt overwrites another one's file."""
    return f"{export_id}-{attempt}.{file_format}"


def export_of_object(name: str) -> UUID | None:
    """The export of an object; None for an object of another name."""
    try:
        return UUID(name[:UUID_LENGTH])
    except ValueError:
        return None


def encode_spec(spec: ExportSpec) -> SpecDocument:
    return {
        "list": spec.list_name.value,
        "format": spec.format.value,
        "parameters": dict(spec.parameters),
        "sort": spec.sort,
        "language": spec.language,
        "delimiter": spec.delimiter,
        "guard": None if spec.guard is None else spec.guard.value,
        "columns": list(spec.columns),
        "withheld_columns": list(spec.withheld),
        "withheld_groups": [group.value for group in spec.withheld_groups],
    }


def encode_file(file: ExportedFile) -> FileDocument:
    return {
        "object_name": file.object_name,
        "rows": file.report.rows,
        "fonts": list(file.report.fonts),
        "missing_glyphs": encode_rows(file.report.missing_glyphs),
        "truncated": encode_rows(file.report.truncated),
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "as_of": file.as_of,
        "position": file.position,
        "one_moment": file.one_moment,
    }


def encode_rows(rows: RowNumbers) -> ReportedRows:
    return {"total": rows.total, "first": rows.first}


def encode_new_job(job: ExportJob, slot: int) -> JobDocument:
    """The document of a queued job in one of its requester's slots."""
    spec = encode_spec(job.spec)
    return {
        "_id": job.export_id,
        "list": spec["list"],
        "format": spec["format"],
        "parameters": spec["parameters"],
        "sort": spec["sort"],
        "language": spec["language"],
        "delimiter": spec["delimiter"],
        "guard": spec["guard"],
        "columns": spec["columns"],
        "withheld_columns": spec["withheld_columns"],
        "withheld_groups": spec["withheld_groups"],
        "requested_by": job.requested_by,
        "requested_at": job.requested_at,
        "expires_at": job.expires_at,
        "state": job.state.value,
        "rows": job.rows,
        "attempts": job.attempts,
        "slot": slot,
    }


def decode_job(document: JobDocument) -> ExportJob:
    """The job.

    Raises:
        JobUnreadableError: it is not as this version stores jobs.

    """
    try:
        return _decode_job(document)
    except (KeyError, ValueError) as error:
        raise JobUnreadableError(document["_id"]) from error


def _decode_job(document: JobDocument) -> ExportJob:
    return ExportJob(
        export_id=document["_id"],
        spec=ExportSpec(
            list_name=ListName(document["list"]),
            format=Format(document["format"]),
            parameters=document["parameters"],
            sort=document["sort"],
            language=document["language"],
            delimiter=document["delimiter"],
            guard=_decode_guard(document),
            columns=tuple(document["columns"]),
            withheld=tuple(document["withheld_columns"]),
            withheld_groups=tuple(map(ColumnGroup, document["withheld_groups"])),
        ),
        requested_by=document["requested_by"],
        requested_at=document["requested_at"],
        expires_at=document["expires_at"],
        state=ExportState(document["state"]),
        attempts=document["attempts"],
        interruptions=document.get("interruptions", 0),
        rows=document["rows"],
        estimated_rows=document.get("estimated_rows"),
        reason=document.get("reason"),
        file=_decode_file(document),
    )


def _decode_guard(document: JobDocument) -> Guard | None:
    """Jobs that were queued before there was a choice were guarded for Excel."""
    earlier = Guard.EXCEL if document["format"] == Format.CSV else None
    guard = document.get("guard", earlier)
    return None if guard is None else Guard(guard)


def _decode_file(document: JobDocument) -> ExportedFile | None:
    if "object_name" not in document:
        return None
    return ExportedFile(
        object_name=document["object_name"],
        report=FileReport(
            rows=document["rows"],
            fonts=tuple(document.get("fonts", ())),
            missing_glyphs=_decode_rows(document.get("missing_glyphs")),
            truncated=_decode_rows(document.get("truncated")),
        ),
        size_bytes=document["size_bytes"],
        sha256=document["sha256"],
        as_of=document["as_of"],
        position=document["position"],
        one_moment=document["one_moment"],
    )


def _decode_rows(rows: ReportedRows | None) -> RowNumbers:
    """No rows for a file that was finished before there was such a report."""
    if rows is None:
        return RowNumbers()
    return RowNumbers(total=rows["total"], first=rows["first"])


def decode_stored_file(document: JobDocument) -> StoredFile:
    """The finished file of a job, or the one that its current attempt is writing."""
    export_id, attempt = document["_id"], document["attempts"]
    return StoredFile(
        export_id=export_id,
        attempt=attempt,
        object_name=document["object_name"]
        if "object_name" in document
        else object_name(export_id, attempt, document["format"]),
    )

"""The queue of export jobs in MongoDB: requesters enqueue, workers process jobs under a lease.

A job has the requested parameters and the time of the request, so its filter is evaluated as of
that moment. A requester has two slots for unfinished jobs, kept by a unique index, so that any
number of processes agree on the limit.

Worker side: jobs are leased, and every update is conditional on the attempt number, so a worker
that lost its lease updates nothing.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from pymongo.errors import DuplicateKeyError

from vinculo.query_api.lists.catalogue import ColumnGroup, ListName
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.mongo import Collection, Database, Document
from vinculo.tabular import FileReport, Format, Guard
from vinculo.translation import Language

EXPORTS: Final = "exports"
MAX_CONCURRENT_PER_USER: Final = 2
LEASE: Final = timedelta(seconds=60)
UUID_LENGTH: Final = 36


class ExportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSpec:
    """The requested file; `columns` are the permitted ones, `withheld` the others.

    `guard` is None unless the format is CSV.
    """

    list_name: ListName
    format: Format
    parameters: FilterParameters
    sort: str
    language: Language
    delimiter: str
    guard: Guard | None
    columns: Sequence[str]
    withheld: Sequence[str]
    withheld_groups: Sequence[ColumnGroup]

    def document(self) -> dict[str, Any]:
        """The fields of a job that the request determines."""
        return {
            "list": str(self.list_name),
            "format": str(self.format),
            "parameters": self.parameters.model_dump(mode="json", exclude_defaults=True),
            "sort": self.sort,
            "language": self.language,
            "delimiter": self.delimiter,
            "guard": None if self.guard is None else str(self.guard),
            "columns": list(self.columns),
            "withheld_columns": list(self.withheld),
            "withheld_groups": [str(group) for group in self.withheld_groups],
        }

    def is_of(self, job: Mapping[str, Any]) -> bool:
        """Whether the job was queued for an equal request."""
        known = {**job, "guard": guard_of(job)}
        return all(known[name] == value for name, value in self.document().items())


def guard_of(job: Mapping[str, Any]) -> Guard | None:
    """The guard of a CSV job; jobs queued before there was a choice were guarded for Excel."""
    return Guard(job.get("guard", Guard.EXCEL)) if job["format"] == Format.CSV else None


class TooManyExports(Exception):
    """The requester has as many unfinished exports as allowed."""


class ExportAlreadyExists(Exception):
    """Another request has queued an export with this id."""


class ExportJobs:
    """The requester's side of the `exports` collection, which outlives all generations."""

    def __init__(self, database: Database, *, kept: timedelta) -> None:
        self._jobs = database[EXPORTS]
        self._kept = kept

    async def prepare(self) -> None:
        """Make the indexes; idempotent. MongoDB itself deletes expired jobs."""
        await _rename_place_to_slot(self._jobs)
        await self._jobs.create_index("expires_at", expireAfterSeconds=0)
        await self._jobs.create_index([("state", 1), ("requested_at", 1)])
        await self._jobs.create_index(
            [("requested_by", 1), ("slot", 1)],
            unique=True,
            partialFilterExpression={"slot": {"$exists": True}},
        )

    async def queue(self, export_id: UUID, spec: ExportSpec, *, by: UUID, now: datetime) -> None:
        """Add a job.

        Raises:
            TooManyExports: the requester has no free slot.
            ExportAlreadyExists: there is a job with this id.

        """
        job = {
            "_id": export_id,
            **spec.document(),
            "requested_by": by,
            "requested_at": now,
            "expires_at": now + self._kept,
            "state": ExportState.QUEUED,
            "rows": 0,
            "attempts": 0,
        }
        for slot in range(MAX_CONCURRENT_PER_USER):
            try:
                await self._jobs.insert_one({**job, "slot": slot})
            except DuplicateKeyError:
                if await self._jobs.find_one({"_id": export_id}) is not None:
                    raise ExportAlreadyExists from None
            else:
                return
        raise TooManyExports

    async def find(self, export_id: UUID, *, by: UUID, now: datetime) -> dict[str, Any] | None:
        """The requester's own job, unless it has expired."""
        job: dict[str, Any] | None = await self._jobs.find_one(
            {"_id": export_id, "requested_by": by, "expires_at": {"$gt": now}}
        )
        return job

    async def exists(self, export_id: UUID) -> bool:
        """Whether there is a job of any requester, in any state."""
        return await self._jobs.find_one({"_id": export_id}, {"_id": 1}) is not None

    async def cancel(self, export_id: UUID, *, by: UUID, now: datetime) -> dict[str, Any] | None:
        """The job as it was before; None when there was nothing left to cancel."""
        job: dict[str, Any] | None = await self._jobs.find_one_and_update(
            {
                "_id": export_id,
                "requested_by": by,
                "state": {"$in": [ExportState.QUEUED, ExportState.RUNNING, ExportState.DONE]},
            },
            {
                "$set": {"state": ExportState.CANCELLED, "finished_at": now},
                "$unset": {"slot": "", "link": "", "leased_until": ""},
            },
        )
        return job

    async def issue_link(self, export_id: UUID) -> str:
        """A new one-time token; an earlier unused one becomes invalid."""
        token = secrets.token_urlsafe(32)
        await self._jobs.update_one(
            {"_id": export_id, "state": ExportState.DONE}, {"$set": {"link": _digest(token)}}
        )
        return token

    async def spend_link(self, export_id: UUID, token: str, now: datetime) -> dict[str, Any] | None:
        """The job, if the token is valid; it is invalid afterwards."""
        job: dict[str, Any] | None = await self._jobs.find_one_and_update(
            {
                "_id": export_id,
                "state": ExportState.DONE,
                "link": _digest(token),
                "expires_at": {"$gt": now},
            },
            {"$unset": {"link": ""}},
        )
        return job


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def _rename_place_to_slot(jobs: Collection[Document]) -> None:
    """Databases made before slots were called slots have another field and another index."""
    if "requested_by_1_place_1" in await jobs.index_information():
        await jobs.drop_index("requested_by_1_place_1")
    await jobs.update_many({"place": {"$exists": True}}, {"$rename": {"place": "slot"}})


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

    def document(self) -> dict[str, Any]:
        return {
            "object_name": self.object_name,
            "rows": self.report.rows,
            "fonts": list(self.report.fonts),
            "missing_glyphs": asdict(self.report.missing_glyphs),
            "truncated": asdict(self.report.truncated),
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "as_of": self.as_of,
            "position": self.position,
            "one_moment": self.one_moment,
        }


@dataclass(frozen=True, slots=True)
class LeasedJob:
    """One attempt at a job."""

    job: dict[str, Any]

    @property
    def export_id(self) -> UUID:
        return UUID(str(self.job["_id"]))

    @property
    def attempt(self) -> int:
        return int(self.job["attempts"])

    @property
    def object_name(self) -> str:
        """Different for each attempt, so that no attempt overwrites another one's file."""
        return f"{self.export_id}-{self.attempt}.{self.job['format']}"


class ExportQueue:
    """The workers' side of the `exports` collection."""

    def __init__(self, database: Database, *, kept: timedelta) -> None:
        self._jobs = database[EXPORTS]
        self._kept = kept

    async def claim(self, now: datetime) -> LeasedJob | None:
        """Lease the oldest job that is queued, or whose lease has expired."""
        job: dict[str, Any] | None = await self._jobs.find_one_and_update(
            {
                "$or": [
                    {"state": ExportState.QUEUED},
                    {"state": ExportState.RUNNING, "leased_until": {"$lt": now}},
                ]
            },
            {
                "$set": {
                    "state": ExportState.RUNNING,
                    "leased_until": now + LEASE,
                    "expires_at": now + self._kept,
                    "rows": 0,
                },
                "$unset": {"estimated_rows": ""},
                "$inc": {"attempts": 1},
            },
            sort=[("requested_at", 1)],
            return_document=True,
        )
        return None if job is None else LeasedJob(job)

    async def renew(self, leased: LeasedJob, now: datetime) -> bool:
        """False when the lease is lost: the job was cancelled, or another worker has it."""
        return await self._update(leased, {"$set": {"leased_until": now + LEASE}})

    async def report_estimate(self, leased: LeasedJob, rows: int) -> None:
        await self._update(leased, {"$set": {"estimated_rows": rows}})

    async def report_rows(self, leased: LeasedJob, rows: int) -> None:
        await self._update(leased, {"$set": {"rows": rows}})

    async def finish(self, leased: LeasedJob, file: ExportedFile, now: datetime) -> bool:
        """False when the lease is lost; the file must then be removed."""
        done = {
            "state": ExportState.DONE,
            "finished_at": now,
            "expires_at": now + self._kept,
        }
        return await self._update(
            leased,
            {"$set": {**file.document(), **done}, "$unset": {"slot": "", "leased_until": ""}},
        )

    async def fail(self, leased: LeasedJob, reason: str, now: datetime) -> bool:
        return await self._update(
            leased,
            {
                "$set": {"state": ExportState.FAILED, "reason": reason, "finished_at": now},
                "$unset": {"slot": "", "leased_until": ""},
            },
        )

    async def downloadable(
        self, now: datetime, export_id: UUID | None = None
    ) -> list[dict[str, Any]]:
        """All jobs whose files can be downloaded, or only this one if it can."""
        known = {} if export_id is None else {"_id": export_id}
        found = self._jobs.find({**known, "state": ExportState.DONE, "expires_at": {"$gt": now}})
        return await found.to_list(None)

    async def revoke(self, job: Mapping[str, Any]) -> bool:
        """Invalidate the link, and delete the search parameters, which may contain a name.

        False when the file is not downloadable any more.
        """
        done = await self._jobs.update_one(
            {"_id": job["_id"], "state": ExportState.DONE},
            {
                "$set": {
                    "state": ExportState.WITHDRAWN,
                    "reason": "person-erased",
                    "parameters": {},
                },
                "$unset": {"link": ""},
            },
        )
        return done.matched_count == 1

    async def referenced_objects(self, objects: Iterable[str], now: datetime) -> set[str]:
        """Those of the objects that belong to an unexpired job that is done or running."""
        ids = {export_id for name in objects if (export_id := _export_of(name)) is not None}
        found = self._jobs.find(
            {
                "_id": {"$in": list(ids)},
                "state": {"$in": [ExportState.RUNNING, ExportState.DONE]},
                "expires_at": {"$gt": now},
            },
            {"state": 1, "attempts": 1, "format": 1, "object_name": 1},
        )
        return {
            job["object_name"] if job["state"] == ExportState.DONE else LeasedJob(job).object_name
            async for job in found
        }

    async def _update(self, leased: LeasedJob, change: dict[str, Any]) -> bool:
        own = {
            "_id": leased.export_id,
            "state": ExportState.RUNNING,
            "attempts": leased.attempt,
        }
        done = await self._jobs.update_one(own, change)
        return done.matched_count == 1


def _export_of(object_name: str) -> UUID | None:
    try:
        return UUID(object_name[:UUID_LENGTH])
    except ValueError:
        return None

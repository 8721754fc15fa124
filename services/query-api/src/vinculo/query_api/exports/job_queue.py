"""Export jobs as those who ask see them: a queue in MongoDB, of which each person fills two places.

A job keeps the parameters as asked and when, so its filter is the list's at that moment.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from pymongo.errors import DuplicateKeyError

from vinculo.query_api.exports.writers.row_writer import Format
from vinculo.query_api.lists.catalogue import ColumnGroup, ListName
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.mongo import Database
from vinculo.translation import Language

MAX_CONCURRENT_PER_USER: Final = 2


class ExportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSpec:
    """What a person wants in a file; `columns` are those permitted, `withheld` the others."""

    list_name: ListName
    format: Format
    parameters: FilterParameters
    sort: str
    language: Language
    delimiter: str
    columns: Sequence[str]
    withheld: Sequence[str]
    withheld_groups: Sequence[ColumnGroup]

    def document(self) -> dict[str, Any]:
        return {
            "list": str(self.list_name),
            "format": str(self.format),
            "parameters": self.parameters.model_dump(mode="json", exclude_defaults=True),
            "sort": self.sort,
            "language": self.language,
            "delimiter": self.delimiter,
            "columns": list(self.columns),
            "withheld_columns": list(self.withheld),
            "withheld_groups": [str(group) for group in self.withheld_groups],
        }


class TooManyExports(Exception):
    """The person has as many exports under way as allowed."""


class ExportAlreadyExists(Exception):
    """There is an export of this id already, which another request made."""


class ExportJobs:
    """The `exports` collection, which outlives every generation of the read model."""

    def __init__(self, database: Database, *, kept: timedelta) -> None:
        self._jobs = database["exports"]
        self._kept = kept

    async def prepare(self) -> None:
        """Indexes; MongoDB itself removes jobs that have expired.

        The unique one over places is what keeps a third export out, whichever process is asked.
        """
        await self._jobs.create_index("expires_at", expireAfterSeconds=0)
        await self._jobs.create_index([("state", 1), ("requested_at", 1)])
        await self._jobs.create_index(
            [("requested_by", 1), ("place", 1)],
            unique=True,
            partialFilterExpression={"place": {"$exists": True}},
        )

    async def queue(self, export_id: UUID, asked: ExportSpec, *, by: UUID, now: datetime) -> None:
        """Raises TooManyExports and ExportKnown."""
        job = {
            "_id": export_id,
            **asked.document(),
            "requested_by": by,
            "requested_at": now,
            "expires_at": now + self._kept,
            "state": ExportState.QUEUED,
            "rows": 0,
            "attempts": 0,
        }
        for place in range(MAX_CONCURRENT_PER_USER):
            try:
                await self._jobs.insert_one({**job, "place": place})
            except DuplicateKeyError:
                if await self._jobs.find_one({"_id": export_id}) is not None:
                    raise ExportAlreadyExists from None
            else:
                return
        raise TooManyExports

    async def find(self, export_id: UUID, *, by: UUID, now: datetime) -> dict[str, Any] | None:
        """The person's own job, unless it has expired."""
        job: dict[str, Any] | None = await self._jobs.find_one(
            {"_id": export_id, "requested_by": by, "expires_at": {"$gt": now}}
        )
        return job

    async def exists(self, export_id: UUID) -> bool:
        """Anybody's, in any state."""
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
                "$unset": {"place": "", "link": "", "leased_until": ""},
            },
        )
        return job

    async def issue_link(self, export_id: UUID) -> str:
        """A fresh one-use token; an earlier one that was not used is void."""
        token = secrets.token_urlsafe(32)
        await self._jobs.update_one(
            {"_id": export_id, "state": ExportState.DONE}, {"$set": {"link": _digest(token)}}
        )
        return token

    async def spend_link(self, export_id: UUID, token: str, now: datetime) -> dict[str, Any] | None:
        """The job if the token was good, which it is once."""
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


LEASE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """`one_moment`: whether all rows are of the moment that the reading began."""

    object_name: str
    rows: int
    size_bytes: int
    sha256: str
    as_of: datetime | None
    position: str | None
    one_moment: bool

    def document(self) -> dict[str, Any]:
        return {
            "object_name": self.object_name,
            "rows": self.rows,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "as_of": self.as_of,
            "position": self.position,
            "one_moment": self.one_moment,
        }


@dataclass(frozen=True, slots=True)
class LeasedJob:
    """One try at one job."""

    job: dict[str, Any]

    @property
    def export_id(self) -> UUID:
        return UUID(str(self.job["_id"]))

    @property
    def attempt(self) -> int:
        return int(self.job["attempts"])

    @property
    def object_name(self) -> str:
        """Of this try alone, so that nobody's file is overwritten."""
        return f"{self.export_id}-{self.attempt}.{self.job['format']}"


class ExportQueue:
    def __init__(self, database: Database, *, kept: timedelta) -> None:
        self._jobs = database["exports"]
        self._kept = kept

    async def claim(self, now: datetime) -> LeasedJob | None:
        """The oldest job that waits or whose exporter died."""
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

    async def hold(self, turn: LeasedJob, now: datetime) -> bool:
        """Renew the lease. False when the job was cancelled or is another's by now."""
        return await self._update(turn, {"$set": {"leased_until": now + LEASE}})

    async def estimate(self, turn: LeasedJob, rows: int) -> None:
        await self._update(turn, {"$set": {"estimated_rows": rows}})

    async def report(self, turn: LeasedJob, rows: int) -> None:
        await self._update(turn, {"$set": {"rows": rows}})

    async def finish(self, turn: LeasedJob, file: ExportedFile, now: datetime) -> bool:
        """False when the job was cancelled or is another's: then nobody wants the file."""
        expires_at = now + self._kept
        done = {"state": ExportState.DONE, "finished_at": now, "expires_at": expires_at}
        return await self._update(
            turn,
            {"$set": {**file.document(), **done}, "$unset": {"place": "", "leased_until": ""}},
        )

    async def fail(self, turn: LeasedJob, reason: str, now: datetime) -> bool:
        return await self._update(
            turn,
            {
                "$set": {"state": ExportState.FAILED, "reason": reason, "finished_at": now},
                "$unset": {"place": "", "leased_until": ""},
            },
        )

    async def done(self, now: datetime, export_id: UUID | None = None) -> list[dict[str, Any]]:
        """All jobs whose files can be fetched, or this one if it is among them."""
        known = {} if export_id is None else {"_id": export_id}
        found = self._jobs.find({**known, "state": ExportState.DONE, "expires_at": {"$gt": now}})
        return await found.to_list(None)

    async def withdraw(self, job: Mapping[str, Any]) -> bool:
        """Void the link for good, and forget what was searched for, as it may be a name.

        False when the file is nobody's by now.
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

    async def wanted(self, objects: Iterable[str], now: datetime) -> set[str]:
        """Those of the files that belong to a job that is done or under way, and not expired."""
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

    async def _update(self, turn: LeasedJob, change: dict[str, Any]) -> bool:
        mine = {"_id": turn.export_id, "state": ExportState.RUNNING, "attempts": turn.attempt}
        done = await self._jobs.update_one(mine, change)
        return done.matched_count == 1


def _export_of(object_name: str) -> UUID | None:
    try:
        return UUID(object_name[:36])
    except ValueError:
        return None

"""The queue of export jobs in MongoDB: requesters enqueue, workers process jobs under a lease.

A job has the requested parameters and the time of the request, so its filter is evaluated as of
that moment. A requester has two slots for unfinished jobs, kept by a unique index, so that any
number of processes agree on the limit.

Worker side: jobs are leased, and every update is conditional on the attempt number, so a worker
that lost its lease updates nothing.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from pymongo.errors import DuplicateKeyError

from vinculo.query_api.exports.export_job import (
    ExportedFile,
    ExportJob,
    ExportSpec,
    ExportState,
    JobDocument,
    JobUnreadableError,
    StoredFile,
    decode_job,
    decode_stored_file,
    encode_file,
    encode_new_job,
    export_of_object,
    new_job,
    object_name,
)
from vinculo.query_api.mongo import Collection, Database, Expression, collection_of

EXPORTS: Final = "exports"
MAX_CONCURRENT_PER_USER: Final = 2
LEASE: Final = timedelta(seconds=60)

log: Final = structlog.get_logger()


class TooManyExports(Exception):
    """The requester has as many unfinished exports as allowed."""


class ExportAlreadyExists(Exception):
    """Another request has queued an export with this id."""


class ExportJobs:
    """The requester's side of the `exports` collection, which outlives all generations."""

    def __init__(self, database: Database, *, kept: timedelta) -> None:
        self._jobs = collection_of(database, EXPORTS, JobDocument)
        self._kept = kept

    async def prepare(self) -> None:
        """Make the indexes; idempotent. MongoDB itself deletes expired jobs."""
        await _rename_place_to_slot(self._jobs)
        await self._jobs.create_index("expires_at", expireAfterSeconds=0)
        await self._jobs.create_index([("state", 1), ("requested_at", 1)])
        await self._jobs.create_index([("requested_by", 1), ("requested_at", -1)])
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
        job = new_job(export_id, spec, by=by, now=now, expires_at=now + self._kept)
        for slot in range(MAX_CONCURRENT_PER_USER):
            try:
                await self._jobs.insert_one(encode_new_job(job, slot))
            except DuplicateKeyError:
                if await self._jobs.find_one({"_id": export_id}) is not None:
                    raise ExportAlreadyExists from None
            else:
                return
        raise TooManyExports

    async def find(self, export_id: UUID, *, by: UUID, now: datetime) -> ExportJob | None:
        """The requester's own job, unless it has expired."""
        job = await self._jobs.find_one(
            {"_id": export_id, "requested_by": by, "expires_at": {"$gt": now}}
        )
        return None if job is None else decode_job(job)

    async def of_requester(self, by: UUID, now: datetime, *, limit: int) -> list[ExportJob]:
        """The requester's own jobs that have not expired, the newest first."""
        jobs = self._jobs.find({"requested_by": by, "expires_at": {"$gt": now}})
        newest = await jobs.sort("requested_at", -1).limit(limit).to_list()
        return [decode_job(job) for job in newest]

    async def exists(self, export_id: UUID) -> bool:
        """Whether there is a job of any requester, in any state."""
        return await self._jobs.find_one({"_id": export_id}, {"_id": 1}) is not None

    async def cancel(self, export_id: UUID, *, by: UUID, now: datetime) -> ExportJob | None:
        """The job as it was before; None when there was nothing left to cancel."""
        job = await self._jobs.find_one_and_update(
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
        return None if job is None else decode_job(job)

    async def issue_link(self, export_id: UUID) -> str:
        """A new one-time token; an earlier unused one becomes invalid."""
        token = secrets.token_urlsafe(32)
        await self._jobs.update_one(
            {"_id": export_id, "state": ExportState.DONE}, {"$set": {"link": _digest(token)}}
        )
        return token

    async def spend_link(self, export_id: UUID, token: str, now: datetime) -> ExportJob | None:
        """The job, if the token is valid; it is invalid afterwards."""
        job = await self._jobs.find_one_and_update(
            {
                "_id": export_id,
                "state": ExportState.DONE,
                "link": _digest(token),
                "expires_at": {"$gt": now},
            },
            {"$unset": {"link": ""}},
        )
        return None if job is None else decode_job(job)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def _rename_place_to_slot(jobs: Collection[JobDocument]) -> None:
    """Databases made before slots were called slots have another field and another index."""
    if "requested_by_1_place_1" in await jobs.index_information():
        await jobs.drop_index("requested_by_1_place_1")
    await jobs.update_many({"place": {"$exists": True}}, {"$rename": {"place": "slot"}})


@dataclass(frozen=True, slots=True)
class LeasedJob:
    """One attempt at a job."""

    job: ExportJob

    @property
    def export_id(self) -> UUID:
        return self.job.export_id

    @property
    def attempt(self) -> int:
        return self.job.attempts

    @property
    def tries(self) -> int:
        """Attempts that were not interrupted by a server that was away, this one included."""
        return self.job.attempts - self.job.interruptions

    @property
    def object_name(self) -> str:
        return object_name(self.export_id, self.attempt, self.job.spec.format)


class ExportQueue:
    """The workers' side of the `exports` collection."""

    def __init__(self, database: Database, *, kept: timedelta) -> None:
        self._jobs = collection_of(database, EXPORTS, JobDocument)
        self._kept = kept

    async def claim(self, now: datetime) -> LeasedJob | None:
        """Lease the oldest job that is queued, or whose lease has expired.

        Jobs that cannot be read have failed. An empty queue is only read: an update that finds
        nothing is a write command all the same.
        """
        while (document := await self._lease_oldest(now)) is not None:
            try:
                return LeasedJob(decode_job(document))
            except JobUnreadableError:
                log.exception("export-unreadable", export_id=str(document["_id"]))
                await self._jobs.update_one(
                    {"_id": document["_id"], "attempts": document["attempts"]},
                    _failure("unreadable", now),
                )
        return None

    async def _lease_oldest(self, now: datetime) -> JobDocument | None:
        waiting = {
            "$or": [
                {"state": ExportState.QUEUED},
                {"state": ExportState.RUNNING, "leased_until": {"$lt": now}},
            ]
        }
        if await self._jobs.find_one(waiting, {"_id": 1}) is None:
            return None
        return await self._jobs.find_one_and_update(
            waiting,
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
            {"$set": {**encode_file(file), **done}, "$unset": {"slot": "", "leased_until": ""}},
        )

    async def postpone(self, leased: LeasedJob) -> bool:
        """Queue the job again: the attempt was interrupted by a server that was away."""
        return await self._update(
            leased,
            {
                "$set": {"state": ExportState.QUEUED},
                "$inc": {"interruptions": 1},
                "$unset": {"leased_until": ""},
            },
        )

    async def fail(self, leased: LeasedJob, reason: str, now: datetime) -> bool:
        return await self._update(leased, _failure(reason, now))

    async def downloadable(self, now: datetime, export_id: UUID | None = None) -> list[StoredFile]:
        """All files that can be downloaded, or only that of this export if it can."""
        known = {} if export_id is None else {"_id": export_id}
        found = self._jobs.find({**known, "state": ExportState.DONE, "expires_at": {"$gt": now}})
        return [decode_stored_file(job) async for job in found]

    async def revoke(self, export_id: UUID) -> bool:
        """Invalidate the link, and delete the search parameters, which may contain a name.

        False when the file is not downloadable any more.
        """
        done = await self._jobs.update_one(
            {"_id": export_id, "state": ExportState.DONE},
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
        ids = {export_id for name in objects if (export_id := export_of_object(name)) is not None}
        found = self._jobs.find(
            {
                "_id": {"$in": list(ids)},
                "state": {"$in": [ExportState.RUNNING, ExportState.DONE]},
                "expires_at": {"$gt": now},
            }
        )
        return {decode_stored_file(job).object_name async for job in found}

    async def _update(self, leased: LeasedJob, change: Expression) -> bool:
        own = {
            "_id": leased.export_id,
            "state": ExportState.RUNNING,
            "attempts": leased.attempt,
        }
        done = await self._jobs.update_one(own, change)
        return done.matched_count == 1


def _failure(reason: str, now: datetime) -> Expression:
    """The update of a job that has failed."""
    return {
        "$set": {"state": ExportState.FAILED, "reason": reason, "finished_at": now},
        "$unset": {"slot": "", "leased_until": ""},
    }

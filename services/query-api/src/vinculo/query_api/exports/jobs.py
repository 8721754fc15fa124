"""Export jobs: a queue in MongoDB, each job leased by the exporter that works on it.

A job keeps the parameters as asked and when, so its filter is the list's at that moment.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from vinculo.eventstore import uuid7
from vinculo.query_api.lists.catalogue import ListName
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.mongo import Database

LEASE: Final = timedelta(seconds=60)
KEPT: Final = timedelta(days=1)
AT_ONCE: Final = 2


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    object_name: str
    rows: int
    size_bytes: int
    sha256: str


class TooManyExports(Exception):
    """The person has as many exports under way as allowed."""


class ExportJobs:
    """The `exports` collection, which outlives every generation of the read model."""

    def __init__(self, database: Database) -> None:
        self._jobs = database["exports"]

    async def prepare(self) -> None:
        """Indexes; MongoDB itself removes jobs a day after they were asked for."""
        await self._jobs.create_index("expires_at", expireAfterSeconds=0)
        await self._jobs.create_index([("state", 1), ("requested_at", 1)])
        await self._jobs.create_index([("requested_by", 1), ("state", 1)])

    async def queue(
        self,
        *,
        list_name: ListName,
        parameters: FilterParameters,
        sort: str,
        locale: str,
        requested_by: UUID,
        now: datetime,
    ) -> UUID:
        """Raises TooManyExports."""
        under_way = await self._jobs.count_documents(
            {"requested_by": requested_by, "state": {"$in": [State.QUEUED, State.RUNNING]}},
            limit=AT_ONCE,
        )
        if under_way >= AT_ONCE:
            raise TooManyExports
        export_id = uuid7()
        await self._jobs.insert_one(
            {
                "_id": export_id,
                "list": str(list_name),
                "format": "csv",
                "parameters": parameters.model_dump(mode="json", exclude_defaults=True),
                "sort": sort,
                "locale": locale,
                "requested_by": requested_by,
                "requested_at": now,
                "expires_at": now + KEPT,
                "state": State.QUEUED,
                "rows": 0,
                "attempts": 0,
            }
        )
        return export_id

    async def find(self, export_id: UUID) -> dict[str, Any] | None:
        job: dict[str, Any] | None = await self._jobs.find_one({"_id": export_id})
        return job

    async def claim(self, now: datetime) -> dict[str, Any] | None:
        """The oldest job that waits or whose exporter died."""
        job: dict[str, Any] | None = await self._jobs.find_one_and_update(
            {
                "$or": [
                    {"state": State.QUEUED},
                    {"state": State.RUNNING, "leased_until": {"$lt": now}},
                ]
            },
            {
                "$set": {"state": State.RUNNING, "leased_until": now + LEASE, "rows": 0},
                "$inc": {"attempts": 1},
            },
            sort=[("requested_at", 1)],
            return_document=True,
        )
        return job

    async def report(self, export_id: UUID, rows: int, now: datetime) -> None:
        """Progress, which also renews the lease."""
        await self._jobs.update_one(
            {"_id": export_id, "state": State.RUNNING},
            {"$set": {"rows": rows, "leased_until": now + LEASE}},
        )

    async def finish(
        self, export_id: UUID, file: ExportedFile, as_of: datetime | None, now: datetime
    ) -> None:
        await self._jobs.update_one(
            {"_id": export_id},
            {
                "$set": {
                    "state": State.DONE,
                    "rows": file.rows,
                    "object_name": file.object_name,
                    "size_bytes": file.size_bytes,
                    "sha256": file.sha256,
                    "as_of": as_of,
                    "finished_at": now,
                }
            },
        )

    async def fail(self, export_id: UUID, reason: str, now: datetime) -> None:
        await self._jobs.update_one(
            {"_id": export_id},
            {"$set": {"state": State.FAILED, "reason": reason, "finished_at": now}},
        )

    async def issue_link(self, export_id: UUID) -> str:
        """A fresh one-use token; an earlier one that was not used is void."""
        token = secrets.token_urlsafe(32)
        await self._jobs.update_one({"_id": export_id}, {"$set": {"link": _digest(token)}})
        return token

    async def spend_link(self, export_id: UUID, token: str) -> dict[str, Any] | None:
        """The job if the token was good, which it is once."""
        job: dict[str, Any] | None = await self._jobs.find_one_and_update(
            {"_id": export_id, "state": State.DONE, "link": _digest(token)},
            {"$unset": {"link": ""}},
        )
        return job


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

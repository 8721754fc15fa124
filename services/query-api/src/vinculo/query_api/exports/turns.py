"""Export jobs as an exporter works them off: each is leased, and each try is told from the others.

Whoever lost the lease, or whose job was cancelled, finds nothing to update any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from vinculo.query_api.exports.jobs import State
from vinculo.query_api.mongo import Database

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
class Turn:
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


class ExportTurns:
    def __init__(self, database: Database, *, kept: timedelta) -> None:
        self._jobs = database["exports"]
        self._kept = kept

    async def claim(self, now: datetime) -> Turn | None:
        """The oldest job that waits or whose exporter died."""
        job: dict[str, Any] | None = await self._jobs.find_one_and_update(
            {
                "$or": [
                    {"state": State.QUEUED},
                    {"state": State.RUNNING, "leased_until": {"$lt": now}},
                ]
            },
            {
                "$set": {
                    "state": State.RUNNING,
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
        return None if job is None else Turn(job)

    async def hold(self, turn: Turn, now: datetime) -> bool:
        """Renew the lease. False when the job was cancelled or is another's by now."""
        return await self._update(turn, {"$set": {"leased_until": now + LEASE}})

    async def estimate(self, turn: Turn, rows: int) -> None:
        await self._update(turn, {"$set": {"estimated_rows": rows}})

    async def report(self, turn: Turn, rows: int) -> None:
        await self._update(turn, {"$set": {"rows": rows}})

    async def finish(self, turn: Turn, file: ExportedFile, now: datetime) -> bool:
        """False when the job was cancelled or is another's: then nobody wants the file."""
        expires_at = now + self._kept
        done = {"state": State.DONE, "finished_at": now, "expires_at": expires_at}
        return await self._update(
            turn,
            {"$set": {**file.document(), **done}, "$unset": {"place": "", "leased_until": ""}},
        )

    async def fail(self, turn: Turn, reason: str, now: datetime) -> bool:
        return await self._update(
            turn,
            {
                "$set": {"state": State.FAILED, "reason": reason, "finished_at": now},
                "$unset": {"place": "", "leased_until": ""},
            },
        )

    async def done(self, now: datetime, export_id: UUID | None = None) -> list[dict[str, Any]]:
        """All jobs whose files can be fetched, or this one if it is among them."""
        known = {} if export_id is None else {"_id": export_id}
        found = self._jobs.find({**known, "state": State.DONE, "expires_at": {"$gt": now}})
        return await found.to_list(None)

    async def withdraw(self, job: Mapping[str, Any]) -> bool:
        """Void the link for good, and forget what was searched for, as it may be a name.

        False when the file is nobody's by now.
        """
        done = await self._jobs.update_one(
            {"_id": job["_id"], "state": State.DONE},
            {
                "$set": {"state": State.WITHDRAWN, "reason": "person-erased", "parameters": {}},
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
                "state": {"$in": [State.RUNNING, State.DONE]},
                "expires_at": {"$gt": now},
            },
            {"state": 1, "attempts": 1, "format": 1, "object_name": 1},
        )
        return {
            job["object_name"] if job["state"] == State.DONE else Turn(job).object_name
            async for job in found
        }

    async def _update(self, turn: Turn, change: dict[str, Any]) -> bool:
        mine = {"_id": turn.export_id, "state": State.RUNNING, "attempts": turn.attempt}
        done = await self._jobs.update_one(mine, change)
        return done.matched_count == 1


def _export_of(object_name: str) -> UUID | None:
    try:
        return UUID(object_name[:36])
    except ValueError:
        return None

"""Export jobs as those who ask see them: a queue in MongoDB, of which each person fills two places.

A job keeps the parameters as asked and when, so its filter is the list's at that moment.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from pymongo.errors import DuplicateKeyError

from vinculo.query_api.exports.formats import Format
from vinculo.query_api.lists.catalogue import ColumnGroup, ListName
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.mongo import Database
from vinculo.translation import Language

AT_ONCE: Final = 2


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
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


class ExportKnown(Exception):
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

    async def queue(self, export_id: UUID, asked: Asked, *, by: UUID, now: datetime) -> None:
        """Raises TooManyExports and ExportKnown."""
        job = {
            "_id": export_id,
            **asked.document(),
            "requested_by": by,
            "requested_at": now,
            "expires_at": now + self._kept,
            "state": State.QUEUED,
            "rows": 0,
            "attempts": 0,
        }
        for place in range(AT_ONCE):
            try:
                await self._jobs.insert_one({**job, "place": place})
            except DuplicateKeyError:
                if await self._jobs.find_one({"_id": export_id}) is not None:
                    raise ExportKnown from None
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
                "state": {"$in": [State.QUEUED, State.RUNNING, State.DONE]},
            },
            {
                "$set": {"state": State.CANCELLED, "finished_at": now},
                "$unset": {"place": "", "link": "", "leased_until": ""},
            },
        )
        return job

    async def issue_link(self, export_id: UUID) -> str:
        """A fresh one-use token; an earlier one that was not used is void."""
        token = secrets.token_urlsafe(32)
        await self._jobs.update_one(
            {"_id": export_id, "state": State.DONE}, {"$set": {"link": _digest(token)}}
        )
        return token

    async def spend_link(self, export_id: UUID, token: str, now: datetime) -> dict[str, Any] | None:
        """The job if the token was good, which it is once."""
        job: dict[str, Any] | None = await self._jobs.find_one_and_update(
            {
                "_id": export_id,
                "state": State.DONE,
                "link": _digest(token),
                "expires_at": {"$gt": now},
            },
            {"$unset": {"link": ""}},
        )
        return job


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""Whose rows each file holds, so that a file can be withdrawn when one of them is erased.

Sixteen bytes a row, exact, kept beside the job for as long as the file: sixteen megabytes for a
million people, where a filter that forgets nobody would withdraw files that hold none of them.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from vinculo.query_api.exports.job_queue import LeasedJob
from vinculo.query_api.exports.threads import in_thread
from vinculo.query_api.exports.writers.arrow import UUID_BYTES
from vinculo.query_api.mongo import Database

ID: Final = pa.binary(UUID_BYTES)


class ExportContents:
    """The `export_rosters` collection: a document for each batch of rows."""

    def __init__(self, database: Database, *, kept: timedelta) -> None:
        self._rosters = database["export_rosters"]
        self._kept = kept

    async def prepare(self) -> None:
        """Indexes; MongoDB itself removes what has expired."""
        await self._rosters.create_index("expires_at", expireAfterSeconds=0)
        await self._rosters.create_index([("export_id", 1), ("attempt", 1)])

    async def add(self, turn: LeasedJob, ids: bytes) -> None:
        """Before the rows can be read in any file: 16 bytes of each row."""
        await self._rosters.insert_one(
            {
                "export_id": turn.export_id,
                "attempt": turn.attempt,
                "people": ids,
                "expires_at": turn.job["expires_at"] + self._kept,
            }
        )

    async def among(self, job: Mapping[str, Any], people: AbstractSet[UUID]) -> set[UUID]:
        """Which of these people the job's file holds."""
        wanted = pa.array([each.bytes for each in people], ID)
        found: set[UUID] = set()
        written = {"export_id": job["_id"], "attempt": job["attempts"]}
        async for roster in self._rosters.find(written, {"people": 1}):
            found |= await in_thread(_held, roster["people"], wanted)
        return found


def _held(ids: bytes, wanted: pa.Array) -> set[UUID]:
    rows = len(ids) // UUID_BYTES
    held = pa.FixedSizeBinaryArray.from_buffers(ID, rows, [None, pa.py_buffer(ids)])
    return {UUID(bytes=each) for each in held.filter(pc.is_in(held, wanted)).to_pylist()}

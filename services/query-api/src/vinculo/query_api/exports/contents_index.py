"""Which people each file contains, so that it can be revoked when one of them is erased.

The index has 16 bytes per row and is kept as long as the file: 16 MB for a million people. A Bloom
filter would be smaller, but would revoke files that do not contain the person.
"""

from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final
from uuid import UUID

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from vinculo.query_api.exports.export_job import StoredFile
from vinculo.query_api.exports.job_queue import LeasedJob
from vinculo.query_api.exports.rows import UUID_BYTES
from vinculo.query_api.exports.threads import run_in_thread
from vinculo.query_api.mongo import Database

ID: Final = pa.binary(UUID_BYTES)
EXPORT_CONTENTS: Final = "export_contents"
FORMER_NAME: Final = "export_rosters"


class ExportContents:
    """The `export_contents` collection: a document for each batch of rows."""

    def __init__(self, database: Database, *, kept: timedelta) -> None:
        self._database = database
        self._contents = database[EXPORT_CONTENTS]
        self._kept = kept

    async def prepare(self) -> None:
        """Make the indexes; idempotent. MongoDB itself deletes expired documents."""
        existing = await self._database.list_collection_names()
        if FORMER_NAME in existing and EXPORT_CONTENTS not in existing:
            await self._database[FORMER_NAME].rename(EXPORT_CONTENTS)
        await self._contents.create_index("expires_at", expireAfterSeconds=0)
        await self._contents.create_index([("export_id", 1), ("attempt", 1)])

    async def add(self, leased: LeasedJob, ids: bytes) -> None:
        """Add rows, 16 bytes each, before the file can be downloaded."""
        await self._contents.insert_one(
            {
                "export_id": leased.export_id,
                "attempt": leased.attempt,
                "people": ids,
                "expires_at": leased.job.expires_at + self._kept,
            }
        )

    async def contained_in(self, file: StoredFile, people: AbstractSet[UUID]) -> set[UUID]:
        """Those of these people that the file contains."""
        ids = pa.array([person_id.bytes for person_id in people], ID)
        found: set[UUID] = set()
        batches = {"export_id": file.export_id, "attempt": file.attempt}
        async for batch in self._contents.find(batches, {"people": 1}):
            found |= await run_in_thread(_intersection, batch["people"], ids)
        return found


def _intersection(contents: bytes, ids: pa.Array) -> set[UUID]:
    rows = len(contents) // UUID_BYTES
    contained = pa.FixedSizeBinaryArray.from_buffers(ID, rows, [None, pa.py_buffer(contents)])
    return {UUID(bytes=each) for each in contained.filter(pc.is_in(contained, ids)).to_pylist()}

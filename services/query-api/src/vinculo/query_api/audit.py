"""Who looked at whom, who exported what: kept beside the read model, never rebuilt or erased."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from vinculo.eventstore import uuid7
from vinculo.query_api.mongo import Database


class AuditTrail:
    """Appends entries to the `audit` collection."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
    ) -> None:
        self._entries = database["audit"]
        self._clock = clock

    async def record(
        self, action: str, *, by: UUID, person_id: UUID | None = None, **facts: str | int
    ) -> None:
        await self._entries.insert_one(
            {
                "_id": uuid7(),
                "action": action,
                "by": by,
                "at": self._clock(),
                "person_id": person_id,
                **facts,
            }
        )

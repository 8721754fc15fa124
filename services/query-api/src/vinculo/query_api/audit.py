"""Who looked at whom, who exported what: kept beside the read model, never rebuilt or erased."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from vinculo.eventstore import uuid7
from vinculo.query_api.mongo import Database

NO_FACTS: Final[Mapping[str, object]] = MappingProxyType({})


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
        self,
        action: str,
        *,
        by: UUID | None,
        person_id: UUID | None = None,
        facts: Mapping[str, object] = NO_FACTS,
    ) -> None:
        """`by` is None for who holds a link and is not signed in; facts are nobody's data."""
        await self._entries.insert_one(
            {
                **facts,
                "_id": uuid7(),
                "action": action,
                "by": by,
                "at": self._clock(),
                "person_id": person_id,
            }
        )

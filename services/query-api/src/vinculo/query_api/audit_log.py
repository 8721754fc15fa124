"""Who looked at whom, who exported what: kept beside the read model, never rebuilt or erased."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from pymongo import ASCENDING, IndexModel

from vinculo.events import uuid7
from vinculo.query_api.cursors import Cursor
from vinculo.query_api.mongo import MAX_QUERY_MS, Database, Document
from vinculo.query_api.periods import ALWAYS, Interval, within

NO_FACTS: Final[Mapping[str, object]] = MappingProxyType({})
AUDIT: Final = "audit"
COMMON_FIELDS: Final = frozenset({"_id", "action", "by", "at", "person_id"})
"""The fields that every entry has; all others are its facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """None is everybody and everything."""

    by: UUID | None = None
    actions: Sequence[str] = ()
    person_id: UUID | None = None
    period: Interval = ALWAYS

    def match(self) -> Document:
        asked = {"by": self.by, "person_id": self.person_id}
        return {
            **{field: value for field, value in asked.items() if value is not None},
            **({"action": {"$in": sorted(set(self.actions))}} if self.actions else {}),
            **within("at", self.period),
        }


async def prepare_audit(database: Database) -> None:
    """Make the indexes, one for each way to ask; idempotent."""
    await database[AUDIT].create_indexes(
        [
            IndexModel(
                [(name, ASCENDING) for name in (*first, "at", "_id")],
                name="_".join(("by", *(first or ("moment",)))),
            )
            for first in ((), ("by",), ("action",), ("person_id",))
        ]
    )


class AuditLog:
    """Appends entries to the `audit` collection, and reads them."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
    ) -> None:
        self._entries = database[AUDIT]
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

    async def read(
        self, asked: AuditFilter, *, limit: int, cursor: Cursor | None
    ) -> tuple[list[dict[str, Any]], Cursor | None]:
        """A page of entries, the newest first, and the cursor for the older ones."""
        match: Document = asked.match()
        if cursor is not None:
            match = {
                "$and": [
                    match,
                    {"at": {"$lte": cursor.value}},
                    {"$or": [{"at": {"$lt": cursor.value}}, {"_id": {"$lt": cursor.person_id}}]},
                ]
            }
        found = (
            await self._entries.find(match, max_time_ms=MAX_QUERY_MS)
            .sort([("at", -1), ("_id", -1)])
            .limit(limit + 1)
            .to_list(limit + 1)
        )
        shown = found[:limit]
        older = (
            Cursor(value=shown[-1]["at"], person_id=shown[-1]["_id"])
            if len(found) > limit
            else None
        )
        return [_entry(each) for each in shown], older


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "entry_id": entry["_id"],
        "action": entry["action"],
        "by": entry["by"],
        "at": entry["at"],
        "person_id": entry["person_id"],
        "facts": {name: value for name, value in entry.items() if name not in COMMON_FIELDS},
    }

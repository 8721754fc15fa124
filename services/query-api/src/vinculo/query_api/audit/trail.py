"""Pages of audit entries, filtered by actor, action, person and period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from vinculo.query_api.audit_log import AUDIT, COMMON_FIELDS
from vinculo.query_api.cursors import Cursor
from vinculo.query_api.mongo import MAX_QUERY_MS, Database, Document
from vinculo.query_api.periods import ALWAYS, Interval, within


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """None and empty mean all."""

    by: UUID | None = None
    actions: Sequence[str] = ()
    person_id: UUID | None = None
    period: Interval = ALWAYS

    def match(self) -> Document:
        """MongoDB's filter."""
        equal = {"by": self.by, "person_id": self.person_id}
        return {
            **{field: value for field, value in equal.items() if value is not None},
            **({"action": {"$in": sorted(set(self.actions))}} if self.actions else {}),
            **within("at", self.period),
        }


async def read_audit_page(
    database: Database, audit_filter: AuditFilter, *, limit: int, cursor: Cursor | None
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """A page of entries, the newest first, and the cursor of the next page."""
    match: Document = audit_filter.match()
    if cursor is not None:
        match = {
            "$and": [
                match,
                {"at": {"$lte": cursor.value}},
                {"$or": [{"at": {"$lt": cursor.value}}, {"_id": {"$lt": cursor.person_id}}]},
            ]
        }
    found = (
        await database[AUDIT]
        .find(match, max_time_ms=MAX_QUERY_MS)
        .sort([("at", -1), ("_id", -1)])
        .limit(limit + 1)
        .to_list(limit + 1)
    )
    page = found[:limit]
    following = (
        Cursor(value=page[-1]["at"], person_id=page[-1]["_id"]) if len(found) > limit else None
    )
    return [_shown(entry) for entry in page], following


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "entry_id": entry["_id"],
        "action": entry["action"],
        "by": entry["by"],
        "at": entry["at"],
        "person_id": entry["person_id"],
        "facts": {name: value for name, value in entry.items() if name not in COMMON_FIELDS},
    }

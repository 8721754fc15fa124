"""Pages of audit entries, filtered by actor, action, person and period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from vinculo.messaging import rfc3339
from vinculo.query_api.audit_log import AUDIT, COMMON_FIELDS, AuditAction, AuditEntry
from vinculo.query_api.cursors import Cursor
from vinculo.query_api.mongo import MAX_QUERY_MS, Database, Expression, collection_of
from vinculo.query_api.periods import ALWAYS, Interval, within

FACTS_OF_TIME: Final = frozenset({"as_of", "from", "to"})


class ShownAuditEntry(TypedDict):
    """An audited action."""

    entry_id: Annotated[UUID, Field(description="The id of the entry.")]
    action: Annotated[str, Field(description="What was done.")]
    by: Annotated[
        UUID | None, Field(description="Who did it; null for the bearer of a link, or the system.")
    ]
    at: Annotated[datetime, Field(description="When it was done.")]
    person_id: Annotated[UUID | None, Field(description="The person whom it was about.")]
    facts: Annotated[dict[str, object], Field(description="Details, which depend on the action.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """None and empty mean all."""

    by: UUID | None = None
    actions: Sequence[AuditAction] = ()
    person_id: UUID | None = None
    period: Interval = ALWAYS

    def match(self) -> Expression:
        """MongoDB's filter."""
        equal = {"by": self.by, "person_id": self.person_id}
        return {
            **{field: value for field, value in equal.items() if value is not None},
            **(
                {"action": {"$in": sorted({action.value for action in self.actions})}}
                if self.actions
                else {}
            ),
            **within("at", self.period),
        }


async def read_audit_page(
    database: Database, audit_filter: AuditFilter, *, limit: int, cursor: Cursor | None
) -> tuple[list[ShownAuditEntry], Cursor | None]:
    """A page of entries, the newest first, and the cursor of the next page."""
    match = audit_filter.match()
    if cursor is not None:
        match = {
            "$and": [
                match,
                {"at": {"$lte": cursor.value}},
                {"$or": [{"at": {"$lt": cursor.value}}, {"_id": {"$lt": cursor.person_id}}]},
            ]
        }
    found = (
        await collection_of(database, AUDIT, AuditEntry)
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


def _shown(entry: AuditEntry) -> ShownAuditEntry:
    return {
        "entry_id": entry["_id"],
        "action": entry["action"],
        "by": entry["by"],
        "at": entry["at"],
        "person_id": entry["person_id"],
        "facts": {
            name: _as_rfc3339(value) if name in FACTS_OF_TIME else value
            for name, value in entry.items()
            if name not in COMMON_FIELDS
        },
    }


def _as_rfc3339(value: object) -> object:
    """Earlier releases stored moments with a space; the ids of events stay as they are."""
    if not isinstance(value, str):
        return value
    try:
        return rfc3339(datetime.fromisoformat(value))
    except ValueError:
        return value

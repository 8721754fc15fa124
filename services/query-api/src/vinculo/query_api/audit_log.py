"""The audit log: who viewed whom and who exported what.

The `audit` collection is not part of the read model. Rebuilds and erasures do not touch it, so
entries name people by id only and hold no personal data.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from pymongo import ASCENDING, IndexModel
from typing_extensions import TypedDict

from vinculo.events import uuid7
from vinculo.query_api.mongo import Database

AUDIT: Final = "audit"


class AuditAction(StrEnum):
    """What is audited; stored and shown by these codes."""

    ACCESS_REFUSED = "access-refused"
    AUDIT_READ = "audit-read"
    CHANGES_VIEWED = "changes-viewed"
    EXPORT_CANCELLED = "export-cancelled"
    EXPORT_FAILED = "export-failed"
    EXPORT_FETCHED = "export-fetched"
    EXPORT_MADE = "export-made"
    EXPORT_REFUSED = "export-refused"
    EXPORT_REQUESTED = "export-requested"
    EXPORT_WITHDRAWN = "export-withdrawn"
    LIST_SEARCHED = "list-searched"
    PROFILE_VIEWED = "profile-viewed"
    TIMELINE_VIEWED = "timeline-viewed"


class AuditEntry(TypedDict):
    """The fields of every entry; all others are its facts."""

    _id: UUID
    action: str
    by: UUID | None
    at: datetime
    person_id: UUID | None


COMMON_FIELDS: Final = frozenset(AuditEntry.__annotations__)
_NO_FACTS: Final[Mapping[str, object]] = MappingProxyType({})


async def ensure_audit_indexes(database: Database) -> None:
    """One index for each field that the log is filtered by; idempotent."""
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
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._entries = database[AUDIT]
        self._clock = clock

    async def record(
        self,
        action: AuditAction,
        *,
        by: UUID | None,
        person_id: UUID | None = None,
        facts: Mapping[str, object] = _NO_FACTS,
    ) -> None:
        """Append an entry. `by` is None for the bearer of a link, who is not signed in."""
        await self._entries.insert_one(
            {
                **facts,
                "_id": uuid7(),
                "action": action.value,
                "by": by,
                "at": self._clock(),
                "person_id": person_id,
            }
        )

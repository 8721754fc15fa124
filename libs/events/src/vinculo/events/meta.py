"""What comes with every event: its id, its time and its tracing data.

Ids are version 7 UUIDs: ordered by time, which keeps indexes compact. They disclose the time, so
they must not be used as tokens.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["Meta", "utc_now", "uuid7"]


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Meta:
    """Tracing data of an event, not to be changed: ids only, never personal data.

    Not frozen, as making one would take more than twice as long.
    """

    correlation_id: str | None = None
    causation_id: UUID | None = None
    traceparent: str | None = None
    actor: str | None = None


def utc_now() -> datetime:
    """The current time, aware, in UTC: the clock that is injected wherever time is read."""
    return datetime.now(UTC)

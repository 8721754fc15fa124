"""The current time."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The current moment, aware, in UTC: the clock that is injected wherever time is read."""
    return datetime.now(UTC)

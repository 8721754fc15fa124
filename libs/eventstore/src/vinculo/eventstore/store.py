"""What every event store does; one contract suite holds all of them to it."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.eventstore.events import NewEvent, StoredEvent


class EventStore(Protocol):
    async def read(
        self, stream_id: str, *, connection: AsyncConnection | None = None
    ) -> list[StoredEvent]:
        """Give the stream's events in version order; none when it does not exist."""
        ...

    async def append(
        self,
        stream_id: str,
        *,
        subject: UUID,
        expected_version: int,
        events: Sequence[NewEvent],
        connection: AsyncConnection | None = None,
    ) -> int:
        """Give the new version, or raise `VersionConflict`; all events are stored or none.

        Also raises `EventTooLarge`, `UnstorableEvent`, `SubjectMismatch`.
        """
        ...

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Begin a transaction that appends and SQLAlchemy Core statements share."""
        ...

"""The interface of event stores; one suite of tests runs on all implementations."""

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
        """Read the events of the stream, in order of versions; none if it does not exist."""
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
        """Append all events or none, and return the new version.

        Raises:
            VersionConflict: the stream is not at the expected version.
            SubjectMismatch: the stream belongs to another subject.
            EventTooLarge, UnstorableEvent: an event cannot be stored.

        """
        ...

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Begin a transaction for appends and statements of SQLAlchemy Core."""
        ...

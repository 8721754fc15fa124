"""An event store in memory for tests; the same tests run on it as on PostgreSQL."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events.streams import VersionConflict, record_position
from vinculo.eventstore.codec import meta_from_json, to_row
from vinculo.eventstore.events import NewEvent, StoredEvent, SubjectMismatch


class InMemoryEventStore:
    """`published` has all events in the order of their appends, as a relay would publish them."""

    def __init__(self) -> None:
        self._streams: dict[str, list[StoredEvent]] = {}
        self.published: list[StoredEvent] = []

    async def read(
        self,
        stream_id: str,
        *,
        connection: AsyncConnection | None = None,  # noqa: ARG002 - not used in memory
    ) -> list[StoredEvent]:
        stream = list(self._streams.get(stream_id, ()))
        record_position(stream_id, len(stream))
        return stream

    async def append(
        self,
        stream_id: str,
        *,
        subject: UUID,
        expected_version: int,
        events: Sequence[NewEvent],
        connection: AsyncConnection | None = None,  # noqa: ARG002 - not used in memory
    ) -> int:
        rows = [to_row(event) for event in events]
        stream = self._streams.get(stream_id, [])
        if len(stream) != expected_version:
            raise VersionConflict(stream_id, expected_version, len(stream))
        if stream and stream[0].subject != subject:
            raise SubjectMismatch(f"{stream_id} belongs to another subject")
        added = [
            StoredEvent(
                event_id=row.event_id,
                stream_id=stream_id,
                subject=subject,
                version=version,
                type=row.type,
                data=orjson.loads(row.data),
                personal=None if row.personal is None else orjson.loads(row.personal),
                meta=meta_from_json(orjson.loads(row.meta)),
                recorded_at=datetime.now(UTC),
            )
            for version, row in enumerate(rows, start=expected_version + 1)
        ]
        if added:
            self._streams[stream_id] = [*stream, *added]
            self.published.extend(added)
        record_position(stream_id, expected_version + len(added))
        return expected_version + len(added)

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        raise TypeError("side rows need PostgreSQL: the store in memory has no transactions")

"""One suite for all event stores, so that the one in memory behaves as the one on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from vinculo.events import Meta, StreamPosition, VersionConflict, track_position, uuid7
from vinculo.eventstore import (
    EventStore,
    EventTooLarge,
    InMemoryEventStore,
    NewEvent,
    PostgresEventStore,
    SubjectMismatch,
    UnstorableEvent,
    create_engine,
)
from vinculo.eventstore.testing import create_event_database
from vinculo.testing.fixture_types import NewDatabase

ANA = UUID(int=1)
EVA = UUID(int=2)


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.servers)])
def new_database(request: pytest.FixtureRequest) -> NewDatabase | None:
    if request.param == "memory":
        return None
    fixture: NewDatabase = request.getfixturevalue("new_database")
    return fixture


@pytest.fixture
async def store(new_database: NewDatabase | None) -> AsyncIterator[EventStore]:
    if new_database is None:
        yield InMemoryEventStore()
        return
    engine = create_engine(await new_database(create_event_database, name="eventstore"))
    yield PostgresEventStore(engine)
    await engine.dispose()


def event(text: str = "hello", **changes: object) -> NewEvent:
    fields = {"event_id": uuid7(), "type": "said.v1", "data": {"text": text}} | changes
    return NewEvent(**fields)  # type: ignore[arg-type]


async def test_an_unknown_stream_is_empty(store: EventStore) -> None:
    assert await store.read("talk-1") == []


async def test_events_are_read_as_they_were_appended(store: EventStore) -> None:
    meta = Meta(
        correlation_id="c-1", causation_id=UUID(int=4), traceparent="00-a-b-01", actor="staff"
    )
    appended = event("¡hola! \\u0000 is not a NUL 🙂", personal={"v": 1, "ct": "x"}, meta=meta)

    version = await store.append("talk-1", subject=ANA, expected_version=0, events=[appended])

    (stored,) = await store.read("talk-1")
    assert version == stored.version == 1
    assert stored.event_id == appended.event_id
    assert stored.stream_id == "talk-1"
    assert stored.subject == ANA
    assert (stored.type, stored.data, stored.personal) == (
        appended.type,
        appended.data,
        appended.personal,
    )
    assert stored.meta == meta
    assert datetime.now(UTC) - stored.recorded_at < timedelta(minutes=1)


async def test_optional_parts_of_an_event_may_be_absent(store: EventStore) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event()])

    (stored,) = await store.read("talk-1")
    assert stored.personal is None
    assert stored.meta == Meta()


async def test_versions_are_consecutive(store: EventStore) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event("a"), event("b")])
    version = await store.append("talk-1", subject=ANA, expected_version=2, events=[event("c")])

    stored = await store.read("talk-1")
    assert version == 3
    assert [(e.version, e.data["text"]) for e in stored] == [(1, "a"), (2, "b"), (3, "c")]


@pytest.mark.parametrize("expected", [0, 1, 3, 9])
async def test_an_unexpected_version_is_a_conflict(store: EventStore, expected: int) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event(), event()])

    with pytest.raises(VersionConflict, match="at version 2") as conflict:
        await store.append("talk-1", subject=ANA, expected_version=expected, events=[event()])

    assert (conflict.value.expected, conflict.value.actual) == (expected, 2)
    assert len(await store.read("talk-1")) == 2


async def test_a_stream_begins_with_version_one(store: EventStore) -> None:
    with pytest.raises(VersionConflict):
        await store.append("talk-1", subject=ANA, expected_version=3, events=[event()])

    assert await store.read("talk-1") == []


async def test_one_of_many_writers_appends_a_version(store: EventStore) -> None:
    async def write() -> bool:
        try:
            await store.append("talk-1", subject=ANA, expected_version=0, events=[event()])
        except VersionConflict:
            return False
        return True

    results = await asyncio.gather(*(write() for _ in range(16)))

    assert sum(results) == 1
    assert len(await store.read("talk-1")) == 1


async def test_streams_are_independent(store: EventStore) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event()])
    await store.append("talk-2", subject=EVA, expected_version=0, events=[event()])

    (stored,) = await store.read("talk-2")
    assert stored.subject == EVA


async def test_a_stream_keeps_its_subject(store: EventStore) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event()])

    with pytest.raises(SubjectMismatch):
        await store.append("talk-1", subject=EVA, expected_version=1, events=[event()])


async def test_an_event_that_is_too_large_for_kafka_is_refused(store: EventStore) -> None:
    with pytest.raises(EventTooLarge, match="bytes"):
        await store.append(
            "talk-1", subject=ANA, expected_version=0, events=[event(), event("x" * 600_000)]
        )

    assert await store.read("talk-1") == []


@pytest.mark.parametrize("text", ["nul \0 inside", "lone \ud800 surrogate"])
async def test_text_that_cannot_be_stored_is_refused(store: EventStore, text: str) -> None:
    with pytest.raises(UnstorableEvent):
        await store.append("talk-1", subject=ANA, expected_version=0, events=[event(text)])

    assert await store.read("talk-1") == []


async def test_appending_nothing_changes_nothing(store: EventStore) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event()])

    assert await store.append("talk-1", subject=ANA, expected_version=1, events=[]) == 1
    assert await store.append("talk-2", subject=ANA, expected_version=0, events=[]) == 0
    with pytest.raises(VersionConflict):
        await store.append("talk-1", subject=ANA, expected_version=0, events=[])


async def test_the_position_of_a_stream_is_tracked_on_request(store: EventStore) -> None:
    with track_position() as nothing:
        await store.read("talk-1")
    with track_position() as appended:
        await store.append("talk-1", subject=ANA, expected_version=0, events=[event(), event()])
    with track_position() as read:
        await store.read("talk-1")
        await store.read("talk-2")
    await store.append("talk-1", subject=ANA, expected_version=2, events=[event()])

    assert nothing == StreamPosition()
    assert appended == read == StreamPosition("talk-1", 2)

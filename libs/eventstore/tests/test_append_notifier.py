"""Every path of an append notifies after its commit, and no append depends on a notification."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import QueuePool

from vinculo.events import VersionConflict, uuid7
from vinculo.eventstore import (
    CommandResult,
    NewEvent,
    PostgresEventStore,
    append_notifier,
    create_engine,
    execute,
)
from vinculo.eventstore.append_notifier import CHANNEL, AppendNotifier
from vinculo.eventstore.statement_pool import driver_connection
from vinculo.eventstore.testing import create_event_database
from vinculo.testing.databases import connected
from vinculo.testing.fixture_types import NewDatabase

from .test_command_handler import ACCOUNTS, OPEN, NamedEnvelopes

pytestmark = pytest.mark.servers

ANA = UUID(int=1)


class Listener:
    """What another process sees: notifications, and on each the streams with their versions."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection
        self._received: asyncio.Queue[object] = asyncio.Queue()

    async def listen(self) -> None:
        await self._connection.add_listener(
            CHANNEL, lambda *notification: self._received.put_nowait(notification)
        )

    async def next(self) -> dict[str, int]:
        await self._received.get()
        rows = await self._connection.fetch("SELECT stream_id, version FROM streams")
        return {row["stream_id"]: row["version"] for row in rows}

    def received(self) -> int:
        return self._received.qsize()


@pytest.fixture
async def url(new_database: NewDatabase) -> str:
    return await new_database(create_event_database, name="eventstore")


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresEventStore]:
    engine = create_engine(url)
    yield PostgresEventStore(engine)
    await engine.dispose()


@pytest.fixture
async def listener(url: str) -> AsyncIterator[Listener]:
    async with connected(url) as connection:
        listener = Listener(connection)
        await listener.listen()
        yield listener


async def append(
    store: PostgresEventStore,
    stream: str = "talk-1",
    *,
    version: int = 1,
    connection: AsyncConnection | None = None,
) -> None:
    event = NewEvent(event_id=uuid7(), type="said.v1", data={})
    await store.append(
        stream, subject=ANA, expected_version=version - 1, events=[event], connection=connection
    )


async def test_a_single_append_notifies(store: PostgresEventStore, listener: Listener) -> None:
    await append(store)

    assert await listener.next() == {"talk-1": 1}


async def test_a_command_with_side_rows_notifies_after_its_commit(
    store: PostgresEventStore, listener: Listener
) -> None:
    async def write_side_row(connection: AsyncConnection, _: CommandResult[Any, Any]) -> None:
        await connection.execute(text("INSERT INTO notes VALUES ('opened')"))

    await execute(
        store,
        ACCOUNTS,
        OPEN.account_id,
        OPEN,
        encryptor=NamedEnvelopes(),
        on_appended=write_side_row,
    )

    assert await listener.next() == {ACCOUNTS.stream_id(OPEN.account_id): 1}


async def test_an_append_in_a_transaction_of_the_engine_notifies_after_its_commit(
    store: PostgresEventStore, listener: Listener
) -> None:
    async with store.engine.begin() as connection:
        await append(store, connection=connection)
        await append(store, "talk-2", connection=connection)

    assert await listener.next() == {"talk-1": 1, "talk-2": 1}


async def test_a_commit_sent_to_the_driver_notifies_when_the_connection_is_returned(
    store: PostgresEventStore, listener: Listener
) -> None:
    async with store.engine.connect() as connection:
        driver = await driver_connection(connection)
        await driver.execute("BEGIN")
        await append(store, connection=connection)
        await driver.execute("COMMIT")

    assert await listener.next() == {"talk-1": 1}


async def test_without_appended_events_nothing_is_notified(
    store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append(store)
    notified: list[AppendNotifier] = []
    monkeypatch.setattr(AppendNotifier, "notify", notified.append)

    async def conflict() -> None:
        async with store.transaction() as connection:
            await append(store, connection=connection)

    with pytest.raises(VersionConflict):
        await conflict()
    with pytest.raises(VersionConflict):
        await append(store)
    async with store.transaction() as connection:
        await store.read("talk-1", connection=connection)
        await store.append(
            "talk-1", subject=ANA, expected_version=1, events=[], connection=connection
        )
    await store.append("talk-1", subject=ANA, expected_version=1, events=[])

    assert notified == []


async def test_appends_of_a_short_time_share_a_notification(
    store: PostgresEventStore, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_notifier, "COALESCE_SECONDS", 3600)
    await asyncio.gather(*(append(store, f"talk-{n}") for n in range(50)))

    await listener.next()

    assert listener.received() == 0


async def test_an_append_shortly_after_a_notification_is_notified_too(
    store: PostgresEventStore, listener: Listener
) -> None:
    for version in range(1, 5):
        await append(store, version=version)
        assert await listener.next() == {"talk-1": version}


async def test_a_failed_notification_concerns_neither_its_append_nor_the_next_notification(
    store: PostgresEventStore, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def fail(_: object) -> None:
        failed.set()
        raise asyncpg.ConnectionDoesNotExistError

    with monkeypatch.context() as patched:
        patched.setattr(append_notifier, "_send", fail)
        await append(store)
        await failed.wait()
    await append(store, version=2)

    assert await listener.next() == {"talk-1": 2}


async def test_appends_do_not_wait_for_a_notification(
    store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, released = asyncio.Event(), asyncio.Event()

    async def wait(_: object) -> None:
        started.set()
        await released.wait()

    monkeypatch.setattr(append_notifier, "_send", wait)
    await append(store)
    await started.wait()
    await append(store, version=2)
    async with store.transaction() as connection:
        await append(store, version=3, connection=connection)

    assert len(await store.read("talk-1")) == 3
    released.set()


async def test_a_notification_of_the_disposed_engine_opens_no_connection(url: str) -> None:
    engine = create_engine(url)
    store = PostgresEventStore(engine)
    await append(store)
    sending = store._notifier._sending  # noqa: SLF001 - it has not begun
    await engine.dispose()

    assert sending is not None
    await sending
    assert isinstance(engine.pool, QueuePool)
    assert (engine.pool.checkedout(), engine.pool.checkedin()) == (0, 0)
    await engine.dispose()


async def test_a_pending_notification_opens_no_connection_after_the_engine_is_disposed(
    url: str, listener: Listener
) -> None:
    engine = create_engine(url)
    store = PostgresEventStore(engine)
    await append(store)
    await listener.next()
    await append(store, version=2)
    sending = store._notifier._sending  # noqa: SLF001 - it ends after the engine
    await engine.dispose()

    assert sending is not None
    await sending
    assert isinstance(engine.pool, QueuePool)
    assert engine.pool.checkedout() == 0

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, VersionConflict
from vinculo.eventstore import (
    Category,
    Codec,
    InMemoryEventStore,
    LoadedState,
    NewEvent,
    execute,
    load,
    load_up_to_causation,
)

from .account_domain import (
    ACCOUNT,
    Account,
    AccountOpened,
    MoneyPaidIn,
    NoteLeft,
    NotOpen,
    OpenAccount,
    PayIn,
)

ACCOUNTS = Category(
    "account",
    ACCOUNT,
    Codec(
        {
            "account-opened.v1": AccountOpened,
            "money-paid-in.v2": MoneyPaidIn,
            "note-left.v1": NoteLeft,
        }
    ),
)
ID = UUID(int=5)
PAID = {"amount_cents": 1}
OPEN = OpenAccount(account_id=ID, name="Ana", now=datetime(2026, 1, 1, tzinfo=UTC))


class NamedEnvelopes:
    """A encryptor whose envelopes name the subject and the event."""

    async def encrypt(self, subject: UUID, event_id: UUID, plain: dict[str, Any]) -> dict[str, Any]:
        return {"of": str(subject), "in": str(event_id), "plain": plain}


class ConflictingStore(InMemoryEventStore):
    """A store in which another writer appends first, a number of times."""

    def __init__(self, conflicts: int) -> None:
        super().__init__()
        self.conflicts = conflicts

    async def append(
        self,
        stream_id: str,
        *,
        subject: UUID,
        expected_version: int,
        events: Sequence[NewEvent],
        connection: AsyncConnection | None = None,
    ) -> int:
        if self.conflicts and expected_version:
            self.conflicts -= 1
            other = NewEvent(event_id=UUID(int=1), type="money-paid-in.v2", data=PAID)
            await super().append(
                stream_id, subject=subject, expected_version=expected_version, events=[other]
            )
        return await super().append(
            stream_id,
            subject=subject,
            expected_version=expected_version,
            events=events,
            connection=connection,
        )


async def test_a_command_appends_the_decided_events() -> None:
    store = InMemoryEventStore()
    meta = Meta(correlation_id="c", actor="someone")

    result = await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes(), meta=meta)

    (stored,) = await store.read(f"account-{ID}")
    assert result.version == stored.version == 1
    assert result.state == Account(is_open=True)
    assert result.event_ids == (stored.event_id,)
    assert stored.subject == ID
    assert stored.meta == meta
    assert stored.personal == {
        "of": str(ID),
        "in": str(stored.event_id),
        "plain": {"v": 1, "name": "Ana"},
    }


async def test_the_subject_may_differ_from_the_stream() -> None:
    store = InMemoryEventStore()

    await execute(store, ACCOUNTS, ID, OPEN, subject=UUID(int=9), encryptor=NamedEnvelopes())

    (stored,) = await store.read(f"account-{ID}")
    assert stored.subject == UUID(int=9)


async def test_a_personal_part_is_never_stored_unencrypted() -> None:
    with pytest.raises(TypeError, match="no encryptor"):
        await execute(InMemoryEventStore(), ACCOUNTS, ID, OPEN)


async def test_a_command_that_changes_nothing_appends_nothing() -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())

    result = await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())

    assert result.events == ()
    assert result.version == 1
    assert len(store.published) == 1


async def test_a_refusal_appends_nothing() -> None:
    store = InMemoryEventStore()

    with pytest.raises(NotOpen):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=1))

    assert store.published == []


async def test_three_conflicts_are_retried() -> None:
    store = ConflictingStore(conflicts=3)
    await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())

    result = await execute(store, ACCOUNTS, ID, PayIn(amount_cents=10))

    assert result.version == 5
    assert result.state.balance_cents == 13


async def test_the_fourth_conflict_is_raised() -> None:
    store = ConflictingStore(conflicts=4)
    await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())

    with pytest.raises(VersionConflict):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=10))


async def test_a_different_expected_version_is_a_conflict() -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())

    with pytest.raises(VersionConflict, match="at version 1, not 7"):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=10), expected_version=7)


async def test_with_an_expected_version_a_conflict_is_not_retried() -> None:
    store = ConflictingStore(conflicts=1)
    await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())

    with pytest.raises(VersionConflict):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=10), expected_version=1)


async def test_a_loaded_state_is_not_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())
    loaded = await load(store, ACCOUNTS, ID)
    monkeypatch.delattr(InMemoryEventStore, "read")

    result = await execute(store, ACCOUNTS, ID, PayIn(amount_cents=5), loaded=loaded)

    assert result.version == 2
    assert result.state == Account(is_open=True, balance_cents=5)


async def test_an_outdated_loaded_state_is_a_conflict() -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())
    loaded = await load(store, ACCOUNTS, ID)
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=5))

    with pytest.raises(VersionConflict):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=7), loaded=loaded)
    with pytest.raises(VersionConflict):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=7), loaded=loaded, expected_version=2)

    assert (await load(store, ACCOUNTS, ID)).version == 2


async def test_load_returns_state_and_version() -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=4))

    loaded = await load(store, ACCOUNTS, ID)

    assert loaded.version == 2
    assert loaded.state == Account(is_open=True, balance_cents=4)


async def test_a_missing_stream_has_the_initial_state() -> None:
    loaded = await load(InMemoryEventStore(), ACCOUNTS, ID)

    assert (loaded.state, loaded.version) == (Account(), 0)


async def test_side_rows_need_postgresql() -> None:
    async def write_side_row(connection: AsyncConnection, result: object) -> None:
        raise AssertionError((connection, result))

    with pytest.raises(TypeError, match="PostgreSQL"):
        await execute(
            InMemoryEventStore(),
            ACCOUNTS,
            ID,
            OPEN,
            encryptor=NamedEnvelopes(),
            on_appended=write_side_row,
        )


async def test_the_state_after_a_request_is_found_despite_later_events() -> None:
    store = InMemoryEventStore()
    meta = Meta(causation_id=UUID(int=6))
    await execute(store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes())
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=1), meta=meta)
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=2), meta=meta)
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=4))

    loaded = await load_up_to_causation(store, ACCOUNTS, ID, UUID(int=6))

    assert loaded == LoadedState(Account(is_open=True, balance_cents=3), 3)


async def test_the_state_after_a_request_without_events_is_none() -> None:
    store = InMemoryEventStore()
    await execute(
        store, ACCOUNTS, ID, OPEN, encryptor=NamedEnvelopes(), meta=Meta(causation_id=UUID(int=6))
    )

    assert await load_up_to_causation(store, ACCOUNTS, ID, UUID(int=7)) is None
    assert await load_up_to_causation(store, ACCOUNTS, UUID(int=8), UUID(int=6)) is None

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

from .ledger_domain import (
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
OPEN = OpenAccount(account_id=ID, name="Ana", now=datetime(2026, 1, 1, tzinfo=UTC))


class Wax:
    """Seals by naming the event and the subject."""

    async def seal(self, subject: UUID, event_id: UUID, plain: dict[str, Any]) -> dict[str, Any]:
        return {"of": str(subject), "in": str(event_id), "plain": plain}


class Contested(InMemoryEventStore):
    """Lets someone else append first, a number of times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def append(
        self,
        stream_id: str,
        *,
        subject: UUID,
        expected_version: int,
        events: Sequence[NewEvent],
        connection: AsyncConnection | None = None,
    ) -> int:
        if self.times and expected_version:
            self.times -= 1
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


PAID = {"amount_cents": 1}


async def test_a_command_appends_what_was_decided() -> None:
    store = InMemoryEventStore()
    meta = Meta(correlation_id="c", actor="someone")

    outcome = await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax(), meta=meta)

    (stored,) = await store.read(f"account-{ID}")
    assert outcome.version == stored.version == 1
    assert outcome.state == Account(is_open=True)
    assert outcome.event_ids == (stored.event_id,)
    assert stored.subject == ID
    assert stored.meta == meta
    assert stored.personal == {
        "of": str(ID),
        "in": str(stored.event_id),
        "plain": {"v": 1, "name": "Ana"},
    }


async def test_the_subject_may_be_another_than_the_stream() -> None:
    store = InMemoryEventStore()

    await execute(store, ACCOUNTS, ID, OPEN, subject=UUID(int=9), sealer=Wax())

    (stored,) = await store.read(f"account-{ID}")
    assert stored.subject == UUID(int=9)


async def test_a_personal_part_is_never_stored_unsealed() -> None:
    with pytest.raises(TypeError, match="seal"):
        await execute(InMemoryEventStore(), ACCOUNTS, ID, OPEN)


async def test_a_command_that_changes_nothing_appends_nothing() -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())

    outcome = await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())

    assert outcome.events == ()
    assert outcome.version == 1
    assert len(store.published) == 1


async def test_a_refusal_appends_nothing() -> None:
    store = InMemoryEventStore()

    with pytest.raises(NotOpen):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=1))

    assert store.published == []


async def test_three_conflicts_are_decided_again() -> None:
    store = Contested(times=3)
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())

    outcome = await execute(store, ACCOUNTS, ID, PayIn(amount_cents=10))

    assert outcome.version == 5
    assert outcome.state.balance_cents == 13


async def test_the_fourth_conflict_is_told() -> None:
    store = Contested(times=4)
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())

    with pytest.raises(VersionConflict):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=10))


async def test_an_expected_version_that_differs_is_a_conflict_at_once() -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())

    with pytest.raises(VersionConflict, match="at version 1, not 7"):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=10), expected_version=7)


async def test_with_an_expected_version_a_conflict_is_not_decided_again() -> None:
    store = Contested(times=1)
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())

    with pytest.raises(VersionConflict):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=10), expected_version=1)


async def test_what_is_loaded_already_is_decided_on_without_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())
    loaded = await load(store, ACCOUNTS, ID)
    monkeypatch.delattr(InMemoryEventStore, "read")

    outcome = await execute(store, ACCOUNTS, ID, PayIn(amount_cents=5), loaded=loaded)

    assert outcome.version == 2
    assert outcome.state == Account(is_open=True, balance_cents=5)


async def test_what_was_loaded_before_the_stream_went_on_is_a_conflict() -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())
    loaded = await load(store, ACCOUNTS, ID)
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=5))

    with pytest.raises(VersionConflict):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=7), loaded=loaded)
    with pytest.raises(VersionConflict):
        await execute(store, ACCOUNTS, ID, PayIn(amount_cents=7), loaded=loaded, expected_version=2)

    assert (await load(store, ACCOUNTS, ID)).version == 2


async def test_loading_gives_the_state_and_the_version() -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=4))

    loaded = await load(store, ACCOUNTS, ID)

    assert loaded.version == 2
    assert loaded.state == Account(is_open=True, balance_cents=4)


async def test_a_stream_that_does_not_exist_loads_as_the_initial_state() -> None:
    loaded = await load(InMemoryEventStore(), ACCOUNTS, ID)

    assert (loaded.state, loaded.version) == (Account(), 0)


async def test_side_rows_need_a_real_store() -> None:
    async def alongside(connection: AsyncConnection, outcome: object) -> None:
        raise AssertionError((connection, outcome))

    with pytest.raises(TypeError, match="PostgreSQL"):
        await execute(InMemoryEventStore(), ACCOUNTS, ID, OPEN, sealer=Wax(), on_appended=alongside)


async def test_what_a_request_brought_about_is_found_whatever_came_after() -> None:
    store = InMemoryEventStore()
    caused = Meta(causation_id=UUID(int=6))
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax())
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=1), meta=caused)
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=2), meta=caused)
    await execute(store, ACCOUNTS, ID, PayIn(amount_cents=4))

    done = await load_up_to_causation(store, ACCOUNTS, ID, UUID(int=6))

    assert done == LoadedState(Account(is_open=True, balance_cents=3), 3)


async def test_a_request_that_brought_nothing_about_is_not_found() -> None:
    store = InMemoryEventStore()
    await execute(store, ACCOUNTS, ID, OPEN, sealer=Wax(), meta=Meta(causation_id=UUID(int=6)))

    assert await load_up_to_causation(store, ACCOUNTS, ID, UUID(int=7)) is None
    assert await load_up_to_causation(store, ACCOUNTS, UUID(int=8), UUID(int=6)) is None

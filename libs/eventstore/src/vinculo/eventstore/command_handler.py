"""Executes commands: load the stream, fold it, decide, encrypt the personal parts, append."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Decider, Meta, VersionConflict, uuid7
from vinculo.eventstore.codec import Codec
from vinculo.eventstore.events import NO_META, NewEvent
from vinculo.eventstore.store import EventStore

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")

CONFLICT_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Category(Generic[Command, State, Event]):
    """A kind of stream: the first part of its stream ids, its decider and its codec."""

    name: str
    decider: Decider[Command, State, Event]
    codec: Codec

    def stream_id(self, stream: UUID) -> str:
        return f"{self.name}-{stream}"


class Encryptor(Protocol):
    async def encrypt(self, subject: UUID, event_id: UUID, plain: dict[str, Any]) -> dict[str, Any]:
        """Encrypt a plain personal part; the result is the envelope."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedState(Generic[State]):
    state: State
    version: int


@dataclass(frozen=True, slots=True)
class CommandResult(Generic[State, Event]):
    """The appended events, possibly none, and the state and version after them."""

    events: tuple[Event, ...]
    event_ids: tuple[UUID, ...]
    version: int
    state: State


OnAppended = Callable[[AsyncConnection, CommandResult[State, Event]], Awaitable[None]]
"""Writes side rows in the transaction of the append, after it."""


async def load(
    store: EventStore,
    category: Category[Command, State, Event],
    stream: UUID,
    *,
    connection: AsyncConnection | None = None,
) -> LoadedState[State]:
    """The current state and version of the stream."""
    history = await store.read(category.stream_id(stream), connection=connection)
    state = category.decider.fold(category.codec.decode(event) for event in history)
    return LoadedState(state, len(history))


async def load_up_to_causation(
    store: EventStore,
    category: Category[Command, State, Event],
    stream: UUID,
    causation_id: UUID,
    *,
    connection: AsyncConnection | None = None,
) -> LoadedState[State] | None:
    """The state after the last event with this causation id; None if the stream has none.

    The causation id is that of an idempotent request. A repeat of a request whose response was lost
    finds here the state after the first one. It must be read under the lock, or in the transaction,
    in which the command would run.
    """
    history = await store.read(category.stream_id(stream), connection=connection)
    last = max((e.version for e in history if e.meta.causation_id == causation_id), default=0)
    if last == 0:
        return None
    state = category.decider.fold(category.codec.decode(event) for event in history[:last])
    return LoadedState(state, last)


async def execute(
    store: EventStore,
    category: Category[Command, State, Event],
    stream: UUID,
    command: Command,
    *,
    subject: UUID | None = None,
    encryptor: Encryptor | None = None,
    meta: Meta = NO_META,
    expected_version: int | None = None,
    loaded: LoadedState[State] | None = None,
    connection: AsyncConnection | None = None,
    on_appended: OnAppended[State, Event] | None = None,
) -> CommandResult[State, Event]:
    """Decide on the current state of the stream and append the events.

    `subject` is the owner of the encryption key and the partition key, by default the stream's id.
    `on_appended` writes side rows in the transaction of the append, only if there are events. With
    `connection` the transaction of the caller is used. `loaded` saves reading the stream again.

    After a conflict the stream is loaded and decided again, up to three times, unless `connection`,
    `expected_version` or `loaded` is given.

    Raises:
        VersionConflict: the stream is not at `expected_version`, has changed since it was loaded,
            or has conflicts after all retries.

    """
    attempt = _Attempt(
        store,
        category,
        stream,
        command,
        subject or stream,
        encryptor,
        meta,
        expected_version,
        loaded,
    )
    if connection is not None or expected_version is not None or loaded is not None:
        return await attempt.run(connection, on_appended)
    for _ in range(CONFLICT_RETRIES):
        try:
            return await attempt.run(None, on_appended)
        except VersionConflict:
            continue
    return await attempt.run(None, on_appended)


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[Command, State, Event]):
    store: EventStore
    category: Category[Command, State, Event]
    stream: UUID
    command: Command
    subject: UUID
    encryptor: Encryptor | None
    meta: Meta
    expected_version: int | None
    loaded: LoadedState[State] | None

    async def run(
        self, connection: AsyncConnection | None, on_appended: OnAppended[State, Event] | None
    ) -> CommandResult[State, Event]:
        loaded = self.loaded or await load(
            self.store, self.category, self.stream, connection=connection
        )
        if self.expected_version is not None and self.expected_version != loaded.version:
            raise VersionConflict(
                self.category.stream_id(self.stream), self.expected_version, loaded.version
            )
        decider = self.category.decider
        events = tuple(decider.decide(self.command, loaded.state))
        if not events:
            return CommandResult((), (), loaded.version, loaded.state)
        new = [
            await _new_event(self.category.codec, event, self.subject, self.encryptor, self.meta)
            for event in events
        ]
        state = loaded.state
        for event in events:
            state = decider.evolve(state, event)
        result = CommandResult(
            events, tuple(event.event_id for event in new), loaded.version + len(events), state
        )
        if on_appended is None or connection is not None:
            await self._append(new, loaded.version, connection)
            if on_appended is not None and connection is not None:
                await on_appended(connection, result)
            return result
        async with self.store.transaction() as transaction:
            await self._append(new, loaded.version, transaction)
            await on_appended(transaction, result)
        return result

    async def _append(
        self, events: Sequence[NewEvent], version: int, connection: AsyncConnection | None
    ) -> None:
        await self.store.append(
            self.category.stream_id(self.stream),
            subject=self.subject,
            expected_version=version,
            events=events,
            connection=connection,
        )


async def _new_event(
    codec: Codec, event: object, subject: UUID, encryptor: Encryptor | None, meta: Meta
) -> NewEvent:
    event_id = uuid7()
    encoded = codec.encode(event)
    envelope = None
    if encoded.personal is not None:
        if encryptor is None:
            raise TypeError(f"{encoded.type} has a personal part, but there is no encryptor")
        envelope = await encryptor.encrypt(subject, event_id, encoded.personal)
    return NewEvent(
        event_id=event_id, type=encoded.type, data=encoded.data, personal=envelope, meta=meta
    )

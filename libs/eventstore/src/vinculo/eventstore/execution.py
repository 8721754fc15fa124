"""The way of one command: load, fold, decide, seal, append."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.eventstore.category import Category
from vinculo.eventstore.codec import Codec
from vinculo.eventstore.events import Meta, NewEvent, VersionConflict
from vinculo.eventstore.identifiers import uuid7
from vinculo.eventstore.store import EventStore

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")

RETRIES = 3
NO_META = Meta()


class Sealer(Protocol):
    async def seal(self, subject: UUID, event_id: UUID, plain: dict[str, Any]) -> dict[str, Any]:
        """Give the envelope of a plain personal part."""
        ...


@dataclass(frozen=True, slots=True)
class Loaded(Generic[State]):
    state: State
    version: int


@dataclass(frozen=True, slots=True)
class Outcome(Generic[State, Event]):
    """What a command led to: `state` and `version` are those after `events`, which may be none."""

    events: tuple[Event, ...]
    event_ids: tuple[UUID, ...]
    version: int
    state: State


Alongside = Callable[[AsyncConnection, Outcome[State, Event]], Awaitable[None]]


async def load(
    store: EventStore,
    category: Category[Command, State, Event],
    stream: UUID,
    *,
    connection: AsyncConnection | None = None,
) -> Loaded[State]:
    history = await store.read(category.stream_id(stream), connection=connection)
    state = category.decider.fold(category.codec.decode(event) for event in history)
    return Loaded(state, len(history))


async def execute(
    store: EventStore,
    category: Category[Command, State, Event],
    stream: UUID,
    command: Command,
    *,
    subject: UUID | None = None,
    sealer: Sealer | None = None,
    meta: Meta = NO_META,
    expected_version: int | None = None,
    loaded: Loaded[State] | None = None,
    connection: AsyncConnection | None = None,
    alongside: Alongside[State, Event] | None = None,
) -> Outcome[State, Event]:
    """Decide on the stream's present state and append what comes out.

    `subject` is whose key seals and whose partition it is; the stream's own id when not given.
    `alongside` writes side rows after the append in its transaction, only when events came out.
    With `connection` the caller's transaction is joined. A conflict is re-read and re-decided up
    to three times unless the transaction is the caller's or `expected_version` is given.
    What the caller has `loaded` is decided on without reading again; if the stream has gone on
    since, appending raises that conflict.
    """
    attempt = _Attempt(
        store, category, stream, command, subject or stream, sealer, meta, expected_version, loaded
    )
    if connection is not None or expected_version is not None or loaded is not None:
        return await attempt.run(connection, alongside)
    for _ in range(RETRIES):
        try:
            return await attempt.run(None, alongside)
        except VersionConflict:
            continue
    return await attempt.run(None, alongside)


@dataclass(frozen=True, slots=True)
class _Attempt(Generic[Command, State, Event]):
    store: EventStore
    category: Category[Command, State, Event]
    stream: UUID
    command: Command
    subject: UUID
    sealer: Sealer | None
    meta: Meta
    expected_version: int | None
    loaded: Loaded[State] | None

    async def run(
        self, connection: AsyncConnection | None, alongside: Alongside[State, Event] | None
    ) -> Outcome[State, Event]:
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
            return Outcome((), (), loaded.version, loaded.state)
        new = [
            await _new_event(self.category.codec, event, self.subject, self.sealer, self.meta)
            for event in events
        ]
        state = loaded.state
        for event in events:
            state = decider.evolve(state, event)
        outcome = Outcome(
            events, tuple(event.event_id for event in new), loaded.version + len(events), state
        )
        if alongside is None or connection is not None:
            await self._append(new, loaded.version, connection)
            if alongside is not None and connection is not None:
                await alongside(connection, outcome)
            return outcome
        async with self.store.transaction() as own:
            await self._append(new, loaded.version, own)
            await alongside(own, outcome)
        return outcome

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
    codec: Codec, event: object, subject: UUID, sealer: Sealer | None, meta: Meta
) -> NewEvent:
    event_id = uuid7()
    encoded = codec.encode(event)
    envelope = None
    if encoded.personal is not None:
        if sealer is None:
            raise TypeError(f"{encoded.type} has a personal part and there is nothing to seal it")
        envelope = await sealer.seal(subject, event_id, encoded.personal)
    return NewEvent(
        event_id=event_id, type=encoded.type, data=encoded.data, personal=envelope, meta=meta
    )

"""What a request brought about before its answer was lost, told from the events themselves."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.eventstore.category import Category
from vinculo.eventstore.execution import Loaded
from vinculo.eventstore.store import EventStore

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")


async def load_caused(
    store: EventStore,
    category: Category[Command, State, Event],
    stream: UUID,
    cause: UUID,
    *,
    connection: AsyncConnection | None = None,
) -> Loaded[State] | None:
    """The stream as it was when `cause` was done with it; None when it brought nothing about.

    The cause is what commands are executed under as `Meta.causation_id`: the id of a request that
    may come again. Read it under the lock or in the transaction in which the command would run.
    """
    history = await store.read(category.stream_id(stream), connection=connection)
    last = max((e.version for e in history if e.meta.causation_id == cause), default=0)
    if last == 0:
        return None
    state = category.decider.fold(category.codec.decode(event) for event in history[:last])
    return Loaded(state, last)

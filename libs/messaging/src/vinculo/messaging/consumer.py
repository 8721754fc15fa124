"""A consumer: what it listens to and what it does, with how far it has come kept beside it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.messaging.consumed_event import ConsumedEvent, TopicSource

Apply: TypeAlias = Callable[[AsyncConnection, Sequence[ConsumedEvent]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consumer:
    """`group` and the sources' topics are full names, prefix included.

    `apply` gets consecutive fresh events of one stream, in order, inside the transaction that also
    keeps the guard. It raises `Broken` for an event that can never be applied, by which the stream
    is quarantined, as it is by values that the database or the store refuses; whatever else it
    raises is a fault, and the event is tried again for ever.
    Several streams may share the transaction, so `apply` must have no effect outside of it.
    """

    group: str
    sources: Sequence[TopicSource]
    engine: AsyncEngine
    apply: Apply
    kafka: str = "127.0.0.1:9092"
    session_timeout_ms: int = 10_000

    def source_of(self, topic: str) -> TopicSource | None:
        return next((source for source in self.sources if source.topic == topic), None)

"""A kind of stream: its name, its decider and its codec."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from vinculo.eventstore.codec import Codec
from vinculo.eventstore.decider import Decider

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")


@dataclass(frozen=True, slots=True)
class Category(Generic[Command, State, Event]):
    name: str
    decider: Decider[Command, State, Event]
    codec: Codec

    def stream_id(self, stream: UUID) -> str:
        return f"{self.name}-{stream}"

"""The three functions every event-sourced stream is made of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")


@dataclass(frozen=True, slots=True)
class Decider(Generic[Command, State, Event]):
    """`decide` refuses by raising, `evolve` never raises; both are pure."""

    decide: Callable[[Command, State], Sequence[Event]]
    evolve: Callable[[State, Event], State]
    initial: State

    def fold(self, history: Iterable[Event]) -> State:
        state = self.initial
        for event in history:
            state = self.evolve(state, event)
        return state

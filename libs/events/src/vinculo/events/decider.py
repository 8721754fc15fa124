"""The decider: the pure functions of an aggregate."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")


@dataclass(frozen=True, slots=True)
class Decider(Generic[Command, State, Event]):
    """Both functions are pure. `decide` raises a refusal, `evolve` never raises."""

    decide: Callable[[Command, State], Sequence[Event]]
    evolve: Callable[[State, Event], State]
    initial: State

    def fold(self, history: Iterable[Event]) -> State:
        """The state after the events."""
        state = self.initial
        for event in history:
            state = self.evolve(state, event)
        return state

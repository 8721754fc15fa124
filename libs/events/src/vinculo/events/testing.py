"""Given-when-then tests of deciders."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from vinculo.events.decider import Decider

Command = TypeVar("Command")
State = TypeVar("State")
Event = TypeVar("Event")


@dataclass(frozen=True)
class Scenario(Generic[Command, State, Event]):
    """`Scenario(DECIDER).given(event).when(command).then(event)`."""

    decider: Decider[Command, State, Event]
    history: tuple[Event, ...] = ()

    def given(self, *history: Event) -> "Scenario[Command, State, Event]":
        return Scenario(self.decider, history)

    def when(self, command: Command) -> "Attempt[Command, State, Event]":
        return Attempt(self.decider, self.history, command)


@dataclass(frozen=True)
class Attempt(Generic[Command, State, Event]):
    """A command on the state after a history, with assertions on its result."""

    decider: Decider[Command, State, Event]
    history: tuple[Event, ...]
    command: Command

    def then(self, *expected: Event) -> None:
        assert self._decide() == list(expected)  # noqa: S101 - a test kit asserts

    def then_nothing_happens(self) -> None:
        assert self._decide() == []  # noqa: S101 - a test kit asserts

    def then_refused(self, error: type[Exception], match: str | None = None) -> None:
        try:
            decided = self._decide()
        except error as refusal:
            message = str(refusal)
        else:
            raise AssertionError(f"not refused by {error.__name__}, decided {decided}")
        if match is not None and not re.search(match, message):
            raise AssertionError(f"{message!r} does not match {match!r}")

    def _decide(self) -> list[Event]:
        return list(self.decider.decide(self.command, self.decider.fold(self.history)))

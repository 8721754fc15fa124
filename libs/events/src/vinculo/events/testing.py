"""Given, when, then for deciders."""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from vinculo.events.decider import Decider

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True)
class Scenario(Generic[C, S, E]):
    decider: Decider[C, S, E]
    history: tuple[E, ...] = ()

    def given(self, *history: E) -> "Scenario[C, S, E]":
        return Scenario(self.decider, history)

    def when(self, command: C) -> "Attempt[C, S, E]":
        return Attempt(self.decider, self.history, command)


@dataclass(frozen=True)
class Attempt(Generic[C, S, E]):
    decider: Decider[C, S, E]
    history: tuple[E, ...]
    command: C

    def then(self, *expected: E) -> None:
        assert self._decide() == list(expected)  # noqa: S101 - a test kit asserts

    def then_nothing_happens(self) -> None:
        assert self._decide() == []  # noqa: S101 - a test kit asserts

    def then_refused(self, error: type[Exception], match: str | None = None) -> None:
        try:
            decided = self._decide()
        except error as refusal:
            words = str(refusal)
        else:
            raise AssertionError(f"not refused by {error.__name__}, decided {decided}")
        if match is not None and not re.search(match, words):
            raise AssertionError(f"{words!r} does not match {match!r}")

    def _decide(self) -> list[E]:
        return list(self.decider.decide(self.command, self.decider.fold(self.history)))

"""How far the stream stands that a request is about, noted by the store for the answer to tell.

Outside `reaching`, as in a consumer, nothing is noted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Reached:
    """The stream that was read or appended to last; version 0 before there was any."""

    stream_id: str = ""
    version: int = 0


_reached: ContextVar[Reached | None] = ContextVar("reached", default=None)


@contextmanager
def reaching() -> Iterator[Reached]:
    """Note in what is given here whatever is reached inside, tasks begun there included."""
    reached = Reached()
    token = _reached.set(reached)
    try:
        yield reached
    finally:
        _reached.reset(token)


def note_reached(stream_id: str, version: int) -> None:
    """A stream that does not exist is no news."""
    reached = _reached.get()
    if reached is not None and version:
        reached.stream_id, reached.version = stream_id, version


def reached_here() -> Reached | None:
    return _reached.get()

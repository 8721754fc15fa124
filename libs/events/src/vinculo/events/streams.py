"""Versions of streams: the conflict of two writers, and the position a request has reached.

The event store records every stream that it reads or appends to. Inside `track_position` the last
one is kept, so that the response can carry it as a consistency token; elsewhere, as in a consumer,
nothing is recorded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class VersionConflict(Exception):
    """Someone else appended to the stream first."""

    def __init__(self, stream_id: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream_id} is at version {actual}, not {expected}")
        self.stream_id = stream_id
        self.expected = expected
        self.actual = actual


@dataclass(slots=True)
class StreamPosition:
    """The stream that was read or appended to last; version 0 before there was any."""

    stream_id: str = ""
    version: int = 0


_reached: ContextVar[StreamPosition | None] = ContextVar("reached", default=None)


@contextmanager
def track_position() -> Iterator[StreamPosition]:
    """Note in what is given here whatever is reached inside, tasks begun there included."""
    reached = StreamPosition()
    token = _reached.set(reached)
    try:
        yield reached
    finally:
        _reached.reset(token)


def record_position(stream_id: str, version: int) -> None:
    """A stream that does not exist is no news."""
    reached = _reached.get()
    if reached is not None and version:
        reached.stream_id, reached.version = stream_id, version


def current_position() -> StreamPosition | None:
    return _reached.get()

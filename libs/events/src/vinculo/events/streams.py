"""Versions of streams: the conflict of two writers, and the position of the current request.

The event store records the position of every stream that it reads or appends to. Inside
`track_position` the last one is available as `current_position`, for the consistency token of the
response; outside, as in a consumer, nothing is recorded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class VersionConflict(Exception):
    """Another writer appended to the stream first."""

    def __init__(self, stream_id: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream_id} is at version {actual}, not {expected}")
        self.stream_id = stream_id
        self.expected = expected
        self.actual = actual


@dataclass(slots=True)
class StreamPosition:
    """The stream that was read or appended to last; version 0 if there was none."""

    stream_id: str = ""
    version: int = 0


_position: ContextVar[StreamPosition | None] = ContextVar("stream_position", default=None)


@contextmanager
def track_position() -> Iterator[StreamPosition]:
    """Record positions inside the block, and in tasks that it starts, in the yielded object."""
    position = StreamPosition()
    token = _position.set(position)
    try:
        yield position
    finally:
        _position.reset(token)


@contextmanager
def untracked_position() -> Iterator[None]:
    """Record no positions inside the block: its streams are not what the caller will read."""
    token = _position.set(None)
    try:
        yield
    finally:
        _position.reset(token)


def record_position(stream_id: str, version: int) -> None:
    """Record the version of a stream; version 0, of a stream that does not exist, is ignored."""
    position = _position.get()
    if position is not None and version:
        position.stream_id, position.version = stream_id, version


def current_position() -> StreamPosition | None:
    """The position recorded so far; None outside `track_position`."""
    return _position.get()

"""The basics of event-sourced domains. Imports only the standard library and `uuid-utils`."""

from vinculo.events.decider import Decider
from vinculo.events.meta import Meta, utc_now, uuid7
from vinculo.events.personal import ERASED, Erased, Sealed
from vinculo.events.streams import (
    StreamPosition,
    VersionConflict,
    current_position,
    record_position,
    track_position,
    untracked_position,
)

__all__ = [
    "ERASED",
    "Decider",
    "Erased",
    "Meta",
    "Sealed",
    "StreamPosition",
    "VersionConflict",
    "current_position",
    "record_position",
    "track_position",
    "untracked_position",
    "utc_now",
    "uuid7",
]

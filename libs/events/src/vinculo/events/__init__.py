"""What domains are written with. Imports only the standard library and `uuid-utils`."""

from vinculo.events.clock import utc_now
from vinculo.events.decider import Decider
from vinculo.events.identifiers import uuid7
from vinculo.events.meta import Meta
from vinculo.events.personal import ERASED, Erased, Sealed
from vinculo.events.streams import (
    StreamPosition,
    VersionConflict,
    current_position,
    record_position,
    track_position,
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
    "utc_now",
    "uuid7",
]

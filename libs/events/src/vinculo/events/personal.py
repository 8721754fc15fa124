"""What stands in an event's `personal` field when it is not the plain dataclass.

Streams are folded with the part left `Sealed`, so that no decision can rest on personal data.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Erased:
    """What a personal part is once its key is destroyed."""


ERASED = Erased()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal part not opened: the envelope as it lies in the store and on Kafka."""

    event_id: UUID
    subject: UUID
    envelope: dict[str, Any]

"""The values of an event's `personal` field that are not plain data: encrypted or erased.

Streams are folded with encrypted personal parts, so that no decision can depend on personal data.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Erased:
    """The personal part of an event whose key is destroyed."""


ERASED = Erased()


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted personal part: the envelope as it is stored and published."""

    event_id: UUID
    subject: UUID
    envelope: dict[str, Any]

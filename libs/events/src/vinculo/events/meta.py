"""Where an event comes from."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """Tracing data of an event: ids only, never personal data."""

    correlation_id: str | None = None
    causation_id: UUID | None = None
    traceparent: str | None = None
    actor: str | None = None

"""Events of messages to people, without addresses and texts."""

from uuid import UUID

from vinculo.contracts.envelope import Facts, Instant


class MessageQueued(Facts):
    """Queued once per cause and template."""

    message_id: UUID
    template: str
    channel: str
    locale: str
    cause_event_id: UUID
    queued_at: Instant


class MessageSent(Facts):
    message_id: UUID
    template: str
    attempts: int
    sent_at: Instant


class MessageFailed(Facts):
    """Given up after the last attempt."""

    message_id: UUID
    template: str
    reason_code: str
    attempts: int
    failed_at: Instant

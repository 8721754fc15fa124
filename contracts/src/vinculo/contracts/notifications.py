"""Events of messages to people, without addresses and texts."""

from enum import StrEnum
from uuid import UUID

from vinculo.contracts.envelope import Facts, Instant


class MessageChannel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class MessageQueued(Facts):
    """Queued once per cause and template.

    A message that staff sent again is a new one: `resend_of` is the first message, `requested_by`
    who requested it, and `cause_event_id` the id of the request.
    """

    message_id: UUID
    template: str
    channel: str
    locale: str
    cause_event_id: UUID
    queued_at: Instant
    resend_of: UUID | None = None
    requested_by: UUID | None = None


class MessageSent(Facts):
    """`collected_in` is the message in whose mail or short message this one was listed."""

    message_id: UUID
    template: str
    attempts: int
    sent_at: Instant
    collected_in: UUID | None = None


class MessageFailed(Facts):
    """Not sent after the last attempt; `submission_id` and `link_id` are what it was about."""

    message_id: UUID
    template: str
    reason_code: str
    attempts: int
    failed_at: Instant
    submission_id: UUID | None = None
    link_id: UUID | None = None

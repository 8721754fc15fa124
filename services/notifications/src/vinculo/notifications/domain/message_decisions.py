"""Commands of a message, the one refusal, and the decisions."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.events.decider import Decider
from vinculo.notifications.domain.message import (
    Ended,
    FailureReason,
    Message,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageSent,
    NotQueued,
    Queued,
    Resend,
    Template,
    channel_of,
    evolve,
    message_id_for,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMessage:
    template: Template
    locale: str
    cause_event_id: UUID
    now: datetime
    resend: Resend | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSent:
    """`attempts` includes the successful one."""

    attempts: int
    now: datetime
    collected_in: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFailed:
    reason: FailureReason
    attempts: int
    now: datetime
    submission_id: UUID | None = None
    link_id: UUID | None = None


MessageCommand: TypeAlias = QueueMessage | RecordSent | RecordFailed


class MessageRefused(Exception):
    """The command is not allowed in the message's state."""


class MessageNeverQueued(MessageRefused):
    def __init__(self) -> None:
        super().__init__("a message that was never queued can neither be sent nor fail")


def decide(command: MessageCommand, state: Message) -> list[MessageEvent]:
    match command:
        case QueueMessage():
            return queue(command, state)
        case RecordSent():
            return record_sent(command, state)
        case RecordFailed():
            return record_failed(command, state)
        case _:
            assert_never(command)


def queue(command: QueueMessage, state: Message) -> list[MessageEvent]:
    if not isinstance(state, NotQueued):
        return []
    return [
        MessageQueued(
            message_id=message_id_for(command.cause_event_id, command.template),
            template=command.template,
            channel=channel_of(command.template),
            locale=command.locale,
            cause_event_id=command.cause_event_id,
            queued_at=command.now,
            resend_of=None if command.resend is None else command.resend.message_id,
            requested_by=None if command.resend is None else command.resend.requested_by,
        )
    ]


def record_sent(command: RecordSent, state: Message) -> list[MessageEvent]:
    queued = queued_or_ended(state)
    if isinstance(queued, Ended):
        return []
    return [
        MessageSent(
            message_id=queued.message_id,
            template=queued.template,
            attempts=command.attempts,
            sent_at=command.now,
            collected_in=command.collected_in,
        )
    ]


def record_failed(command: RecordFailed, state: Message) -> list[MessageEvent]:
    queued = queued_or_ended(state)
    if isinstance(queued, Ended):
        return []
    return [
        MessageFailed(
            message_id=queued.message_id,
            template=queued.template,
            reason_code=command.reason,
            attempts=command.attempts,
            failed_at=command.now,
            submission_id=command.submission_id,
            link_id=command.link_id,
        )
    ]


def queued_or_ended(state: Message) -> Queued | Ended:
    if isinstance(state, NotQueued):
        raise MessageNeverQueued
    return state


MESSAGE: Decider[MessageCommand, Message, MessageEvent] = Decider(decide, evolve, NotQueued())

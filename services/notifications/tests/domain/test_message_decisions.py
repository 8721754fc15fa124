"""Decisions of a message."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from vinculo.events.testing import Scenario
from vinculo.notifications.domain.message import (
    Channel,
    FailureReason,
    MessageFailed,
    MessageQueued,
    MessageSent,
    Resend,
    Template,
    message_id_for,
)
from vinculo.notifications.domain.message_decisions import (
    MESSAGE,
    MessageCommand,
    MessageNeverQueued,
    QueueMessage,
    RecordFailed,
    RecordSent,
)

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
CAUSE = UUID(int=7)
MESSAGE_ID = message_id_for(CAUSE, Template.ACTIVATION)
QUEUE = QueueMessage(
    template=Template.ACTIVATION,
    locale="es",
    cause_event_id=CAUSE,
    now=NOW,
)
QUEUED = MessageQueued(
    message_id=MESSAGE_ID,
    template=Template.ACTIVATION,
    channel=Channel.EMAIL,
    locale="es",
    cause_event_id=CAUSE,
    queued_at=BEFORE,
)
SENT = MessageSent(message_id=MESSAGE_ID, template=Template.ACTIVATION, attempts=1, sent_at=BEFORE)
FAILED = MessageFailed(
    message_id=MESSAGE_ID,
    template=Template.ACTIVATION,
    reason_code=FailureReason.ADDRESS_REFUSED,
    attempts=1,
    failed_at=BEFORE,
)
RECORD_SENT = RecordSent(attempts=2, now=NOW)
RECORD_FAILED = RecordFailed(reason=FailureReason.LINK_EXPIRED, attempts=3, now=NOW)
message = Scenario(MESSAGE)


def test_a_message_is_queued_for_its_cause() -> None:
    message.given().when(QUEUE).then(
        MessageQueued(
            message_id=MESSAGE_ID,
            template=Template.ACTIVATION,
            channel=Channel.EMAIL,
            locale="es",
            cause_event_id=CAUSE,
            queued_at=NOW,
        )
    )


@pytest.mark.parametrize("history", [(QUEUED,), (QUEUED, SENT), (QUEUED, FAILED)])
def test_the_same_cause_queues_nothing_again(history: tuple[MessageQueued, ...]) -> None:
    message.given(*history).when(QUEUE).then_nothing_happens()


def test_a_queued_message_is_sent_with_its_number_of_attempts() -> None:
    message.given(QUEUED).when(RECORD_SENT).then(
        MessageSent(message_id=MESSAGE_ID, template=Template.ACTIVATION, attempts=2, sent_at=NOW)
    )


def test_a_queued_message_fails_with_its_reason() -> None:
    message.given(QUEUED).when(RECORD_FAILED).then(
        MessageFailed(
            message_id=MESSAGE_ID,
            template=Template.ACTIVATION,
            reason_code=FailureReason.LINK_EXPIRED,
            attempts=3,
            failed_at=NOW,
        )
    )


@pytest.mark.parametrize("command", [RECORD_SENT, RECORD_FAILED])
def test_a_message_that_was_never_queued_cannot_end(command: MessageCommand) -> None:
    message.given().when(command).then_refused(MessageNeverQueued, match="never queued")


@pytest.mark.parametrize("end", [SENT, FAILED])
@pytest.mark.parametrize("command", [RECORD_SENT, RECORD_FAILED])
def test_a_message_ends_once(end: MessageSent | MessageFailed, command: MessageCommand) -> None:
    message.given(QUEUED, end).when(command).then_nothing_happens()


def test_a_message_that_is_sent_again_names_the_first_one_and_who_requested_it() -> None:
    resend = Resend(message_id=UUID(int=8), requested_by=UUID(int=9))
    message.given().when(replace(QUEUE, resend=resend)).then(
        replace(
            QUEUED, queued_at=NOW, resend_of=resend.message_id, requested_by=resend.requested_by
        )
    )

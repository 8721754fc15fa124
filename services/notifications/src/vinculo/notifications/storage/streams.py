"""The stream of a message, and the names its events are stored and published under."""

from vinculo.eventstore import Category, Codec
from vinculo.notifications.domain.message import (
    Message,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageSent,
)
from vinculo.notifications.domain.message_decisions import MESSAGE, MessageCommand


def message_category() -> Category[MessageCommand, Message, MessageEvent]:
    codec = Codec(
        {
            "message-queued.v1": MessageQueued,
            "message-sent.v1": MessageSent,
            "message-failed.v1": MessageFailed,
        }
    )
    return Category("message", MESSAGE, codec)

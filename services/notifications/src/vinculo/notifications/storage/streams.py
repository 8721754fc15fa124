"""The stream of a message: the names under which its events are stored and published."""

from collections.abc import Callable
from typing import Final

from vinculo.contracts import topics
from vinculo.eventstore import Category, Codec
from vinculo.messaging import Record, SerializedEvent, cloud_events
from vinculo.notifications.domain.message import (
    Message,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageSent,
)
from vinculo.notifications.domain.message_decisions import MESSAGE, MessageCommand

SERVICE: Final = "notifications"
PUBLISHED_TOPICS: Final = {"message": topics.NOTIFICATIONS_MESSAGES}


def message_category() -> Category[MessageCommand, Message, MessageEvent]:
    codec = Codec(
        {
            "message-queued.v1": MessageQueued,
            "message-sent.v1": MessageSent,
            "message-failed.v1": MessageFailed,
        }
    )
    return Category("message", MESSAGE, codec)


def message_records(topic_prefix: str) -> Callable[[SerializedEvent], Record]:
    """The Kafka record of a stored event, as a CloudEvent."""
    return cloud_events(SERVICE, PUBLISHED_TOPICS, topic_prefix)

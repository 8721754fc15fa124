"""Kafka records as the projection takes them: understood, or not, with what is known of them."""

from collections.abc import Mapping
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.contracts import parser
from vinculo.messaging import (
    ConsumedEvent,
    PoisonMessage,
    TopicSource,
    decode,
    headers_of,
    safe_reason,
    stream_position,
)
from vinculo.query_api.person_document.credit import snapshot_position
from vinculo.query_api.person_document.sections import EventSource
from vinculo.query_api.projection.documents import Target
from vinculo.query_api.projection.fold import Incoming, Unreadable
from vinculo.query_api.projection.storable import check_storable
from vinculo.query_api.projector.event_sources import EVENT_SOURCES

UUID_LENGTH = 36


def place_of(record: ConsumerRecord) -> str:
    """The name by which a dead letter is discarded."""
    return f"{record.topic}/{record.partition}/{record.offset}"


class Reader:
    """Reads records of the topics, whose names begin with the prefix."""

    def __init__(self, prefix: str, discarded: frozenset[str] = frozenset()) -> None:
        self._discarded = discarded
        self._topics: Mapping[str, tuple[str, EventSource, TopicSource]] = {
            f"{prefix}{topic}": (topic, feed, _source(f"{prefix}{topic}", topic, feed))
            for topic, feed in EVENT_SOURCES.items()
        }

    @property
    def topics(self) -> list[str]:
        """In full, sorted."""
        return sorted(self._topics)

    def read(self, record: ConsumerRecord) -> Incoming | Unreadable:
        """Reading is pure: whatever is raised is the record's own fault."""
        topic, feed, source = self._topics[record.topic]
        headers = headers_of(record)
        discarded = bool(self._discarded) and place_of(record) in self._discarded
        if not discarded:
            try:
                received = decode(record, source, headers)
                target = _checked_target(feed, received, headers)
            except Exception as error:  # noqa: BLE001 - see above
                reason = safe_reason(error)
            else:
                return Incoming(
                    record=record, received=received, topic=topic, feed=feed, target=target
                )
        else:
            reason = "discarded"
        stream = stream_position(headers) if feed.gapless else None
        return Unreadable(
            record=record,
            error=reason,
            feed=feed,
            target=None if stream is None else _target_or_none(feed, stream[0]),
            stream=stream,
            discarded=discarded,
        )


def _checked_target(
    feed: EventSource, received: ConsumedEvent, headers: Mapping[str, str]
) -> Target:
    check_storable(received.payload)
    if not feed.gapless or received.stream_id.endswith(headers.get("ce_subject") or "?"):
        return Target(feed.kind, received.subject)
    return _target(feed, received.stream_id)


def _source(name: str, topic: str, feed: EventSource) -> TopicSource:
    return TopicSource(
        topic=name,
        parse=parser(topic),
        gapless=feed.gapless,
        position=None if feed.gapless else snapshot_position,
    )


def _target(feed: EventSource, stream_id: str) -> Target:
    """A stream's id ends in the UUID of what it is about: `application-<person id>`."""
    try:
        return Target(feed.kind, UUID(stream_id[-UUID_LENGTH:]))
    except ValueError:
        raise PoisonMessage("ce_streamid: ends in no UUID") from None


def _target_or_none(feed: EventSource, stream_id: str) -> Target | None:
    try:
        return _target(feed, stream_id)
    except PoisonMessage:
        return None

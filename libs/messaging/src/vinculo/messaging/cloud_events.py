"""Encodes events as CloudEvents 1.0 in Kafka's binary mode.

It replaces the SDK, which takes more than four times as long. Events come as text, as PostgreSQL
sends them: JSON that is decoded only to be encoded again was a third of the relay's work.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

import orjson

from vinculo.eventstore import StoredEvent
from vinculo.messaging.kafka_producer import Record

Header: TypeAlias = tuple[str, bytes]

UUID_SUFFIX_LENGTH = 37
"""A stream id is a category, a hyphen and a UUID."""
_SPECVERSION: Header = ("ce_specversion", b"1.0")
_CONTENT_TYPE: Header = ("content-type", b"application/json")


class SerializedEvent(NamedTuple):
    """A stored event as text; `data` and `personal` are JSON objects, `time` is RFC 3339 in UTC."""

    stream_id: str
    version: int
    event_id: str
    subject: str
    type: str
    data: bytes
    personal: bytes | None
    correlation_id: str | None
    causation_id: str | None
    traceparent: str | None
    time: str
    store_epoch: str | None = None


def serialized(event: StoredEvent) -> SerializedEvent:
    meta = event.meta
    return SerializedEvent(
        stream_id=event.stream_id,
        version=event.version,
        event_id=str(event.event_id),
        subject=str(event.subject),
        type=event.type,
        data=orjson.dumps(event.data),
        personal=None if event.personal is None else orjson.dumps(event.personal),
        correlation_id=meta.correlation_id,
        causation_id=None if meta.causation_id is None else str(meta.causation_id),
        traceparent=meta.traceparent,
        time=rfc3339(event.recorded_at),
        store_epoch=None if event.store_epoch is None else str(event.store_epoch),
    )


def cloud_events(
    service: str, topics: Mapping[str, str], prefix: str = ""
) -> Callable[[SerializedEvent], Record]:
    """A function that turns events of a service into records.

    `topics` maps stream categories to topics; `prefix` is put before every topic name. The key is
    the subject, so that all events of one person are in one partition. The type begins with the
    owner of the topic, which may be another than the service that writes it.
    """
    routes = {
        category: (
            f"{prefix}{topic}",
            ("ce_source", f"/{service}/{topic.rpartition('.')[2]}".encode()),
            topic.partition(".")[0],
        )
        for category, topic in topics.items()
    }
    type_headers: dict[tuple[str, str], tuple[Header, Header]] = {}

    def to_record(event: SerializedEvent) -> Record:
        topic, source, owner = routes[event.stream_id[:-UUID_SUFFIX_LENGTH]]
        subject = event.subject.encode()
        if (owner, event.type) not in type_headers:
            type_headers[owner, event.type] = (
                ("ce_type", f"vinculo.{owner}.{event.type}".encode()),
                ("ce_dataschema", f"urn:vinculo:schema:{owner}:{event.type}".encode()),
            )
        type_name, schema = type_headers[owner, event.type]
        headers = [
            _SPECVERSION,
            ("ce_id", event.event_id.encode()),
            source,
            type_name,
            ("ce_time", event.time.encode()),
            ("ce_subject", subject),
            schema,
            _CONTENT_TYPE,
            ("ce_streamid", event.stream_id.encode()),
            ("ce_streamversion", b"%d" % event.version),
        ]
        if event.correlation_id is not None:
            headers.append(("ce_correlationid", event.correlation_id.encode()))
        if event.causation_id is not None:
            headers.append(("ce_causationid", event.causation_id.encode()))
        if event.traceparent is not None:
            headers.append(("traceparent", event.traceparent.encode()))
        if event.store_epoch is not None:
            headers.append(("ce_storeepoch", event.store_epoch.encode()))
        value = event.data
        if event.personal is not None:
            value = _with_personal(value, event.personal)
        return Record(topic, subject, value, headers)

    return to_record


def prefixed(topics: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The full topic names by stream category."""
    return {category: f"{prefix}{topic}" for category, topic in topics.items()}


def _with_personal(data: bytes, personal: bytes) -> bytes:
    """The JSON object with a member `personal`, which it does not have."""
    separator = b"" if data == b"{}" else b","
    return b'%b%b"personal":%b}' % (data[:-1], separator, personal)


def rfc3339(moment: datetime) -> str:
    """The time in UTC with microseconds: `2026-01-02T03:04:05.000000Z`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

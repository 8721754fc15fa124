"""Encodes stored events as CloudEvents 1.0 in Kafka's binary mode.

It replaces the SDK, which takes more than four times as long.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import orjson

from vinculo.eventstore import StoredEvent
from vinculo.messaging.kafka_producer import Record

Header: TypeAlias = tuple[str, bytes]

_UUID_LENGTH = 36


def cloud_events(
    service: str, topics: Mapping[str, str], prefix: str = ""
) -> Callable[[StoredEvent], Record]:
    """A function that turns stored events of a service into records.

    `topics` maps stream categories to topics; `prefix` is put before every topic name. The key is
    the subject, so that all events of one person are in one partition.
    """
    routes = {
        category: (
            f"{prefix}{topic}",
            ("ce_source", f"/{service}/{topic.rpartition('.')[2]}".encode()),
        )
        for category, topic in topics.items()
    }
    type_headers: dict[str, tuple[Header, Header]] = {}

    def to_record(event: StoredEvent) -> Record:
        topic, source = routes[event.stream_id[: -_UUID_LENGTH - 1]]
        subject = str(event.subject).encode()
        if event.type not in type_headers:
            type_headers[event.type] = (
                ("ce_type", f"vinculo.{service}.{event.type}".encode()),
                ("ce_dataschema", f"urn:vinculo:schema:{service}:{event.type}".encode()),
            )
        type_name, schema = type_headers[event.type]
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", str(event.event_id).encode()),
            source,
            type_name,
            ("ce_time", rfc3339(event.recorded_at).encode()),
            ("ce_subject", subject),
            schema,
            ("content-type", b"application/json"),
            ("ce_streamid", event.stream_id.encode()),
            ("ce_streamversion", b"%d" % event.version),
        ]
        meta = event.meta
        if meta.correlation_id is not None:
            headers.append(("ce_correlationid", meta.correlation_id.encode()))
        if meta.causation_id is not None:
            headers.append(("ce_causationid", str(meta.causation_id).encode()))
        if meta.traceparent is not None:
            headers.append(("traceparent", meta.traceparent.encode()))
        data = event.data
        if event.personal is not None:
            data = data | {"personal": event.personal}
        return Record(topic, subject, orjson.dumps(data), headers)

    return to_record


def rfc3339(moment: datetime) -> str:
    """The time in UTC with microseconds: `2026-01-02T03:04:05.000000Z`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

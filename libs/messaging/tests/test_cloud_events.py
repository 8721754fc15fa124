"""Records are compared with the official SDK, which is correct but slow."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from asyncpg.pgproto import pgproto
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from vinculo.events import Meta
from vinculo.eventstore import StoredEvent
from vinculo.messaging import TopicSource, cloud_events, decode, rfc3339, serialized

from .recorded_events import parse, record

STREAM = UUID(int=5)
STORED = StoredEvent(
    event_id=UUID(int=3),
    stream_id=f"talk-show-{STREAM}",
    subject=UUID(int=4),
    version=7,
    type="said.v1",
    data={"words": "hola"},
    personal={"v": 1, "kid": "k", "n": "n", "ct": "c"},
    meta=Meta(
        correlation_id="corr", causation_id=UUID(int=8), traceparent="00-1-2-01", actor="staff"
    ),
    recorded_at=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
)
to_record = cloud_events("talks", {"talk-show": "talks.shows"}, prefix="t1-")
SOURCE = TopicSource("t1-talks.shows", parse)


def test_a_stored_event_becomes_a_record_that_the_official_sdk_reads() -> None:
    made = to_record(serialized(STORED))
    event = from_binary(
        KafkaMessage(headers=dict(made.headers), key=made.key, value=made.value), JSONFormat()
    )

    assert event.get_id() == str(STORED.event_id)
    assert event.get_type() == "vinculo.talks.said.v1"
    assert event.get_source() == "/talks/shows"
    assert event.get_subject() == str(STORED.subject)
    assert event.get_time() == STORED.recorded_at
    assert event.get_specversion() == "1.0"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("streamid") == STORED.stream_id
    assert event.get_extension("streamversion") == "7"
    assert event.get_extension("correlationid") == "corr"
    assert event.get_data() == {"words": "hola", "personal": STORED.personal}


def test_the_topic_has_the_prefix_and_the_key_is_the_subject() -> None:
    made = to_record(serialized(STORED))

    assert made.topic == "t1-talks.shows"
    assert made.key == str(STORED.subject).encode()
    assert dict(made.headers)["traceparent"] == b"00-1-2-01"


def test_ids_as_the_database_driver_returns_them_are_written_the_same() -> None:
    """The driver's class is a subclass of UUID, which orjson refuses."""
    row = replace(
        STORED,
        event_id=pgproto.UUID(str(STORED.event_id)),
        subject=pgproto.UUID(str(STORED.subject)),
    )

    assert to_record(serialized(row)) == to_record(serialized(STORED))


@pytest.mark.parametrize("data", [{"words": "hola"}, {}])
def test_the_value_is_the_data_and_the_envelope(data: dict[str, str]) -> None:
    made = to_record(serialized(replace(STORED, data=data)))

    assert orjson.loads(made.value) == data | {"personal": STORED.personal}


@pytest.mark.parametrize("data", [{"words": "hola"}, {}])
def test_without_an_envelope_the_value_is_the_data(data: dict[str, str]) -> None:
    made = to_record(serialized(replace(STORED, data=data, personal=None)))

    assert orjson.loads(made.value) == data


def test_the_actor_is_not_published() -> None:
    assert b"staff" not in [content for _, content in to_record(serialized(STORED)).headers]


def test_a_published_event_is_decoded_again() -> None:
    made = to_record(serialized(STORED))
    read = decode(record(list(made.headers), made.value, key=made.key, topic=made.topic), SOURCE)

    assert read.event_id == STORED.event_id
    assert (read.type, read.source) == ("said.v1", "/talks/shows")
    assert (read.stream_id, read.version) == (STORED.stream_id, 7)
    assert read.subject == STORED.subject
    assert read.time == STORED.recorded_at
    assert read.meta == Meta(
        correlation_id="corr", causation_id=UUID(int=8), traceparent="00-1-2-01"
    )
    assert orjson.loads(read.value) == {"words": "hola", "personal": STORED.personal}
    assert read.payload == orjson.loads(read.value)
    assert (read.partition, read.offset) == (2, 7)


def test_times_are_written_in_utc_with_z() -> None:
    bogota = timezone(timedelta(hours=-5))

    assert rfc3339(datetime(2026, 1, 1, 22, tzinfo=bogota)) == "2026-01-02T03:00:00.000000Z"

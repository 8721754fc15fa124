"""Held against the official SDK, which is right but slow."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from vinculo.events import Meta
from vinculo.eventstore import StoredEvent
from vinculo.messaging import (
    ConsumedEvent,
    PoisonMessage,
    TopicSource,
    cloud_events,
    decode,
    headers_of,
    rfc3339,
    stream_position,
)

from .recorded_events import headers, parse, record, subject_of, value

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


def received(**changes: Any) -> ConsumedEvent:
    made = dict(headers("talk-1", 3)) | {n: v for n, v in changes.items() if v is not None}
    for name, content in changes.items():
        if content is None:
            del made[name]
    return decode(record(list(made.items()), value()), SOURCE)


def test_a_stored_event_becomes_a_record_that_the_official_sdk_reads() -> None:
    made = to_record(STORED)
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
    made = to_record(STORED)

    assert made.topic == "t1-talks.shows"
    assert made.key == str(STORED.subject).encode()
    assert dict(made.headers)["traceparent"] == b"00-1-2-01"


def test_the_actor_stays_at_home() -> None:
    assert b"staff" not in [content for _, content in to_record(STORED).headers]


def test_what_was_published_is_read_back() -> None:
    made = to_record(STORED)
    read = decode(record(list(made.headers), made.value, key=made.key, topic=made.topic), SOURCE)

    assert read.event_id == STORED.event_id
    assert (read.type, read.source) == ("said.v1", "/talks/shows")
    assert (read.stream_id, read.version) == (STORED.stream_id, 7)
    assert read.subject == STORED.subject
    assert read.time == STORED.recorded_at
    assert read.meta == Meta(
        correlation_id="corr", causation_id=UUID(int=8), traceparent="00-1-2-01"
    )
    assert read.data == {"words": "hola", "personal": STORED.personal}
    assert read.payload == read.data
    assert (read.partition, read.offset) == (2, 7)


def test_an_unknown_type_has_no_payload() -> None:
    assert received(ce_type=b"vinculo.talks.sung.v1").payload is None


def test_a_foreign_type_keeps_its_whole_name() -> None:
    assert received(ce_type=b"org.example.sung").type == "org.example.sung"


def test_without_a_subject_the_key_is_it() -> None:
    made = [each for each in headers("talk-1", 1) if each[0] != "ce_subject"]
    key = str(subject_of("talk-1")).encode()

    assert decode(record(made, value(), key=key), SOURCE).subject == subject_of("talk-1")


def test_without_a_time_the_records_own_is_it() -> None:
    assert received(ce_time=None).time == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_time_of_another_zone_is_brought_to_utc() -> None:
    assert received(ce_time=b"2026-01-02T03:04:05-05:00").time == datetime(
        2026, 1, 2, 8, 4, 5, tzinfo=UTC
    )


def test_an_outsiders_event_id_may_be_any_text() -> None:
    assert received(ce_id=b"loan-17/4").event_id == uuid5(NAMESPACE_URL, "/talks/talks|loan-17/4")


def test_an_unreadable_cause_is_no_reason_to_refuse_the_event() -> None:
    assert received(ce_causationid=b"?").meta.causation_id is None


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("ce_type", None, "ce_type: missing"),
        ("ce_id", None, "ce_id: missing"),
        ("ce_subject", b"Ana", "ce_subject: not a UUID"),
        ("ce_subject", None, "ce_subject: not a UUID"),
        ("ce_time", b"yesterday", "ce_time: not a time"),
        ("ce_time", b"0001-01-01T00:00:00+05:00", "ce_time: not a time"),
        ("ce_time", b"9999-12-31T23:59:59-05:00", "ce_time: not a time"),
        ("ce_time", b"2026-01-02T03:04:05", "ce_time: has no zone"),
        ("ce_streamid", None, "position: not readable"),
        ("ce_streamversion", b"-1", "position: not readable"),
        ("ce_streamversion", b"0", "position: not readable"),
    ],
)
def test_a_broken_header_is_named(name: str, content: bytes | None, reason: str) -> None:
    with pytest.raises(PoisonMessage, match=reason):
        received(**{name: content})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "value: missing"),
        (b"", "value: not JSON"),
        (b"[1]", "value: not a JSON object"),
        (b"\xff", "value: not JSON"),
        (value("a\0b"), "value: holds a NUL character"),
        (value(7), "value: TypeError in recorded_events.parse"),
    ],
)
def test_a_broken_value_is_told_without_what_it_holds(body: bytes | None, reason: str) -> None:
    with pytest.raises(PoisonMessage, match=reason):
        decode(record(headers("talk-1", 1), body), SOURCE)


def test_headers_that_are_no_text_are_as_good_as_absent() -> None:
    odd = record([("a", b"1"), ("b", None), ("c", b"\xff")], None)

    assert headers_of(odd) == {"a": "1"}


@pytest.mark.parametrize("version", ["", "0", "-1", "1.0", "x", "\u0663", "9" * 19, "1" * 400])
def test_a_version_is_a_positive_number_that_fits(version: str) -> None:
    assert stream_position({"ce_streamid": "talk-1", "ce_streamversion": version}) is None


def test_times_are_written_in_utc_with_z() -> None:
    bogota = timezone(timedelta(hours=-5))

    assert rfc3339(datetime(2026, 1, 1, 22, tzinfo=bogota)) == "2026-01-02T03:00:00.000000Z"


def test_the_value_is_the_data_and_the_envelope() -> None:
    assert orjson.loads(to_record(STORED).value)["personal"] == STORED.personal

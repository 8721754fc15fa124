"""Decoding of records: which headers and values are accepted, and the reasons of poison ones."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from vinculo.messaging import (
    ConsumedEvent,
    PoisonMessage,
    QuarantineReason,
    TopicSource,
    decode,
    decode_record,
    headers_of,
    stream_position,
)

from .recorded_events import headers, parse, record, subject_of, value

SOURCE = TopicSource("t1-talks.shows", parse)


def decoded(**changes: Any) -> ConsumedEvent:
    """A valid record with these headers changed, or removed where the value is None."""
    changed = dict(headers("talk-1", 3)) | {n: v for n, v in changes.items() if v is not None}
    for name, content in changes.items():
        if content is None:
            del changed[name]
    return decode(record(list(changed.items()), value()), SOURCE)


def test_an_unknown_type_has_no_payload() -> None:
    assert decoded(ce_type=b"vinculo.talks.sung.v1").payload is None


def test_a_type_of_another_system_keeps_its_full_name() -> None:
    assert decoded(ce_type=b"org.example.sung").type == "org.example.sung"


def test_without_a_subject_header_the_key_is_the_subject() -> None:
    without_subject = [each for each in headers("talk-1", 1) if each[0] != "ce_subject"]
    key = str(subject_of("talk-1")).encode()

    assert decode(record(without_subject, value(), key=key), SOURCE).subject == subject_of("talk-1")


def test_without_a_time_header_the_records_timestamp_is_the_time() -> None:
    assert decoded(ce_time=None).time == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_time_of_another_zone_is_converted_to_utc() -> None:
    assert decoded(ce_time=b"2026-01-02T03:04:05-05:00").time == datetime(
        2026, 1, 2, 8, 4, 5, tzinfo=UTC
    )


def test_an_event_id_of_another_system_may_be_any_text() -> None:
    assert decoded(ce_id=b"loan-17/4").event_id == uuid5(NAMESPACE_URL, "/talks/talks|loan-17/4")


@pytest.mark.parametrize(
    "name",
    [
        b"0192f3c4-5b6a-7c8d-9e0f-112233445566",
        b"0192F3C4-5B6A-7C8D-9E0F-112233445566",
        b"0192f3c45b6a7c8d9e0f112233445566",
        b"urn:uuid:0192f3c4-5b6a-7c8d-9e0f-112233445566",
        b"{0192f3c4-5b6a-7c8d-9e0f-112233445566}",
        b"0192f3c4-5b6a7c8d-9e0f112233445566",
    ],
)
def test_an_event_id_may_be_any_form_of_a_uuid(name: bytes) -> None:
    assert decoded(ce_id=name).event_id == UUID("0192f3c4-5b6a-7c8d-9e0f-112233445566")


def test_an_unreadable_causation_id_is_left_out() -> None:
    assert decoded(ce_causationid=b"?").meta.causation_id is None


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
def test_a_poison_header_is_named(name: str, content: bytes | None, reason: str) -> None:
    with pytest.raises(PoisonMessage, match=reason):
        decoded(**{name: content})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "value: missing"),
        (b"", "value: not JSON"),
        (b"[1]", "value: not a JSON object"),
        (b"\xff", "value: not JSON"),
        (value("a\0b"), "value: contains a NUL character"),
        (value(7), "value: TypeError in recorded_events.parse"),
    ],
)
def test_the_reason_of_a_poison_value_does_not_contain_the_value(
    body: bytes | None, reason: str
) -> None:
    with pytest.raises(PoisonMessage, match=reason):
        decode(record(headers("talk-1", 1), body), SOURCE)


def test_headers_that_are_not_text_are_left_out() -> None:
    odd = record([("a", b"1"), ("b", None), ("c", b"\xff")], None)

    assert headers_of(odd) == {"a": "1"}


@pytest.mark.parametrize("version", ["", "0", "-1", "1.0", "x", "\u0663", "9" * 19, "1" * 400])
def test_a_version_is_a_positive_bigint(version: str) -> None:
    assert stream_position({"ce_streamid": "talk-1", "ce_streamversion": version}) is None


def test_a_check_refuses_a_record_before_its_value_is_read() -> None:
    def refuse(_: object) -> None:
        raise PoisonMessage("checked")

    checked = replace(SOURCE, check=refuse, known_types=frozenset())
    found = decode_record(record(headers("talk-1", 3), b"rubbish"), checked)

    assert (found.problem, found.error) == (QuarantineReason.POISON, "checked")
    assert found.position == ("talk-1", 3)
    with pytest.raises(PoisonMessage, match="checked"):
        decode(record(headers("talk-1", 3), value()), checked)

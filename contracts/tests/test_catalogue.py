"""Readers ignore unknown fields and types, and refuse values that do not fit the model."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from vinculo.contracts import EVENTS, parse, parser, topics
from vinculo.contracts.onboarding import ApplicationCompleted

from .golden_examples import ALL_EXAMPLES, Example

TOPIC = topics.ONBOARDING_APPLICATIONS


def read(event_type: str, value: Any) -> object:
    return parse(TOPIC, event_type, json.dumps(value).encode())


@pytest.mark.parametrize("example", ALL_EXAMPLES, ids=str)
def test_an_unknown_field_is_ignored(example: Example) -> None:
    later = json.dumps(example.value | {"added_later": {"a": [1]}}).encode()

    event = parse(example.topic, example.event_type, later)

    assert event == parse(example.topic, example.event_type, example.value_bytes)


@pytest.mark.parametrize("example", ALL_EXAMPLES, ids=str)
def test_a_missing_required_field_is_refused(example: Example) -> None:
    model = EVENTS[example.topic][example.event_type]
    for name, field in model.model_fields.items():
        short = {key: value for key, value in example.value.items() if key != name}
        if field.is_required():
            with pytest.raises(ValidationError):
                parse(example.topic, example.event_type, json.dumps(short).encode())
        else:
            assert parse(example.topic, example.event_type, json.dumps(short).encode())


def test_an_unknown_type_is_none() -> None:
    assert read("applicant-levitated.v1", {}) is None
    assert read("application-completed.v2", {}) is None


def test_a_parser_reads_the_types_of_its_topic() -> None:
    event = parser(TOPIC)("application-completed.v1", b'{"completed_at": "2026-11-02T15:03:00Z"}')

    assert event == ApplicationCompleted(completed_at=datetime(2026, 11, 2, 15, 3, tzinfo=UTC))
    assert parser(TOPIC)("loan-opened.v1", b"{}") is None


def test_times_are_converted_to_utc() -> None:
    event = read("application-completed.v1", {"completed_at": "2026-11-02T10:03:00-05:00"})

    assert event == ApplicationCompleted(completed_at=datetime(2026, 11, 2, 15, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    "value", [b"", b"null", b"[]", b"7", b"{", b"\xff", b'{"completed_at": "2026-11-02T15:03:00"}']
)
def test_a_value_that_does_not_fit_the_model_is_a_value_error(value: bytes) -> None:
    with pytest.raises(ValueError, match="validation error"):
        parse(TOPIC, "application-completed.v1", value)


@pytest.mark.parametrize("cents", [-1, 1.5, 10**15 + 1, "many"])
def test_money_is_whole_cents_within_bounds(cents: object) -> None:
    (loan,) = (e for e in ALL_EXAMPLES if e.event_type == "loan-opened.v1")

    with pytest.raises(ValidationError):
        parse(
            loan.topic,
            loan.event_type,
            json.dumps(loan.value | {"principal_cents": cents}).encode(),
        )


def test_every_topic_has_its_events_and_every_group_its_dead_letters() -> None:
    assert set(EVENTS) == set(topics.TOPICS)
    assert topics.dead_letters("query-api") == "query-api.dead-letters"
    assert topics.PARTITIONS == 12

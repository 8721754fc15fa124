"""Values that MongoDB cannot store are found while decoding, in every event of every topic."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from vinculo.contracts import event_types
from vinculo.messaging import DecodedRecord, QuarantineReason
from vinculo.messaging.decoding import decode_record
from vinculo.query_api.projector.event_sources import EVENT_SOURCES
from vinculo.query_api.projector.projected_topics import ProjectedTopics
from vinculo.testing.golden_examples import golden_record

EVENTS = [(topic, each) for topic in EVENT_SOURCES for each in sorted(event_types(topic))]
TOO_LARGE = 2**63


def decoded(topic: str, type_: str, value: dict[str, Any]) -> DecodedRecord:
    record = golden_record(topic, type_)
    record.value = json.dumps(value).encode()
    return decode_record(record, ProjectedTopics("")[topic].decoding)


def integers_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each integer of a JSON value."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from integers_in(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from integers_in(each, (*path, index))
    elif type(value) is int:
        yield path


def with_value(value: Any, path: tuple[str | int, ...], replacement: object) -> Any:
    copy = json.loads(json.dumps(value))
    target = copy
    for each in path[:-1]:
        target = target[each]
    target[path[-1]] = replacement
    return copy


@pytest.mark.parametrize(("topic", "type_"), EVENTS)
def test_no_integer_of_any_event_may_need_more_than_64_bits(topic: str, type_: str) -> None:
    example = json.loads(golden_record(topic, type_).value)
    assert decoded(topic, type_, example).problem is None

    for path in integers_in(example):
        found = decoded(topic, type_, with_value(example, path, TOO_LARGE))
        assert found.problem is QuarantineReason.POISON, path


@pytest.mark.parametrize(
    ("observed", "error"),
    [
        ({"count": TOO_LARGE}, "value: a number beyond 64 bits"),
        ({"count": [{"of": [-TOO_LARGE - 1]}]}, "value: a number beyond 64 bits"),
        ({"a\0b": 1}, "value: contains a NUL character"),
        ({"deep": json.loads("[" * 40 + "]" * 40)}, "value: nested too deep"),
    ],
)
def test_facts_of_an_evaluation_are_stored_only_if_bson_can_hold_them(
    observed: dict[str, Any], error: str
) -> None:
    topic, type_ = "customer-registry.customers", "requirements-evaluated.v1"
    example = json.loads(golden_record(topic, type_).value)
    results = [{**example["results"][0], "observed": observed}]

    found = decoded(topic, type_, {**example, "results": results})

    assert (found.problem, found.error) == (QuarantineReason.POISON, error)

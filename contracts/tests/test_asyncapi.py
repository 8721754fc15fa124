"""The AsyncAPI document: committed, complete, and valid AsyncAPI 3.0."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from typer.testing import CliRunner

from vinculo.contracts import EVENTS
from vinculo.contracts.__main__ import app
from vinculo.contracts.asyncapi import asyncapi_document, self_contained

from .asyncapi_schema import ASYNCAPI_SCHEMA
from .golden_examples import ALL_EXAMPLES, MEMBER, Example

DOCUMENT = asyncapi_document()


def message_of(example: Example) -> dict[str, Any]:
    service = example.topic.partition(".")[0]
    message: dict[str, Any] = DOCUMENT["components"]["messages"][f"{service}.{example.event_type}"]
    return message


def resolved(reference: str) -> Any:
    assert reference.startswith("#/")
    part: Any = DOCUMENT
    for name in reference[2:].split("/"):
        part = part[name.replace("~1", "/").replace("~0", "~")]
    return part


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for item in part.values():
            yield from references(item)
    elif isinstance(part, list):
        for item in part:
            yield from references(item)


def test_the_committed_document_is_the_generated_one() -> None:
    assert json.loads((MEMBER / "asyncapi.json").read_text()) == DOCUMENT
    assert CliRunner().invoke(app, ["asyncapi", "--check"]).exit_code == 0


def test_an_outdated_document_is_found_and_replaced(tmp_path: Path) -> None:
    def asyncapi(*arguments: str) -> int:
        command = ["asyncapi", "--folder", str(tmp_path), *arguments]
        return CliRunner().invoke(app, command).exit_code

    assert asyncapi("--check") == 1
    assert asyncapi() == 0
    assert asyncapi("--check") == 0
    (tmp_path / "asyncapi.json").write_text("{}")
    assert asyncapi("--check") == 1


def test_the_document_is_valid_asyncapi_3() -> None:
    Draft202012Validator.check_schema(ASYNCAPI_SCHEMA)

    errors = [
        f"{'/'.join(map(str, error.path))}: {error.message}"
        for error in Draft202012Validator(ASYNCAPI_SCHEMA).iter_errors(DOCUMENT)
    ]

    assert errors == []


def test_every_reference_can_be_resolved() -> None:
    found = list(references(DOCUMENT))

    assert found
    for reference in found:
        assert isinstance(resolved(reference), dict)


def test_operations_match_their_channels() -> None:
    for name, operation in DOCUMENT["operations"].items():
        channel = resolved(operation["channel"]["$ref"])
        assert name.endswith(channel["address"].replace(".", "-"))
        reads = operation["action"] == "receive"
        assert reads == channel["address"].startswith("credit.")


def test_every_topic_is_a_channel_with_all_its_messages() -> None:
    channels = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}

    assert set(channels) == set(EVENTS)
    for topic, channel in channels.items():
        names = {resolved(message["$ref"])["name"] for message in channel["messages"].values()}
        assert names == {f"vinculo.{topic.partition('.')[0]}.{t}" for t in EVENTS[topic]}
        assert channel["bindings"]["kafka"]["partitions"] == 12


@pytest.mark.parametrize("example", ALL_EXAMPLES, ids=str)
def test_an_example_is_valid_by_the_documents_payload_headers_and_key(example: Example) -> None:
    message = message_of(example)
    (trait,) = message["traits"]

    Draft202012Validator(message["payload"]["schema"]).validate(example.value)
    Draft202012Validator(resolved(trait["$ref"])["headers"]["schema"]).validate(example.headers)
    Draft202012Validator(message["bindings"]["kafka"]["key"]).validate(example.key)
    assert message["name"] == example.headers["ce_type"]


def test_every_header_of_the_examples_is_described() -> None:
    for example in ALL_EXAMPLES:
        (trait,) = message_of(example)["traits"]
        described = resolved(trait["$ref"])["headers"]["schema"]["properties"]
        assert set(example.headers) <= set(described)


def test_the_description_explains_erasure() -> None:
    assert "record-erased.v1" in DOCUMENT["info"]["description"]


def test_a_schema_in_the_document_has_no_references_to_the_outside() -> None:
    schema = {
        "$id": "x",
        "$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/B"}}, "B": {"type": "string"}},
        "properties": {"a": {"$ref": "#/$defs/A", "description": "Local text."}},
    }

    assert self_contained(schema) == {
        "properties": {
            "a": {"type": "array", "items": {"type": "string"}, "description": "Local text."}
        }
    }

"""The AsyncAPI document: committed, complete, and valid AsyncAPI 3.0."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT7
from typer.testing import CliRunner

from vinculo.contracts import EVENTS, asyncapi
from vinculo.contracts.__main__ import app
from vinculo.contracts.asyncapi import DocumentInvalidError, asyncapi_document
from vinculo.contracts.envelope import Facts
from vinculo.contracts.event_fields import with_parts

from .asyncapi_schema import ASYNCAPI_SCHEMA
from .golden_examples import ALL_EXAMPLES, MEMBER, Example

DOCUMENT = asyncapi_document()
REGISTRY: Registry[Any] = Registry().with_resource("urn:document", DRAFT7.create_resource(DOCUMENT))


def validate(schema: dict[str, Any], value: object) -> None:
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:document#/'))
    Draft7Validator(
        absolute, registry=REGISTRY, format_checker=Draft7Validator.FORMAT_CHECKER
    ).validate(value)


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

    validate(message["payload"], example.value)
    validate(resolved(trait["$ref"])["headers"], example.headers)
    validate(message["bindings"]["kafka"]["key"], example.key)
    assert message["name"] == example.headers["ce_type"]


def test_every_header_of_the_examples_is_described() -> None:
    for example in ALL_EXAMPLES:
        (trait,) = message_of(example)["traits"]
        described = resolved(trait["$ref"])["headers"]["properties"]
        assert set(example.headers) <= set(described)


def test_the_description_explains_erasure() -> None:
    assert "record-erased.v1" in DOCUMENT["info"]["description"]


def test_every_payload_is_the_schema_of_its_model() -> None:
    for topic, models in EVENTS.items():
        for event_type, model in models.items():
            message = DOCUMENT["components"]["messages"][f"{topic.partition('.')[0]}.{event_type}"]
            assert message["payload"] == {"$ref": f"#/components/schemas/{model.__name__}"}


def test_every_message_has_its_golden_example() -> None:
    for example in ALL_EXAMPLES:
        (shown,) = message_of(example)["examples"]
        assert (shown["headers"], shown["payload"]) == (example.headers, example.value)


def test_every_field_has_a_description_and_none_a_reference_beside_it() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    headers = {
        f"header {n}": t["headers"] for n, t in DOCUMENT["components"]["messageTraits"].items()
    }

    for name, schema in {**schemas, **headers}.items():
        for field, described in schema["properties"].items():
            assert described["description"], f"{name}.{field}"
            assert "$ref" not in described, f"{name}.{field}"


def test_every_model_is_a_schema_of_its_name() -> None:
    models = {
        m.__name__ for kinds in EVENTS.values() for e in kinds.values() for m in with_parts(e)
    }

    assert set(DOCUMENT["components"]["schemas"]) == models
    assert all(
        schema["title"] == name for name, schema in DOCUMENT["components"]["schemas"].items()
    )


def test_closed_values_and_enumerations_are_enumerated() -> None:
    schemas = DOCUMENT["components"]["schemas"]

    assert schemas["LoanOpened"]["properties"]["status"]["enum"][0] == "active"
    assert schemas["RecordBlocked"]["properties"]["to_status"]["title"] == "Status"
    from_status, null = schemas["PreCustomerRegistered"]["properties"]["from_status"]["anyOf"]
    assert "pending" in from_status["enum"]
    assert null == {"type": "null"}


def test_amounts_need_64_bits() -> None:
    amount = DOCUMENT["components"]["schemas"]["LoanOpened"]["properties"]["principal_cents"]

    assert amount["format"] == "int64"


def test_every_channel_names_its_writer() -> None:
    several = {
        "access.revocations": "the onboarding and customer-registry services",
        "credit.applications": "credit systems",
        "credit.loans": "credit systems",
    }
    for channel in DOCUMENT["channels"].values():
        address = channel["address"]
        writer = several.get(address, f"the {address.partition('.')[0]} service")
        assert channel["description"].endswith(f"Written by {writer} only.")


def test_an_event_without_a_golden_example_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncapi, "EXAMPLES", tmp_path)

    with pytest.raises(DocumentInvalidError, match=r"has no golden example application-started"):
        asyncapi_document()


def test_two_models_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = type("LoanOpened", (Facts,), {})
    monkeypatch.setattr(asyncapi, "EVENTS", {**EVENTS, "credit.others": {"loan-opened.v1": other}})

    with pytest.raises(DocumentInvalidError, match="two models are named LoanOpened"):
        asyncapi._component_schemas()  # noqa: SLF001 - the whole document needs channels too

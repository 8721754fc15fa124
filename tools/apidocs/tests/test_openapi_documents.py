"""The committed OpenAPI documents: valid, with names and examples that generators can use."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "contracts" / "openapi").glob("*.json"))
JSON = "application/json"
PROBLEM = "application/problem+json"

Document = Mapping[str, Any]


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def document(request: pytest.FixtureRequest) -> Document:
    loaded: Document = json.loads(request.param.read_text(encoding="utf-8"))
    return loaded


def operations(document: Document) -> Iterator[Mapping[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def contents(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Media types and contents of all bodies, with the operation's id."""
    for operation in operations(document):
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media_type, content in part.get("content", {}).items():
                if media_type in {JSON, PROBLEM}:
                    yield operation["operationId"], content


def errors(document: Document, schema: Mapping[str, Any], value: object) -> list[str]:
    resource = DRAFT202012.create_resource(document)
    registry: Registry[Any] = Registry().with_resource("urn:document", resource)
    text = json.dumps(schema).replace('"#/', '"urn:document#/')
    validator = Draft202012Validator(
        json.loads(text), registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def test_every_service_with_operations_has_a_document() -> None:
    assert [path.stem for path in FILES] == [
        "documents",
        "notifications",
        "onboarding",
        "query",
        "registry",
    ]


def test_the_document_is_valid(document: Document) -> None:
    OpenAPIV31SpecValidator(dict(document)).validate()


def test_operation_ids_are_names_and_unique(document: Document) -> None:
    ids = [operation["operationId"] for operation in operations(document)]

    assert len(ids) == len(set(ids))
    assert [each for each in ids if not re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+){0,5}", each)] == []


def test_models_have_names_of_their_own(document: Document) -> None:
    names = document["components"]["schemas"]

    assert [each for each in names if not re.fullmatch("[A-Z][A-Za-z0-9]*", each)] == []
    assert "HTTPValidationError" not in names


def test_examples_are_of_their_schemas(document: Document) -> None:
    wrong = {
        name: found
        for name, content in contents(document)
        if (example := content.get("example")) is not None
        and (found := errors(document, content["schema"], example))
    }
    models = {
        name: found
        for name, schema in document["components"]["schemas"].items()
        for example in schema.get("examples", ())
        if (found := errors(document, schema, example))
    }

    assert wrong | models == {}


def test_every_json_body_has_a_model_and_an_example(document: Document) -> None:
    for operation in operations(document):
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            if content := part.get("content", {}).get(JSON):
                assert "example" in content, operation["operationId"]


def test_problem_types_and_error_codes_are_enumerated(document: Document) -> None:
    schemas = document["components"]["schemas"]

    def models(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        references = schema.get("oneOf", [schema])
        return [schemas[each["$ref"].rpartition("/")[2]] for each in references]

    for operation in operations(document):
        for status, response in operation["responses"].items():
            assert status.isdigit()
            if int(status) < 400:
                continue
            for model in models(response["content"][PROBLEM]["schema"]):
                members = model["properties"]
                assert members["type"]["const"].startswith("urn:vinculo:problem:")
                assert members["status"]["const"] == int(status)
                if "errors" in members:
                    (error,) = models(members["errors"]["items"])
                    assert error["properties"]["code"]["enum"]


def test_parameters_that_may_be_left_out_are_not_null(document: Document) -> None:
    for operation in operations(document):
        for parameter in operation["parameters"]:
            assert '"null"' not in json.dumps(parameter), operation["operationId"]

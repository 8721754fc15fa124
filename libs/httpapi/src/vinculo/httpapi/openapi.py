"""Builds the OpenAPI document of an application for readers and for code generators.

FastAPI's document is completed with headers, problems per status, codes of invalid fields and
examples. Its operation ids are the names of the routes, and models have the names of their classes.
"""

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from vinculo.httpapi.catalogue import problem_title
from vinculo.httpapi.consistency_token import MAX_POSITION_LENGTH, POSITION_HEADER
from vinculo.httpapi.headers import ACCEPT_LANGUAGE, ALL, accepted_headers
from vinculo.httpapi.openapi_examples import ExampleBuilder, Examples
from vinculo.httpapi.openapi_field_codes import field_codes
from vinculo.httpapi.openapi_schemas import tidy_operation, tidy_schema
from vinculo.httpapi.problem_types import (
    ProblemType,
    Refusals,
    declared_field_codes,
    problem_types_of,
)
from vinculo.httpapi.problems import MEDIA_TYPE, URN
from vinculo.translation import Catalogue

SERVERS: Final = [{"url": "/", "description": "The gateway that serves this document."}]
_JSON: Final = "application/json"
_DOCUMENT_LANGUAGE: Final = "en"
_SCHEMAS: Final = "#/components/schemas/"
_TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
_FIRST_REFUSAL: Final = 400

_PROBLEM_MEMBERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "title": {"type": "string", "description": "In the language of Accept-Language."},
    "detail": {"type": "string", "description": "More about this occurrence."},
    "trace_id": {"type": "string", "description": "Finds the request in logs and traces."},
}
_HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    POSITION_HEADER: {
        "description": "The version that the response is based on. A read with this value as "
        "`min_position` waits until it has that version. Only for signed-in callers.",
        "schema": {"type": "string", "maxLength": MAX_POSITION_LENGTH},
    },
    "Retry-After": {
        "description": "Seconds after which a repeat may succeed.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
}


class DocumentInvalid(Exception):
    """An operation or model cannot be published as it is declared."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A route's method, and its part of the document."""

    route: RouteContext
    method: str
    body: dict[str, Any]

    @property
    def model_prefix(self) -> str:
        return pascal_case(str(self.body["operationId"]))


def operation_id(route: APIRoute) -> str:
    """The route's name, which is that of its function unless given."""
    return route.name.replace(" ", "_").replace("-", "_")


def pascal_case(name: str) -> str:
    return "".join(
        part[:1].upper() + part[1:] for part in name.replace("-", "_").split("_") if part
    )


def describe_operations(
    app: FastAPI, *, refusals: Refusals, catalogue: Catalogue, examples: Examples
) -> None:
    """Let `app.openapi()` give the completed document.

    It raises DocumentInvalid for a repeated operation id, two models of one name, a body without a
    name, or a field without an example.
    """

    def build_document() -> dict[str, Any]:
        if app.openapi_schema is None:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Duplicate Operation ID")  # is an error below
                document = get_openapi(
                    title=app.title,
                    version=app.version,
                    routes=app.routes,
                    servers=SERVERS,
                    separate_input_output_schemas=False,
                )
            _complete(document, app, refusals, catalogue, examples)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = build_document  # type: ignore[method-assign] # FastAPI's documented way


def _complete(
    document: dict[str, Any],
    app: FastAPI,
    refusals: Refusals,
    catalogue: Catalogue,
    examples: Examples,
) -> None:
    components = document.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    for unsent in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unsent, None)
    for name in list(schemas):
        tidy_schema(schemas[name])
    components["parameters"] = {header.label: header.parameter() for header in ALL}
    components["headers"] = {name: dict(header) for name, header in _HEADERS.items()}
    operations = list(_operations(document, app))
    for operation in operations:
        operation.body["responses"].pop("422", None)
        tidy_operation(operation.body)
        _name_body(operation.body, schemas)
    _require_valid(operations, schemas)
    builder = ExampleBuilder(schemas, examples)
    for operation in operations:
        _add_examples(operation, builder)
        _add_position_header(operation.body)
        _add_problems(operation, schemas, refusals, catalogue)
        _add_request_headers(operation)
    components["schemas"] = {name: schemas[name] for name in sorted(schemas)}


def _operations(document: Mapping[str, Any], app: FastAPI) -> Iterator[Operation]:
    for route in iter_route_contexts(app.routes):
        described = document.get("paths", {}).get(route.path, {})
        for method in sorted(route.methods or ()):
            if body := described.get(method.lower()):
                yield Operation(route, method, body)


def _name_body(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move an inline schema that tells its name to the models."""
    for _, content in _json_contents(operation):
        if name := content["schema"].pop("x-model", None):
            schemas[name] = content["schema"]
            content["schema"] = {"$ref": _SCHEMAS + name}


def _require_valid(operations: list[Operation], schemas: Mapping[str, Any]) -> None:
    ids = Counter(each.body["operationId"] for each in operations)
    if repeated := sorted(name for name, count in ids.items() if count > 1):
        raise DocumentInvalid(f"operation ids that are not unique: {', '.join(repeated)}")
    if colliding := sorted(name for name in schemas if "__" in name or not name.isalnum()):
        raise DocumentInvalid(f"models whose names collide: {', '.join(colliding)}")
    for operation in operations:
        for what, content in _json_contents(operation.body):
            schema = content.get("schema", {})
            variants = schema.get("anyOf", schema.get("oneOf", [schema]))
            if not all("$ref" in variant for variant in variants):
                name = operation.body["operationId"]
                raise DocumentInvalid(f"{name}: the {what} has no model with a name")


def _json_contents(operation: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    parts = {"request body": operation.get("requestBody", {})}
    parts |= {f"response {status}": part for status, part in operation["responses"].items()}
    for what, part in parts.items():
        if content := part.get("content", {}).get(_JSON):
            yield what, content


def _add_examples(operation: Operation, builder: ExampleBuilder) -> None:
    for _, content in _json_contents(operation.body):
        try:
            content["example"] = builder.example(content["schema"])
        except LookupError as error:
            raise DocumentInvalid(f"{operation.body['operationId']}: {error.args[0]}") from None


def _add_position_header(operation: dict[str, Any]) -> None:
    """Add it to the successful responses of operations that need an access token."""
    header = {POSITION_HEADER: {"$ref": f"#/components/headers/{POSITION_HEADER}"}}
    for status, response in operation["responses"].items():
        if operation.get("security") and int(status) < _FIRST_REFUSAL:
            response["headers"] = {**response.get("headers", {}), **header}


def _add_request_headers(operation: Operation) -> None:
    headers = (*accepted_headers(operation.route.endpoint), ACCEPT_LANGUAGE)
    references = [{"$ref": f"#/components/parameters/{header.label}"} for header in headers]
    operation.body["parameters"] = [*operation.body.get("parameters", ()), *references]


def _add_problems(
    operation: Operation, schemas: dict[str, Any], refusals: Refusals, catalogue: Catalogue
) -> None:
    """Add a response per status; each problem type is a model with a constant `type`."""
    types = operation_problem_types(operation, refusals)
    codes = operation_field_codes(operation, schemas)
    for status in sorted({each.status for each in types}):
        of_status = [each for each in types if each.status == status]
        names = {
            each: _add_problem_model(each, operation, schemas, codes, catalogue)
            for each in of_status
        }
        operation.body["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": _one_of(names)}},
            **_retry_header(of_status),
        }


def operation_problem_types(operation: Operation, refusals: Refusals) -> list[ProblemType]:
    parameters = operation.body.get("parameters", ())
    return problem_types_of(
        operation.route.endpoint,
        method=operation.method,
        headers=accepted_headers(operation.route.endpoint),
        needs_token=bool(operation.body.get("security")),
        path_parameters=any(each.get("in") == "path" for each in parameters),
        validated=bool(parameters) or "requestBody" in operation.body,
        refusals=refusals,
    )


def operation_field_codes(operation: Operation, schemas: Mapping[str, Any]) -> list[str]:
    """The codes that the operation's rules and the schemas of its request may give."""
    declared = declared_field_codes(operation.route.endpoint)
    return sorted(declared | field_codes(operation.body, schemas))


def _one_of(names: Mapping[ProblemType, str]) -> dict[str, Any]:
    references = [{"$ref": f"{_SCHEMAS}{name}"} for name in names.values()]
    if len(references) == 1:
        return references[0]
    mapping = {f"{URN}{each.slug}": f"{_SCHEMAS}{name}" for each, name in names.items()}
    return {
        "oneOf": references,
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }


def _retry_header(types: list[ProblemType]) -> dict[str, Any]:
    if not any(each.retry_after for each in types):
        return {}
    return {"headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}}


def _add_problem_model(
    kind: ProblemType,
    operation: Operation,
    schemas: dict[str, Any],
    codes: list[str],
    catalogue: Catalogue,
) -> str:
    """Add the model of a problem type; that of invalid fields is each operation's own.

    A type with a second status has a second model, named with the status.
    """
    name = f"{pascal_case(kind.slug)}Problem"
    if name in schemas and schemas[name]["properties"]["status"]["const"] != kind.status:
        name = f"{pascal_case(kind.slug)}{kind.status}Problem"
    members: dict[str, Mapping[str, Any]] = {**_PROBLEM_MEMBERS, **kind.members}
    title = problem_title(catalogue, kind.slug, kind.status, _DOCUMENT_LANGUAGE)
    example: dict[str, Any] = {
        "type": URN + kind.slug,
        "title": title,
        "status": kind.status,
        "trace_id": _TRACE_ID,
    }
    if kind.errors:
        name = operation.model_prefix + name
        error = f"{operation.model_prefix}FieldError"
        schemas[error] = _field_error_model(codes)
        members["errors"] = {
            "type": "array",
            "items": {"$ref": _SCHEMAS + error},
            "description": "The invalid fields.",
        }
        example["errors"] = schemas[error]["examples"]
    schemas[name] = {
        "type": "object",
        "description": f"{title}. Further members may be added.",
        "required": ["type", "title", "status", "trace_id"],
        "properties": {
            "type": {
                "type": "string",
                "const": URN + kind.slug,
                "description": "The kind of problem.",
            },
            "status": {
                "type": "integer",
                "const": kind.status,
                "description": "The HTTP status.",
            },
            **{member: dict(schema) for member, schema in members.items()},
        },
        "examples": [example],
    }
    return name


def _field_error_model(codes: list[str]) -> dict[str, Any]:
    code = next((each for each in ("required", "not_uuid") if each in codes), codes[0])
    return {
        "type": "object",
        "description": "The error of one field.",
        "required": ["field", "code", "message"],
        "properties": {
            "field": {
                "type": "string",
                "description": "Its path in the body, or the name of the parameter.",
            },
            "code": {"type": "string", "enum": codes, "description": "The kind of error."},
            "message": {"type": "string", "description": "In the language of Accept-Language."},
        },
        "examples": [{"field": "field", "code": code, "message": "Text for people"}],
    }


def prefix_of(app: FastAPI) -> str:
    """The first segment of the versioned paths: `/registry` of `/registry/v1/people/{id}`."""
    for route in iter_route_contexts(app.routes):
        segments = (route.path or "").split("/")
        if len(segments) > 2 and segments[2] == "v1":  # noqa: PLR2004 - "", prefix, version
            return f"/{segments[1]}"
    return ""

"""The OpenAPI document: FastAPI's, with the headers taken and told, and the possible problems."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from vinculo.httpapi.consistency_token import MAX_POSITION_LENGTH, POSITION_HEADER
from vinculo.httpapi.headers import ACCEPT_LANGUAGE, ALL, accepted_headers
from vinculo.httpapi.problems import MEDIA_TYPE

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. Further members are told by the problem's type.",
    "required": ["type", "title", "status", "trace_id"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:vinculo:problem:[a-z0-9-]+$"},
        "title": {"type": "string", "description": "In the language of Accept-Language."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "trace_id": {"type": "string"},
    },
}

PROBLEMS = {"4XX": "Refused", "5XX": "Failed, or not possible right now"}
"""Not `default`, which would also describe a success that nobody meant."""


POSITION = {
    "description": "How far what was changed or shown stands; a read given it as `min_position` "
    "waits until it shows that. Told to who is signed in.",
    "schema": {"type": "string", "maxLength": MAX_POSITION_LENGTH},
}


def describe_operations(app: FastAPI) -> None:
    """Add headers and problems, in place of FastAPI's own validation answer, which none gives."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            app.openapi_schema = with_positions(with_problems(with_headers(document, app)))
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # FastAPI's documented way


def with_headers(document: dict[str, Any], app: FastAPI) -> dict[str, Any]:
    components = document.setdefault("components", {})
    components["parameters"] = {header.label: header.parameter() for header in ALL}
    for route in iter_route_contexts(app.routes):
        described = document.get("paths", {}).get(route.path, {})
        references = [
            {"$ref": f"#/components/parameters/{header.label}"}
            for header in (*accepted_headers(route.endpoint), ACCEPT_LANGUAGE)
        ]
        for method in route.methods or ():
            if operation := described.get(method.lower()):
                operation["parameters"] = [*operation.get("parameters", ()), *references]
    return document


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = PROBLEM_SCHEMA
    for path in document.get("paths", {}).values():
        for operation in path.values():
            responses = operation["responses"]
            responses.pop("422", None)
            responses |= {refused: _problem(said) for refused, said in PROBLEMS.items()}
    return document


def with_positions(document: dict[str, Any]) -> dict[str, Any]:
    """In the answers of what only somebody signed in may ask."""
    document["components"]["headers"] = {POSITION_HEADER: POSITION}
    told = {POSITION_HEADER: {"$ref": f"#/components/headers/{POSITION_HEADER}"}}
    for path in document.get("paths", {}).values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if operation.get("security") and status < "4":
                    answer["headers"] = {**answer.get("headers", {}), **told}
    return document


def _problem(description: str) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


def prefix_of(app: FastAPI) -> str:
    """The first segment of the versioned paths: `/registry` of `/registry/v1/people/{id}`."""
    for route in iter_route_contexts(app.routes):
        segments = (route.path or "").split("/")
        if len(segments) > 2 and segments[2] == "v1":  # noqa: PLR2004 - "", prefix, version
            return f"/{segments[1]}"
    return ""

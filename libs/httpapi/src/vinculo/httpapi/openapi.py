"""Completes FastAPI's OpenAPI document with request headers, response headers and problems."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from vinculo.httpapi.consistency_token import MAX_POSITION_LENGTH, POSITION_HEADER
from vinculo.httpapi.headers import ACCEPT_LANGUAGE, ALL, accepted_headers
from vinculo.httpapi.problems import MEDIA_TYPE

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. Further members depend on the type of the problem.",
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

PROBLEM_RESPONSES = {"4XX": "The request was refused", "5XX": "The request failed"}
"""Not `default`, which would also describe successful responses."""

POSITION_RESPONSE_HEADER = {
    "description": "The version that the response is based on. A read with this value as "
    "`min_position` waits until it has that version. Only for signed-in callers.",
    "schema": {"type": "string", "maxLength": MAX_POSITION_LENGTH},
}


def describe_operations(app: FastAPI) -> None:
    """Let the application's document have headers and problems.

    FastAPI's own validation response is removed, because no service sends it.
    """

    def build_document() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _add_request_headers(document, app)
            _add_problems(document)
            _add_position_header(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = build_document  # type: ignore[method-assign] # FastAPI's documented way


def _add_request_headers(document: dict[str, Any], app: FastAPI) -> None:
    components = document.setdefault("components", {})
    components["parameters"] = {header.label: header.parameter() for header in ALL}
    for route in iter_route_contexts(app.routes):
        operations = document.get("paths", {}).get(route.path, {})
        references = [
            {"$ref": f"#/components/parameters/{header.label}"}
            for header in (*accepted_headers(route.endpoint), ACCEPT_LANGUAGE)
        ]
        for method in route.methods or ():
            if operation := operations.get(method.lower()):
                operation["parameters"] = [*operation.get("parameters", ()), *references]


def _add_problems(document: dict[str, Any]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = PROBLEM_SCHEMA
    for path in document.get("paths", {}).values():
        for operation in path.values():
            responses = operation["responses"]
            responses.pop("422", None)
            responses |= {
                statuses: _problem_response(description)
                for statuses, description in PROBLEM_RESPONSES.items()
            }


def _add_position_header(document: dict[str, Any]) -> None:
    """Add it to the successful responses of operations that need an access token."""
    document["components"]["headers"] = {POSITION_HEADER: POSITION_RESPONSE_HEADER}
    header = {POSITION_HEADER: {"$ref": f"#/components/headers/{POSITION_HEADER}"}}
    for path in document.get("paths", {}).values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if operation.get("security") and status < "4":
                    response["headers"] = {**response.get("headers", {}), **header}


def _problem_response(description: str) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


def prefix_of(app: FastAPI) -> str:
    """The first segment of the versioned paths: `/registry` of `/registry/v1/people/{id}`."""
    for route in iter_route_contexts(app.routes):
        segments = (route.path or "").split("/")
        if len(segments) > 2 and segments[2] == "v1":  # noqa: PLR2004 - "", prefix, version
            return f"/{segments[1]}"
    return ""

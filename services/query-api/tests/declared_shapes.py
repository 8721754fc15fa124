"""Holds stored documents and real responses to the shapes that the service declares for them.

Validation is strict: a field of another type fails, and so does one that is missing or undeclared.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import httpx2
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter, ValidationError

from vinculo.query_api.exports.export_job import JobDocument
from vinculo.query_api.exports.job_queue import EXPORTS
from vinculo.query_api.generations import (
    READ_MODEL,
    Checkpoint,
    GenerationDocument,
    QuarantinedStream,
    collection_names,
)
from vinculo.query_api.idempotency_store import IDEMPOTENCY_KEYS, IdempotencyKey
from vinculo.query_api.mongo import Database
from vinculo.query_api.person_document.counters import CounterDocument
from vinculo.query_api.person_document.schema import LIST_COLUMNS, Person
from vinculo.query_api.person_document.timeline import TimelineEntry
from vinculo.query_api.projector.event_sources import Message
from vinculo.query_api.read_model import Payer, Policy

SHAPES_OF_A_GENERATION: Final[Mapping[str, Any]] = {
    "people": Person,
    "events": TimelineEntry,
    "payers": Payer,
    "policies": Policy,
    "messages": Message,
    "counters": CounterDocument,
    "positions": Checkpoint,
    "quarantine": QuarantinedStream,
}
OTHER_SHAPES: Final[Mapping[str, Any]] = {
    READ_MODEL: GenerationDocument,
    EXPORTS: JobDocument,
    IDEMPOTENCY_KEYS: IdempotencyKey,
}


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def violations(shape: Any, documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is not as declared."""
    found = []
    for document in documents:
        try:
            _adapter(shape).validate_python(document, strict=True, extra="forbid")
        except ValidationError as error:
            found.append(f"{document['_id']}: {error}")
        if shape is Person and document.keys() & set(LIST_COLUMNS) not in (
            set(),
            set(LIST_COLUMNS),
        ):
            found.append(f"{document['_id']}: some list columns only: {sorted(document)}")
    return found


async def stored_violations(database: Database, generation: str | None = None) -> list[str]:
    """What is not as declared in the collections of a generation, or in those of none."""
    shapes = OTHER_SHAPES
    if generation is not None:
        names = collection_names(generation)
        shapes = {getattr(names, kind): shape for kind, shape in SHAPES_OF_A_GENERATION.items()}
    return [
        f"{name} {violation}"
        for name, shape in shapes.items()
        for violation in violations(shape, await database[name].find().to_list(None))
    ]


class DeclaredResponses:
    """The models that an application's operations declare for their responses."""

    def __init__(self, app: FastAPI) -> None:
        self._routes = [
            route for route in iter_route_contexts(app.routes) if route.include_in_schema
        ]

    async def check(self, response: httpx2.Response) -> None:
        """Raise AssertionError when a successful JSON response is not what is declared for it.

        Routes outside the OpenAPI document are not checked.
        """
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            return
        if response.headers.get("content-type") != "application/json":
            return
        operation = f"{response.request.method} {response.request.url.path}"
        for route in self._routes:
            if route.path_regex.match(response.request.url.path) and (
                response.request.method in (route.methods or ())
            ):
                model = route.responses.get(response.status_code, {}).get("model")
                assert model is not None, f"{operation} declares no {response.status_code}"
                body = await response.aread()
                try:
                    _adapter(model).validate_json(body, strict=True, extra="forbid")
                except ValidationError as error:
                    raise AssertionError(f"{operation}: {error}") from None
                return


def undeclared_operations(app: FastAPI) -> list[str]:
    """Operations with a successful JSON response for which the document has no schema."""
    return [
        f"{method.upper()} {path} {status}"
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        for status, response in operation["responses"].items()
        if status.startswith("2")
        and not response.get("content", {}).get("application/json", {"schema": True})["schema"]
    ]


def undescribed_fields(app: FastAPI) -> list[str]:
    """Fields of successful responses without a description."""
    document = app.openapi()
    schemas: dict[str, Any] = document["components"]["schemas"]
    pending = {
        name
        for operations in document["paths"].values()
        for operation in operations.values()
        for status, response in operation["responses"].items()
        if status.startswith("2")
        for name in _referenced(response)
    }
    seen: set[str] = set()
    while pending:
        seen |= pending
        pending = {name for each in pending for name in _referenced(schemas[each])} - seen
    return [
        f"{name}.{field}"
        for name in sorted(seen)
        for field, schema in schemas[name].get("properties", {}).items()
        if "description" not in schema
    ]


def _referenced(schema: Any) -> Iterable[str]:
    """Names of the component schemas that a part of the document refers to."""
    if isinstance(schema, Mapping):
        for name, value in schema.items():
            if name == "$ref" and value.startswith("#/components/schemas/"):
                yield value.rpartition("/")[2]
            else:
                yield from _referenced(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _referenced(value)

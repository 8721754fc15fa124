"""Every operation declares its response, and the checks that other tests rely on find mistakes."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI, Response
from pydantic import Field
from typing_extensions import TypedDict

from vinculo.query_api.http_responses import json_body, json_response
from vinculo.query_api.main import query_app
from vinculo.query_api.mongo import connect
from vinculo.testing.storage import S3

from .declared_shapes import (
    DeclaredResponses,
    undeclared_operations,
    undescribed_fields,
    violations,
)
from .event_samples import FakeKeyRing
from .query_service import settings_for, verifier

NO_FILES = S3(url="http://127.0.0.1:9", access_key="none", secret_key="none", bucket="none")


class Row(TypedDict):
    _id: UUID
    at: datetime


class Declared(TypedDict):
    rows: Annotated[int, Field(description="Number of rows.")]
    at: datetime | None


RIGHT: dict[str, Any] = {"rows": 1, "at": datetime(2026, 3, 5, tzinfo=UTC)}


def app_with(body: Any, *, status: int = 200) -> FastAPI:
    app = FastAPI()

    @app.get("/counted", responses=json_body(Declared))
    async def counted() -> Response:
        return json_response(body, status=status)

    @app.get("/undeclared")
    async def undeclared() -> Response:
        return json_response(body)

    return app


async def get(app: FastAPI, path: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(
        transport=transport,
        base_url="http://vinculo.test",
        event_hooks={"response": [DeclaredResponses(app).check]},
    ) as client:
        return await client.get(path)


@pytest.mark.parametrize("body", [RIGHT, RIGHT | {"at": None}])
async def test_a_declared_response_passes(body: dict[str, Any]) -> None:
    assert (await get(app_with(body), "/counted")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        RIGHT | {"rows": "1"},
        RIGHT | {"rows": None},
        RIGHT | {"at": 7},
        RIGHT | {"more": 1},
        {"rows": 1},
        [RIGHT],
    ],
    ids=["text for a number", "null", "a number for a time", "one more", "one less", "a list"],
)
async def test_another_response_than_the_declared_one_fails(body: Any) -> None:
    with pytest.raises(AssertionError, match="GET /counted"):
        await get(app_with(body), "/counted")


async def test_a_response_of_an_undeclared_status_fails() -> None:
    with pytest.raises(AssertionError, match="declares no 201"):
        await get(app_with(RIGHT, status=201), "/counted")


async def test_a_response_without_a_model_fails() -> None:
    app = app_with(RIGHT)

    with pytest.raises(AssertionError, match="GET /undeclared declares no 200"):
        await get(app, "/undeclared")
    assert undeclared_operations(app) == ["GET /undeclared 200"]


def test_a_field_without_a_description_is_found() -> None:
    assert undescribed_fields(app_with(RIGHT)) == ["Declared.at"]


@pytest.mark.parametrize(
    "document",
    [
        {"_id": UUID(int=1)},
        {"_id": UUID(int=1), "at": "2026-03-05T00:00:00Z"},
        {"_id": UUID(int=1), "at": datetime(2026, 3, 5, tzinfo=UTC), "more": 1},
    ],
    ids=["one less", "text for a time", "one more"],
)
def test_a_document_of_another_shape_is_found(document: dict[str, Any]) -> None:
    assert len(violations(Row, [document])) == 1


async def test_every_json_operation_declares_and_describes_its_response() -> None:
    mongo = connect("mongodb://127.0.0.1:9/unused?replicaSet=unused", wait_seconds=0.1)
    try:
        settings = settings_for("mongodb://127.0.0.1:9/unused", NO_FILES)
        app = query_app(settings, mongo, verifier(), FakeKeyRing())
    finally:
        await mongo.close()

    assert len(app.openapi()["paths"]) > 10
    assert undeclared_operations(app) == []
    assert undescribed_fields(app) == []

"""Headers that routes read are described, and a description that is missing or idle is found."""

import re
from typing import Any

import pytest
from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.responses import Response

from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_MATCH_WHEN_GIVEN,
    Idempotency,
    PostgresIdempotencyStore,
    Problem,
    accepts_headers,
    idempotency_key,
    if_match,
    service_app,
)
from vinculo.httpapi.headers import ACCEPT_LANGUAGE, ALL, HeaderParameter
from vinculo.httpapi.testing import misdescribed_headers

VERSIONS = ["7", '"7"', 'W/"7"', "999999999"]
NO_VERSIONS = ["", "*", 'W/"7', "-1", "1e3", '"7", "8"', "1000000000"]
KEYS = ["k", "0a6f4c9e-4a1f-4d0e-9b57-6a5a5f0f3f62", "~" * 255, "!"]
NO_KEYS = ["", "two words", "ñ", "k" * 256, "\x7f"]


def asking(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize("text", [*VERSIONS, *NO_VERSIONS])
def test_a_version_is_taken_exactly_where_it_looks_as_described(text: str) -> None:
    looks_so = re.search(IF_MATCH.schema["pattern"], text) is not None
    assert looks_so is (text in VERSIONS)
    if looks_so:
        assert if_match(asking(if_match=text)) == int(text.strip('W/"'))
    else:
        with pytest.raises(Problem):
            if_match(asking(if_match=text))


@pytest.mark.parametrize("text", [*KEYS, *NO_KEYS])
def test_a_key_is_taken_exactly_where_it_looks_as_described(text: str) -> None:
    looks_so = re.search(IDEMPOTENCY_KEY.schema["pattern"], text) is not None
    assert looks_so is (text in KEYS)
    if looks_so:
        assert idempotency_key(asking(idempotency_key=text)) == text
    else:
        with pytest.raises(Problem):
            idempotency_key(asking(idempotency_key=text))


@pytest.mark.parametrize("header", ALL)
def test_the_example_is_as_described(header: HeaderParameter) -> None:
    assert re.search(header.schema.get("pattern", ""), header.example)


def document() -> dict[str, Any]:
    router = APIRouter(prefix="/things/v1")

    @router.post("/things")
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def make(request: Request) -> int:
        idempotency_key(request)
        return if_match(request)

    @router.get("/things/{thing_id}")
    async def read(thing_id: str) -> str:
        return thing_id

    return service_app("things", [router], readiness={}).openapi()


def test_an_operation_is_described_with_the_headers_that_it_takes() -> None:
    described = document()
    parameters = described["components"]["parameters"]
    operation = described["paths"]["/things/v1/things"]["post"]
    taken = [parameters[each["$ref"].rpartition("/")[2]] for each in operation["parameters"]]

    assert [(each["name"], each["in"], each["required"]) for each in taken] == [
        ("Idempotency-Key", "header", False),
        ("If-Match", "header", True),
        ("Accept-Language", "header", False),
    ]
    assert taken[1]["schema"] == IF_MATCH.schema


def test_every_operation_speaks_the_callers_language_beside_its_own_parameters() -> None:
    operation = document()["paths"]["/things/v1/things/{thing_id}"]["get"]

    assert [each.get("name", each.get("$ref")) for each in operation["parameters"]] == [
        "thing_id",
        f"#/components/parameters/{ACCEPT_LANGUAGE.label}",
    ]


def seen_when_given(request: Request) -> int | None:
    return if_match(request) if "if-match" in request.headers else None


def test_headers_that_are_read_and_not_described_are_found_and_the_other_way_round() -> None:
    idempotency = Idempotency(
        PostgresIdempotencyStore(create_async_engine("postgresql+asyncpg://nowhere")), b"h"
    )
    router = APIRouter()

    async def order(request: Request) -> Response:
        async def run() -> Response:
            return Response(str(if_match(request)))

        return await idempotency.run_once(request, "things", b"", run)

    @router.post("/silent")
    async def silent(request: Request) -> None:
        await order(request)

    @router.post("/telling")
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def telling(request: Request) -> None:
        await order(request)

    @router.post("/boasting")
    @accepts_headers(IDEMPOTENCY_KEY)
    async def boasting() -> None:
        pass

    @router.post("/seen")
    async def seen(request: Request) -> int | None:
        return seen_when_given(request)

    @router.post("/seen-and-said")
    @accepts_headers(IF_MATCH_WHEN_GIVEN)
    async def seen_and_said(request: Request) -> int | None:
        return seen_when_given(request)

    assert misdescribed_headers(service_app("x", [router], readiness={})) == [
        "POST /boasting says it takes Idempotency-Key and does not",
        "POST /seen reads If-Match and does not say so",
        "POST /silent reads Idempotency-Key and does not say so",
        "POST /silent reads If-Match and does not say so",
    ]

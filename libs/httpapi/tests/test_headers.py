"""Headers that routes read: their values, and their description in the OpenAPI document."""

import re
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, Request

from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    Problem,
    accepts_headers,
    idempotency_key,
    if_match,
    service_app,
)
from vinculo.httpapi.headers import ACCEPT_LANGUAGE, ALL, HeaderParameter

from .api_under_test import problem_of

VERSIONS = ["7", '"7"', 'W/"7"', "999999999"]
INVALID_VERSIONS = ["", "*", 'W/"7', "-1", "1e3", '"7", "8"', "1000000000"]
KEYS = ["k", "0a6f4c9e-4a1f-4d0e-9b57-6a5a5f0f3f62", "~" * 255, "!"]
INVALID_KEYS = ["", "two words", "ñ", "k" * 256, "\x7f"]


def request_with(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize("text", [*VERSIONS, *INVALID_VERSIONS])
def test_if_match_accepts_exactly_the_described_pattern(text: str) -> None:
    matches = re.search(IF_MATCH.schema["pattern"], text) is not None
    assert matches is (text in VERSIONS)
    if matches:
        assert if_match(request_with(if_match=text)) == int(text.strip('W/"'))
    else:
        with pytest.raises(Problem):
            if_match(request_with(if_match=text))


@pytest.mark.parametrize("text", [*KEYS, *INVALID_KEYS])
def test_idempotency_key_accepts_exactly_the_described_pattern(text: str) -> None:
    matches = re.search(IDEMPOTENCY_KEY.schema["pattern"], text) is not None
    assert matches is (text in KEYS)
    if matches:
        assert idempotency_key(request_with(idempotency_key=text)) == text
    else:
        with pytest.raises(Problem):
            idempotency_key(request_with(idempotency_key=text))


@pytest.mark.parametrize("header", ALL)
def test_the_example_matches_the_pattern(header: HeaderParameter) -> None:
    assert re.search(header.schema.get("pattern", ""), header.example)


def document() -> dict[str, Any]:
    router = APIRouter(prefix="/things/v1")

    @router.post("/things", status_code=204)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    async def make(request: Request) -> None:
        idempotency_key(request)
        if_match(request)

    @router.get("/things/{thing_id}", status_code=204)
    async def read(thing_id: str) -> None:
        del thing_id

    return service_app("things", [router], readiness={}).openapi()


def test_an_operation_is_described_with_its_declared_headers() -> None:
    openapi = document()
    parameters = openapi["components"]["parameters"]
    operation = openapi["paths"]["/things/v1/things"]["post"]
    declared = [parameters[each["$ref"].rpartition("/")[2]] for each in operation["parameters"]]

    assert [(each["name"], each["in"], each["required"]) for each in declared] == [
        ("Idempotency-Key", "header", False),
        ("If-Match", "header", True),
        ("Accept-Language", "header", False),
    ]
    assert declared[1]["schema"] == IF_MATCH.schema


def test_every_operation_accepts_a_language_besides_its_own_parameters() -> None:
    operation = document()["paths"]["/things/v1/things/{thing_id}"]["get"]

    assert [each.get("name", each.get("$ref")) for each in operation["parameters"]] == [
        "thing_id",
        f"#/components/parameters/{ACCEPT_LANGUAGE.label}",
    ]


@pytest.mark.parametrize(("header", "version"), [('W/"7"', 7), ('"7"', 7), ("7", 7), (' "0" ', 0)])
async def test_if_match_is_accepted_in_all_notations(
    things: httpx2.AsyncClient, header: str, version: int
) -> None:
    response = await things.post("/things/v1/things/a/changes", headers={"if-match": header})

    assert response.json()["version"] == version


async def test_a_change_without_if_match_is_428(things: httpx2.AsyncClient) -> None:
    problem = problem_of(await things.post("/things/v1/things/a/changes"))

    assert (problem["status"], problem["type"]) == (428, "urn:vinculo:problem:if-match-required")


@pytest.mark.parametrize("header", ["", "*", '"a"', '"1", "2"', "-1", '"' + "9" * 30 + '"', "W/7"])
async def test_an_if_match_without_a_version_is_refused(
    things: httpx2.AsyncClient, header: str
) -> None:
    response = await things.post("/things/v1/things/a/changes", headers={"if-match": header})

    assert problem_of(response)["type"] == "urn:vinculo:problem:if-match-invalid"

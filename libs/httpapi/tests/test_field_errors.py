"""Validation errors: one entry per field, in the caller's language, without the invalid value."""

from typing import Any, get_args

import httpx2
import pytest
from pydantic_core.core_schema import ErrorType

from vinculo.httpapi.catalogue import COMMON_MESSAGES
from vinculo.httpapi.field_errors import field_errors

from .api_under_test import caller, things_app


async def errors_of(things: httpx2.AsyncClient, body: Any) -> dict[str, tuple[str, str]]:
    response = await things.post("/things/v1/things", json=body)
    assert response.status_code == 422, response.text
    problem = response.json()
    assert problem["type"] == "urn:vinculo:problem:request-invalid"
    return {entry["field"]: (entry["code"], entry["message"]) for entry in problem["errors"]}


@pytest.mark.parametrize(
    ("body", "field", "code", "message"),
    [
        ({"count": 1}, "name", "required", "Is required"),
        ({"name": "a", "count": 1}, "name", "too_short", "Must have at least 2 characters"),
        ({"name": "a" * 21, "count": 1}, "name", "too_long", "Must have at most 20 characters"),
        ({"name": 7, "count": 1}, "name", "not_text", "Must be text"),
        ({"name": "ab", "count": -1}, "count", "out_of_range", "Is out of range"),
        ({"name": "ab", "count": "x"}, "count", "not_whole_number", "Must be a whole number"),
        ({"name": "ab", "count": 1.5}, "count", "not_whole_number", "Must be a whole number"),
        ({"name": "ab", "count": 1, "tags": "x"}, "tags", "not_list", "Must be a list"),
        (
            {"name": "ab", "count": 1, "tags": list("abcd")},
            "tags",
            "too_many",
            "Must have at most 3 items",
        ),
        ({"name": "ab", "count": 1, "tags": [{}]}, "tags.0", "not_text", "Must be text"),
        (
            {"name": "ab", "count": 1, "role": "x"},
            "role",
            "unknown_field",
            "There is no such field",
        ),
        ({"name": "ab", "count": 1, "colour": "beige"}, "colour", "colour-ugly", "Not that colour"),
        ([], "", "not_object", "Must be an object"),
        (None, "", "required", "Is required"),
    ],
)
async def test_each_error_has_a_code_and_a_message(
    things: httpx2.AsyncClient, body: Any, field: str, code: str, message: str
) -> None:
    assert (await errors_of(things, body))[field] == (code, message)


async def test_messages_are_in_spanish_by_default() -> None:
    async with caller(things_app(), {"accept-language": ""}) as client:
        errors = await errors_of(client, {"count": 1, "colour": "beige"})

    assert errors["name"] == ("required", "Es obligatorio")
    assert errors["colour"] == ("colour-ugly", "Ese color no")


async def test_all_errors_are_reported_at_once(things: httpx2.AsyncClient) -> None:
    errors = await errors_of(things, {"name": "", "count": -1, "tags": 1, "x": 1})

    assert set(errors) == {"name", "count", "tags", "x"}


async def test_a_parameter_is_named_without_its_kind(things: httpx2.AsyncClient) -> None:
    response = await things.get("/things/v1/things/a?limit=1000")

    assert response.json()["errors"][0]["field"] == "limit"


async def test_values_are_never_repeated(things: httpx2.AsyncClient) -> None:
    response = await things.post(
        "/things/v1/things", json={"name": ["canary"], "count": "canary", "tags": "canary"}
    )

    assert response.status_code == 422
    assert "canary" not in response.text


async def test_the_number_of_errors_is_limited(things: httpx2.AsyncClient) -> None:
    unknown_fields = {f"field{number}": 1 for number in range(3000)}

    response = await things.post("/things/v1/things", json=unknown_fields)

    assert response.status_code == 422
    assert len(response.json()["errors"]) == 50


@pytest.mark.parametrize("error_type", get_args(ErrorType))
def test_every_error_type_of_pydantic_has_a_message_in_every_language(error_type: str) -> None:
    for language in COMMON_MESSAGES.languages:
        (error,) = field_errors(
            [{"type": error_type, "loc": ("body", "a"), "ctx": {"min_length": 1}}],
            language,
            COMMON_MESSAGES,
        )
        assert error.message
        assert "{" not in error.message

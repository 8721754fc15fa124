"""Invalid bodies get a 4xx and never reach a route."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from vinculo.httpapi.body_limits import (
    BodyLimitMiddleware,
    MalformedJsonError,
    UnstorableTextError,
    check_json,
)
from vinculo.httpapi.catalogue import COMMON_MESSAGES
from vinculo.httpapi.exception_handlers import problem_renderer

JSON = {"content-type": "application/json"}


async def refusal(
    things: httpx2.AsyncClient, content: bytes, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    response = await things.post(
        "/things/v1/things", content=content, headers=JSON if headers is None else headers
    )
    return response.status_code, response.json()["type"].rpartition(":")[2]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"nonsense",
        b'{"name": "ab", "count": 1} trailing',
        b'{"name": "ab", "count": 1, "count": 2}',
        b'{"name": "ab", "count": 1, "tags": [{"a": 1, "a": 1}]}',
        b'{"name": "a\x00b", "count": 1}',
        b'{"name": "ab", "count": NaN}',
        b'{"name": "ab", "count": -Infinity}',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'{"name": "\xff", "count": 1}',
        b"[" * 60_000,
        b'{"count": ' + b"9" * 5000 + b"}",
        b"'single'",
    ],
)
async def test_a_body_that_is_not_strict_json_is_malformed(
    things: httpx2.AsyncClient, content: bytes
) -> None:
    assert await refusal(things, content) == (400, "body-malformed")


@pytest.mark.parametrize(
    "content",
    [
        rb'{"name": "a\u0000b", "count": 1}',
        rb'{"a\u0000b": "ab", "count": 1}',
        rb'{"name": "ab", "count": 1, "tags": ["\u0000"]}',
        rb'{"name": "\ud800", "count": 1}',
        rb'{"\udfff": 1}',
    ],
)
async def test_nul_and_lone_surrogates_are_refused(
    things: httpx2.AsyncClient, content: bytes
) -> None:
    assert await refusal(things, content) == (400, "nul-character")


async def test_an_escaped_backslash_before_u0000_is_not_a_nul(things: httpx2.AsyncClient) -> None:
    response = await things.post(
        "/things/v1/things", content=rb'{"name": "a\\u0000\ud83d\ude00", "count": 1}', headers=JSON
    )

    assert response.status_code == 201
    assert response.json()["name"] == "a\\u0000\U0001f600"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": "multipart/form-data; boundary=x"},
    ],
)
async def test_another_content_type_is_415(
    things: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    content = b'{"name": "ab", "count": 1}'

    assert await refusal(things, content, headers) == (415, "content-type-unsupported")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
async def test_the_content_type_may_name_utf8(
    things: httpx2.AsyncClient, content_type: str
) -> None:
    response = await things.post(
        "/things/v1/things",
        content=b'{"name": "ab", "count": 1}',
        headers={"content-type": content_type},
    )

    assert response.status_code == 201


async def test_a_text_of_100_kb_is_an_error_of_its_field(things: httpx2.AsyncClient) -> None:
    response = await things.post("/things/v1/things", json={"name": "a" * 100_000, "count": 1})

    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "too_long"
    assert len(response.content) < 1000


async def test_a_body_over_the_limit_is_413(things: httpx2.AsyncClient) -> None:
    assert await refusal(things, b'"' + b"a" * 200_000 + b'"') == (413, "body-too-large")


async def test_a_body_without_a_declared_length_is_limited(
    things: httpx2.AsyncClient,
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b" " * 10_000

    response = await things.post("/things/v1/things", content=endless(), headers=JSON)

    assert response.status_code == 413


@pytest.mark.parametrize("path", ["/things/v1/things/a%00b", "/things/v1/things/a?limit=%00"])
async def test_nul_in_the_url_is_refused(things: httpx2.AsyncClient, path: str) -> None:
    response = await things.get(path)

    assert (response.status_code, response.json()["type"]) == (
        400,
        "urn:vinculo:problem:nul-character",
    )


async def test_a_body_that_never_ends_times_out() -> None:
    sent: list[Message] = []
    check = BodyLimitMiddleware(
        never_called, render=problem_renderer(COMMON_MESSAGES), timeout_seconds=0.05
    )

    async def receive_nothing() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await check(post_scope(), receive_nothing, collecting(sent))

    assert sent[0]["status"] == 408


async def test_a_client_that_disconnects_gets_no_response() -> None:
    sent: list[Message] = []
    check = BodyLimitMiddleware(never_called, render=problem_renderer(COMMON_MESSAGES))

    async def disconnect() -> Message:
        return {"type": "http.disconnect"}

    await check(post_scope(), disconnect, collecting(sent))

    assert sent == []


async def test_the_route_gets_the_body_unchanged() -> None:
    seen: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(await Request(scope, receive).body())
        await Response()(scope, receive, send)

    parts = [b'{"a":', b" 1}"]

    async def receive() -> Message:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    await BodyLimitMiddleware(app, render=problem_renderer(COMMON_MESSAGES))(
        post_scope(), receive, collecting([])
    )

    assert seen == [b'{"a": 1}']


json_documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(codec="ascii", min_codepoint=1)), inner)
    ),
    max_leaves=10,
)


@given(document=json_documents, ascii_only=st.booleans())
def test_every_json_document_is_accepted(document: object, *, ascii_only: bool) -> None:
    check_json(json.dumps(document, ensure_ascii=ascii_only).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_accepted_or_refused(content: bytes) -> None:
    try:
        check_json(content)
    except (MalformedJsonError, UnstorableTextError):
        return
    json.loads(content)


async def never_called(_: Scope, __: Receive, ___: Send) -> None:
    pytest.fail("the application was called")


def post_scope() -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }


def collecting(sent: list[Message]) -> Send:
    async def send(message: Message) -> None:
        sent.append(message)

    return send

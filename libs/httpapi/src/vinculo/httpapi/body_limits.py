"""Bodies are read here, whole and bounded, before any route sees them."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinculo.httpapi.problems import Problem

LIMIT_BYTES = 128 * 1024
TIMEOUT_SECONDS = 15.0
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ClientDisconnected(Exception):
    """The client hung up before its body was whole: there is nobody to answer."""


class BodyLimitMiddleware:
    """ASGI middleware: refuses what is too large, too slow, not JSON, or ambiguous JSON."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        render: Callable[[Scope, Problem], Response],
        limit_bytes: int = LIMIT_BYTES,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._app = app
        self._render = render
        self._limit_bytes = limit_bytes
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check_address(scope)
            body = await self._read(scope, receive)
        except Problem as problem:
            await self._render(scope, problem)(scope, receive, send)
        except ClientDisconnected:
            return
        else:
            await self._app(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        if scope["method"] not in _WITH_BODY:
            return b""
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared[:20]) > self._limit_bytes:
            raise _too_large()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                body = await self._collect(receive)
        except TimeoutError:
            raise Problem(408, "body-too-slow", headers={"connection": "close"}) from None
        if body:
            _check_content(headers, body)
        return body

    async def _collect(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            part = message.get("body", b"")
            size += len(part)
            if size > self._limit_bytes:
                raise _too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)


def _too_large() -> Problem:
    return Problem(413, "body-too-large", headers={"connection": "close"})


def _check_address(scope: Scope) -> None:
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        raise Problem(400, "nul-character")


def _check_content(headers: Headers, body: bytes) -> None:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    is_json = media_type.strip().lower() == "application/json"
    encoded = headers.get("content-encoding", "identity").lower() != "identity"
    if not is_json or encoded or charset not in {"", "utf-8", "utf8"}:
        raise Problem(415, "content-type-unsupported", headers={"accept": "application/json"})
    try:
        check_json(body)
    except MalformedJsonError:
        raise Problem(400, "body-malformed") from None
    except UnstorableTextError:
        raise Problem(400, "nul-character") from None


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class MalformedJsonError(ValueError):
    """Not JSON, or JSON that two readers could understand differently."""


class UnstorableTextError(ValueError):
    """A text holds NUL or half a surrogate pair, which no store here can keep."""


def check_json(body: bytes) -> None:
    """Raise MalformedJson or UnstorableText; give nothing back, FastAPI parses for itself."""
    try:
        document = json.loads(
            body.decode(),
            object_pairs_hook=_object_with_distinct_keys,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedJsonError from error
    if b"\\u" in body:
        _check_texts(document)


def _object_with_distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJsonError
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedJsonError


def _check_texts(document: Any) -> None:  # noqa: ANN401 - any JSON value
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                raise UnstorableTextError
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)

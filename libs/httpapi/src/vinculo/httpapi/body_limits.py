"""Reads request bodies completely, within limits, and accepts strict JSON only.

Routes see a body only after it has passed these checks.
"""

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
DISCARDED_BYTES = 1024 * 1024
TIMEOUT_SECONDS = 15.0
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ClientDisconnected(Exception):
    """The client disconnected before its body was complete, so no response can be sent."""


class MalformedJsonError(ValueError):
    """Not JSON, or JSON that parsers read differently, such as with duplicate keys."""


class UnstorableTextError(ValueError):
    """A text contains NUL or a lone surrogate, which the databases cannot store."""


class BodyLimitMiddleware:
    """ASGI middleware that refuses bodies that are too large, too slow, or not strict JSON."""

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
        is_too_large = declared.isdecimal() and int(declared[:20]) > self._limit_bytes
        try:
            async with asyncio.timeout(self._timeout_seconds):
                if is_too_large:
                    await _discard(receive)
                    raise _too_large()
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
                if message.get("more_body", False):
                    await _discard(receive)
                raise _too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)


async def _discard(receive: Receive) -> None:
    """Read the rest of a refused body, up to `DISCARDED_BYTES`.

    The server closes the connection after the response. With unread data that would be a reset, by
    which the gateway would lose the response while it still sends.
    """
    size = 0
    while size <= DISCARDED_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


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
    is_consumed = False

    async def replayed() -> Message:
        nonlocal is_consumed
        if is_consumed:
            return await receive()
        is_consumed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def check_json(body: bytes) -> None:
    """Check a body, which FastAPI parses again.

    Raises:
        MalformedJsonError: the body is not strict JSON.
        UnstorableTextError: a text in it cannot be stored.

    """
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
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                raise UnstorableTextError
        elif isinstance(value, dict):
            pending.extend(value)
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)

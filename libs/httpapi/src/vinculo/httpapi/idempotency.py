"""Idempotency keys: a repeated request gets the first response and has no second effect.

A key is bound to its body before the effect begins, and the response is saved after it. A crash in
between leaves a key without a response. Then the repeat runs again, and the effect must recognise
itself by `idempotent_id`.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import BaseModel, SecretBytes, SecretStr
from starlette.requests import Request
from starlette.responses import Response

from vinculo.events import uuid7
from vinculo.httpapi.consistency_token import POSITION_HEADER, response_position
from vinculo.httpapi.context import current_actor
from vinculo.httpapi.headers import idempotency_key
from vinculo.httpapi.idempotency_store import (
    IdempotencyStore,
    KeyReused,
    RequestInFlight,
    SavedResponse,
)
from vinculo.httpapi.problems import Problem
from vinculo.process import crash_point

REPLAYED_HEADER: Final = "idempotency-replayed"
_HEADERS_NOT_SAVED: Final = frozenset({"content-length", "set-cookie", "date"})
_FIRST_REFUSAL: Final = 400


class Idempotency:
    """Saves responses for 24 hours per scope, actor, method, path and key; refusals are not saved.

    A key stays bound to its body for the same time, even if the request was refused or failed. Must
    not be used for routes that issue tokens: saved responses are readable in the database.
    """

    def __init__(self, store: IdempotencyStore, hash_key: bytes) -> None:
        self._store = store
        self._hash_key = hash_key

    def idempotent_id(self, request: Request, scope: str) -> UUID:
        """An id for what the request creates: the same in every repeat, random without a key."""
        return self.idempotent_id_or_none(request, scope) or uuid7()

    def idempotent_id_or_none(self, request: Request, scope: str) -> UUID | None:
        """An id that all repeats of the request share; None without a key."""
        key = idempotency_key(request)
        return None if key is None else uuid_from_digest(self._identity(request, scope, key))

    async def run_once(
        self,
        request: Request,
        scope: str,
        body: bytes | BaseModel,
        run: Callable[[], Awaitable[Response]],
    ) -> Response:
        """The saved response of the first request, or that of `run`. Without the header, only run.

        Raises:
            Problem: 409 `request-in-flight` while the first request runs, 422
                `idempotency-key-reused` when the key was used with another body.

        """
        key = idempotency_key(request)
        if key is None:
            return await run()
        identity = self._identity(request, scope, key)
        try:
            async with self._store.reserve(identity, body_digest(self._hash_key, body)) as reserved:
                if reserved.saved is not None:
                    return _to_response(reserved.saved)
                response = await run()
                if (position := response_position(request)) is not None:
                    response.headers.setdefault(POSITION_HEADER, position)
                crash_point("idempotency-after-effect")
                if response.status_code < _FIRST_REFUSAL and "set-cookie" not in response.headers:
                    await reserved.save(_to_saved_response(response))
                return response
        except RequestInFlight:
            raise Problem(409, "request-in-flight", retry_after_seconds=1) from None
        except KeyReused:
            raise Problem(422, "idempotency-key-reused") from None

    def _identity(self, request: Request, scope: str, key: str) -> bytes:
        return digest(
            self._hash_key,
            scope.encode(),
            (current_actor(request) or "").encode(),
            request.method.encode(),
            request.url.path.encode(),
            key.encode(),
        )


def digest(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 over the parts with their lengths, so that different lists of parts differ."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        mac.update(len(part).to_bytes(8, "big"))
        mac.update(part)
    return mac.digest()


def body_digest(key: bytes, body: bytes | BaseModel) -> bytes:
    """A keyed digest of a body: it recognises a repeat without storing the body."""
    if isinstance(body, bytes):
        return digest(key, body)
    fields = body.model_dump(mode="python")
    return digest(key, orjson.dumps(fields, default=_as_json, option=orjson.OPT_SORT_KEYS))


def uuid_from_digest(digest_bytes: bytes) -> UUID:
    """A UUID of version 8 from the first 16 bytes."""
    value = int.from_bytes(digest_bytes[:16], "big")
    value = value & ~(0xF << 76) | (0x8 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def _as_json(value: Any) -> Any:  # noqa: ANN401 - any field of a model
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, SecretBytes):
        return value.get_secret_value().hex()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def _to_saved_response(response: Response) -> SavedResponse:
    headers = {n: v for n, v in response.headers.items() if n not in _HEADERS_NOT_SAVED}
    return SavedResponse(response.status_code, headers, bytes(response.body))


def _to_response(saved: SavedResponse) -> Response:
    return Response(saved.body, saved.status, {**saved.headers, REPLAYED_HEADER: "true"})

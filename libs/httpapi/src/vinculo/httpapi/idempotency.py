"""`Idempotency-Key`: a repeated request gets the first one's answer and has no second effect.

The key is bound to its body in a transaction that commits before the effect, and the answer is kept
in one that commits after it. A crash in between lets the same body run again, and no other; so the
thing that a request creates takes its id from `request_id`, by which the repeat meets what the
first one left, and gives the same answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool
from starlette.requests import Request
from starlette.responses import Response

from vinculo.eventstore import uuid7
from vinculo.eventstore.crash_points import crash_point
from vinculo.httpapi.context import current_actor
from vinculo.httpapi.idempotency_table import idempotency_keys
from vinculo.httpapi.positions import POSITION_HEADER, told_position
from vinculo.httpapi.problems import Problem
from vinculo.httpapi.request_digests import body_digest, digest, uuid_of
from vinculo.httpapi.taken_headers import LONGEST_KEY

KEPT_FOR: Final = timedelta(hours=24)
SWEPT_AT_ONCE: Final = 20
REPLAYED_HEADER: Final = "idempotency-replayed"
_NOT_KEPT: Final = frozenset({"content-length", "set-cookie", "date"})
NOT_ANSWERED: Final = 0
_NO_ANSWER: Final[Mapping[str, Any]] = MappingProxyType({"headers": {}, "body": b""})


class Idempotency:
    """Answers are kept for 24 h per scope, principal, path and key; refusals are not kept.

    A key stays bound to its body for as long, also when the request was refused or failed.
    Not for routes that issue tokens: what is kept is readable in the database.
    """

    def __init__(self, engine: AsyncEngine, hash_key: bytes) -> None:
        self._engine = engine
        self._hash_key = hash_key
        self._turns = _turns(engine)

    def request_id(self, request: Request, scope: str) -> UUID:
        """The id of what this request creates: the same for every repeat, random without a key."""
        return self.repeatable_id(request, scope) or uuid7()

    def repeatable_id(self, request: Request, scope: str) -> UUID | None:
        """The id that every repeat of this request has; None where it cannot be repeated."""
        key = idempotency_key(request)
        return None if key is None else uuid_of(self._identity(request, scope, key))

    async def once(
        self,
        request: Request,
        scope: str,
        body: bytes | BaseModel,
        run: Callable[[], Awaitable[Response]],
    ) -> Response:
        """Run, or give the answer kept of the first time.

        409 `request-in-flight` while the first one runs; 422 `idempotency-key-reused` for another
        body. Without the header it only runs.
        """
        key = idempotency_key(request)
        if key is None:
            return await run()
        identity = self._identity(request, scope, key)
        bodied = body_digest(self._hash_key, body)
        async with self._turns, self._engine.begin() as connection:
            await _take_lock(connection, identity)
            kept = await _kept_answer(connection, identity, bodied)
            if kept is not None:
                return kept
            await self._bind(identity, bodied)
            response = await run()
            if (position := told_position(request)) is not None:
                response.headers.setdefault(POSITION_HEADER, position)
            crash_point("idempotency-after-effect")
            if response.status_code < 400 and "set-cookie" not in response.headers:  # noqa: PLR2004
                await _keep(connection, identity, bodied, response)
            return response

    async def _bind(self, identity: bytes, bodied: bytes) -> None:
        """On a connection of its own: the lock goes with the other one's transaction."""
        async with self._engine.begin() as connection:
            await _write(connection, identity, bodied, {"status": NOT_ANSWERED, **_NO_ANSWER})

    def _identity(self, request: Request, scope: str, key: str) -> bytes:
        return digest(
            self._hash_key,
            scope.encode(),
            (current_actor(request) or "").encode(),
            request.method.encode(),
            request.url.path.encode(),
            key.encode(),
        )


def _turns(engine: AsyncEngine) -> AbstractAsyncContextManager[Any]:
    """At most half of the pool waits here for the other half.

    A request holds one connection for its lock while its effect takes another. If all connections
    could be held for locks, none would be left for effects, and all would wait for ever.
    """
    pool = engine.pool
    return (
        asyncio.Semaphore(max(1, pool.size() // 2))
        if isinstance(pool, QueuePool)
        else nullcontext()
    )


def idempotency_key(request: Request) -> str | None:
    """The key, if the request has one. 400 `idempotency-key-invalid`."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not all("!" <= letter <= "~" for letter in key):
        raise Problem(400, "idempotency-key-invalid")
    return key


async def _take_lock(connection: AsyncConnection, identity: bytes) -> None:
    number = int.from_bytes(identity[:8], "big", signed=True)
    if not await connection.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise Problem(409, "request-in-flight", headers={"retry-after": "1"})


async def _kept_answer(
    connection: AsyncConnection, identity: bytes, bodied: bytes
) -> Response | None:
    kept = (
        await connection.execute(
            select(idempotency_keys).where(
                idempotency_keys.c.id == identity, idempotency_keys.c.expires_at > func.now()
            )
        )
    ).one_or_none()
    if kept is None:
        return None
    if kept.body_digest != bodied:
        raise Problem(422, "idempotency-key-reused")
    if kept.status == NOT_ANSWERED:
        return None
    return Response(kept.body, kept.status, {**kept.headers, REPLAYED_HEADER: "true"})


async def _keep(
    connection: AsyncConnection, identity: bytes, bodied: bytes, response: Response
) -> None:
    headers = {n: v for n, v in response.headers.items() if n not in _NOT_KEPT}
    answer = {
        "status": response.status_code,
        "headers": headers,
        "body": bytes(response.body),
    }
    await _write(connection, identity, bodied, answer)
    await connection.execute(_sweep())


async def _write(
    connection: AsyncConnection, identity: bytes, bodied: bytes, answer: Mapping[str, Any]
) -> None:
    columns = {"body_digest": bodied, "expires_at": func.now() + KEPT_FOR, **answer}
    statement = insert(idempotency_keys).values(id=identity, **columns)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=columns))


def _sweep() -> Any:  # noqa: ANN401 - SQLAlchemy's delete
    """A few expired answers go with every new one, so that the table stays small by itself."""
    expired = (
        select(idempotency_keys.c.id)
        .where(idempotency_keys.c.expires_at <= func.now())
        .limit(SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return delete(idempotency_keys).where(idempotency_keys.c.id.in_(expired))

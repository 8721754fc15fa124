"""Answers written by orjson: MongoDB's UUIDs and UTC times as they are, no model in between."""

from typing import Any

import orjson
import structlog
from fastapi import Response
from pymongo.errors import PyMongoError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinculo.httpapi import POSITION_HEADER
from vinculo.messaging import safe_reason
from vinculo.query_api.generations import NoGenerationError
from vinculo.query_api.read_model import Freshness, ReadModel


def json_response(
    body: Any,  # noqa: ANN401 - any JSON
    *,
    freshness: Freshness | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC),
        status_code=status,
        media_type="application/json",
        headers={
            "Cache-Control": "no-store",
            **({} if freshness is None else freshness.headers()),
            **(headers or {}),
        },
    )


_REFUSED = 400


class FreshnessHeadersMiddleware:
    """Adds the headers of freshness where the answer has none. Refusals show nothing and stay."""

    def __init__(self, app: ASGIApp, *, read_model: ReadModel, under: str) -> None:
        self._app = app
        self._read_model = read_model
        self._under = under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._under):
            await self._app(scope, receive, send)
            return

        async def fresh_send(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < _REFUSED:
                headers = MutableHeaders(scope=message)
                if POSITION_HEADER not in headers:
                    headers.update(await self._headers())
            await send(message)

        await self._app(scope, receive, fresh_send)

    async def _headers(self) -> dict[str, str]:
        """Empty when they cannot be read: what was done is done, and is said to be."""
        try:
            collections = await self._read_model.collections()
            return (await self._read_model.freshness(collections)).headers()
        except (PyMongoError, NoGenerationError) as error:
            structlog.get_logger().warning("freshness not read", error=safe_reason(error))
            return {}

"""JSON responses, and the headers that say how fresh they are.

Bodies are written by orjson from MongoDB's UUIDs and UTC times, without a model in between. Routes
declare what they send as `TypedDict`s, which the type checker holds them to, and the tests too.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeAlias

import orjson
import structlog
from fastapi import Response
from pydantic import Field
from pymongo.errors import PyMongoError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinculo.httpapi import POSITION_HEADER
from vinculo.messaging import safe_reason
from vinculo.query_api.generations import NoGenerationError
from vinculo.query_api.read_model import Freshness, ReadModel

NextCursor: TypeAlias = Annotated[
    str | None, Field(description="The `cursor` of the next page; null on the last one.")
]
AsOf: TypeAlias = Annotated[
    datetime | None,
    Field(description="What was recorded up to then is shown; null until anything was."),
]


def json_body(model: object, status: int = HTTPStatus.OK) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that sends this `TypedDict`; it is documented, not validated."""
    return {status: {"model": model}}


def json_response(
    body: object,
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
            **({} if freshness is None else freshness_headers(freshness)),
            **(headers or {}),
        },
    )


def freshness_headers(freshness: Freshness) -> dict[str, str]:
    position = {POSITION_HEADER: freshness.position}
    if freshness.lag_seconds is None:
        return position
    return {**position, "Vinculo-Lag": f"{freshness.lag_seconds:.3f}"}


class FreshnessHeadersMiddleware:
    """Adds the headers to every successful response under the path prefix that has none."""

    def __init__(self, app: ASGIApp, *, read_model: ReadModel, prefix: str) -> None:
        self._app = app
        self._read_model = read_model
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if (
                message["type"] == "http.response.start"
                and message["status"] < HTTPStatus.BAD_REQUEST
            ):
                headers = MutableHeaders(scope=message)
                if POSITION_HEADER not in headers:
                    headers.update(await self._headers())
            await send(message)

        await self._app(scope, receive, send_with_headers)

    async def _headers(self) -> dict[str, str]:
        """Empty when freshness cannot be read: the request has succeeded all the same."""
        try:
            collections = await self._read_model.collections()
            return freshness_headers(await self._read_model.freshness(collections))
        except (PyMongoError, NoGenerationError) as error:
            structlog.get_logger().warning("freshness-not-read", error=safe_reason(error))
            return {}

"""A stub service that reads whole bodies within a second, by the services' own middleware.

Started as `stub_reader.py PORT`.
"""

import asyncio
import sys

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from vinculo.httpapi.body_limits import BodyLimitMiddleware
from vinculo.httpapi.problems import Problem
from vinculo.httpapi.serving import serve

DEADLINE_SECONDS = 1.0
LIMIT_BYTES = 128 * 1024


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse("read")(scope, receive, send)


def render(_: Scope, problem: Problem) -> Response:
    return JSONResponse({"type": problem.type}, problem.status, headers=problem.headers)


if __name__ == "__main__":
    limited = BodyLimitMiddleware(
        app, render=render, limit_bytes=LIMIT_BYTES, timeout_seconds=DEADLINE_SECONDS
    )
    asyncio.run(serve(limited, "127.0.0.1", int(sys.argv[1])))

"""Requests begin one after another, so that a crowd that arrives at once does not hold the loop.

Whatever is ready in one turn of the event loop runs before anything else. Two hundred requests
that begin in the same turn keep everybody else waiting for as long as all their beginnings take,
and a health check among them looks like a dead process.
"""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

UNHINDERED = ("/health/", "/metrics")


class FairAdmission:
    """ASGI middleware that lets one request in per turn of the event loop, in their order."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(UNHINDERED):
            async with self._turn:
                await asyncio.sleep(0)
        await self._app(scope, receive, send)

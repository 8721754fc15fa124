"""Fair admission: one new request per iteration of the event loop.

All tasks that are ready in one iteration of the event loop run before the next one. If two hundred
requests start in the same iteration, everything else waits until all of them have done their first
step, and a delayed health check looks like a dead process.
"""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

EXEMPT_PATHS = ("/health/", "/metrics")


class FairAdmission:
    """ASGI middleware that starts one request per iteration of the event loop, in their order."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(EXEMPT_PATHS):
            async with self._lock:
                await asyncio.sleep(0)
        await self._app(scope, receive, send)

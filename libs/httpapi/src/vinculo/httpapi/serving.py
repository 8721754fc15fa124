"""Serving an ASGI application with uvicorn until cancelled."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

GRACE_SECONDS = 3


class _Server(uvicorn.Server):
    """Uvicorn without its signal handling, which would end the tasks beside it unasked."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until cancelled, then finish the requests in progress.

    Raises:
        OSError: the port is taken.

    """
    listener = socket.create_server((host, port), backlog=1024)
    # Accepted connections inherit it. asyncio sets it only on sockets that name their protocol, and
    # a response's body would wait 40 ms for the client to acknowledge its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=65,
            h11_max_incomplete_event_size=16 * 1024,
        )
    )
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    finally:
        listener.close()

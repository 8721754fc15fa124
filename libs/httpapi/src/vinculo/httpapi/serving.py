"""Serves an ASGI application with uvicorn, as one task among others of a process."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

GRACEFUL_SHUTDOWN_SECONDS = 3
KEEP_ALIVE_SECONDS = 65
MAX_HEADER_BYTES = 16 * 1024
BACKLOG_CONNECTIONS = 1024


class _Server(uvicorn.Server):
    """Uvicorn without signal handling, which is left to `run_until_signal`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until cancelled, then finish the requests in progress.

    Raises:
        OSError: the port is in use.

    """
    listener = socket.create_server((host, port), backlog=BACKLOG_CONNECTIONS)
    # Accepted connections inherit the option. Without it the body of a response waits up to 40 ms
    # for the client to acknowledge the headers. asyncio sets it only on sockets with a protocol.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
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

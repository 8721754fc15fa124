"""Running servers and workers in one process until a signal, and ending within five seconds."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp

GRACE_SECONDS = 3
PATIENCE_SECONDS = 4.5

Work = Callable[[], Awaitable[None]]


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handling, which would end the workers beside it unasked."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until cancelled, then finish what is under way. Raises OSError for a taken port."""
    listener = socket.create_server((host, port), backlog=1024)
    # Accepted connections inherit it. asyncio sets it on sockets only that name their protocol, and
    # an answer's body would wait 40 ms for the client to acknowledge its headers.
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


def closing(close: Work, work: Work) -> Work:
    """The work, and after it, however it ends, the closing of what it used."""

    async def worked() -> None:
        try:
            await work()
        finally:
            await close()

    return worked


def run(*works: Work) -> None:
    """Run all until SIGTERM or SIGINT, then cancel them; the process's exit code tells the rest.

    0 after a signal; 1 when one of them failed or ended by itself, which ends the others too.
    What is there already stays to the end, so the garbage collector is told to look no more at it:
    a full look at an application takes a tenth of a second, in which nothing is answered.
    """
    gc.collect()
    gc.freeze()
    code = asyncio.run(_run_until_signalled(works))
    sys.stdout.flush()
    if code:
        sys.exit(code)


async def _run_until_signalled(works: tuple[Work, ...]) -> int:
    loop = asyncio.get_running_loop()
    signalled = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled.set)
    tasks = [asyncio.ensure_future(work()) for work in works]
    waiting = asyncio.ensure_future(signalled.wait())
    await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
    code = 0 if signalled.is_set() else 1
    for task in (*tasks, waiting):
        if task.done() and not task.cancelled() and task.exception() is not None:
            structlog.get_logger().error("work-failed", exc_info=task.exception())
        task.cancel()
    _, late = await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
    if late:
        structlog.get_logger().error("did-not-end-in-time", count=len(late))
        sys.stdout.flush()
        os._exit(1)
    return code

"""Runs the tasks of a process until a signal, and ends it within five seconds."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import structlog

SHUTDOWN_SECONDS = 4.5

Task: TypeAlias = Callable[[], Awaitable[None]]
Result = TypeVar("Result")


async def run_to_completion(
    work: Awaitable[Result], *, timeout_seconds: float | None = None
) -> Result:
    """Wait for the end of the work even when cancelled; the cancellation is raised afterwards.

    Clients that swallow a cancellation while they stop, as aiokafka's do, must be stopped by this:
    a task that lost its cancellation would run on.

    Raises:
        TimeoutError: the work did not end in time; it was cancelled.

    """
    running = asyncio.ensure_future(work)
    try:
        await asyncio.wait([running], timeout=timeout_seconds)
    except asyncio.CancelledError:
        await asyncio.wait([running], timeout=timeout_seconds)
        if running.done() and not running.cancelled():
            running.exception()  # retrieved, so that it is not logged as lost
        raise
    finally:
        if not running.done():
            running.cancel()
    if not running.done():
        raise TimeoutError
    return running.result()


def with_cleanup(cleanup: Task, task: Task) -> Task:
    """A task that runs `task` and then, however it ends, `cleanup`."""

    async def cleaned_up() -> None:
        try:
            await task()
        finally:
            await cleanup()

    return cleaned_up


def run_until_signal(*tasks: Task) -> None:
    """Run all tasks until SIGTERM or SIGINT, then cancel them.

    The exit code is 0 after a signal, and 1 if a task failed or ended by itself, which cancels the
    others too. Objects that exist at the start are excluded from garbage collection (`gc.freeze`):
    a full collection takes a tenth of a second, in which no request is handled.
    """
    gc.collect()
    gc.freeze()
    code = asyncio.run(_run_until_signal(tasks))
    sys.stdout.flush()
    if code:
        sys.exit(code)


async def _run_until_signal(tasks: tuple[Task, ...]) -> int:
    loop = asyncio.get_running_loop()
    signalled = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled.set)
    running = [asyncio.ensure_future(task()) for task in tasks]
    signal_wait = asyncio.ensure_future(signalled.wait())
    await asyncio.wait([*running, signal_wait], return_when=asyncio.FIRST_COMPLETED)
    code = 0 if signalled.is_set() else 1
    for task in (*running, signal_wait):
        if task.done() and not task.cancelled() and task.exception() is not None:
            structlog.get_logger().error("task-failed", exc_info=task.exception())
        task.cancel()
    _, late = await asyncio.wait(running, timeout=SHUTDOWN_SECONDS)
    if late:
        structlog.get_logger().error("shutdown-timed-out", count=len(late))
        sys.stdout.flush()
        os._exit(1)
    return code

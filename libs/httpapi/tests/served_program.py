"""A program like a service: an API and a worker in one process. Run by `test_serving`."""

import asyncio
import sys

from fastapi import APIRouter

from vinculo.httpapi import serve, service_app
from vinculo.process import configure_logging, run_until_signal


def slow_api() -> APIRouter:
    router = APIRouter(prefix="/slow/v1")
    pending: list[float] = []

    @router.get("/pending")
    async def count() -> int:
        return len(pending)

    @router.get("/answers")
    async def answer(seconds: float) -> dict[str, str]:
        pending.append(seconds)
        await asyncio.sleep(seconds)
        return {"answer": "whole"}

    return router


async def worker() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        print("worker-ended", flush=True)  # noqa: T201 - the test reads it


async def stubborn() -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


async def broken() -> None:
    raise ConnectionRefusedError("no Kafka")


TASKS = {"worker": worker, "stubborn": stubborn, "broken": broken}

if __name__ == "__main__":
    configure_logging("slow")
    port = int(sys.argv[1])
    app = service_app("slow", [slow_api()], readiness={})
    run_until_signal(lambda: serve(app, "127.0.0.1", port), *(TASKS[name] for name in sys.argv[2:]))

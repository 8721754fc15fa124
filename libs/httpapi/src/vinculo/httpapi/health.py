"""Whether the process lives, and whether all it needs is there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import structlog
from fastapi import APIRouter

from vinculo.httpapi.problems import Problem

Check = Callable[[], Awaitable[None]]
Checks = Mapping[str, Check]
TIMEOUT_SECONDS = 2.0


def health_api(checks: Checks, *, timeout_seconds: float = TIMEOUT_SECONDS) -> APIRouter:
    """`/health/live`, and `/health/ready`: 503 naming what is missing. A check fails by raising."""
    router = APIRouter(prefix="/health", include_in_schema=False)

    @router.get("/live")
    @public
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/ready")
    @public
    async def ready() -> dict[str, str]:
        missing = await missing_of(checks, timeout_seconds)
        if missing:
            raise Problem(503, "not-ready", extensions={"missing": missing})
        return {"status": "ready"}

    return router


async def missing_of(checks: Checks, timeout_seconds: float) -> list[str]:
    async def passes(name: str) -> bool:
        try:
            async with asyncio.timeout(timeout_seconds):
                await checks[name]()
        except Exception:  # noqa: BLE001 - any failure of a check is an answer
            structlog.get_logger().warning("readiness-check-failed", check=name, exc_info=True)
            return False
        return True

    passed = await asyncio.gather(*(passes(name) for name in checks))
    return sorted(name for name, ok in zip(checks, passed, strict=True) if not ok)


Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
MARK = "vinculo_public"


def public(endpoint: Endpoint) -> Endpoint:
    """Declare that anyone may call the endpoint. It stands under the route's decorator."""
    setattr(endpoint, MARK, True)
    return endpoint


def is_public(endpoint: object) -> bool:
    return getattr(endpoint, MARK, False) is True

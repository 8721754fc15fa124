"""Liveness and readiness endpoints, and the mark of public endpoints, which these are."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import structlog
from fastapi import APIRouter, Request

from vinculo.httpapi.problems import Problem

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Check = Callable[[], Awaitable[None]]
"""A readiness check; it fails by raising any exception."""
Checks = Mapping[str, Check]
Degradation = Callable[[], bool]

CHECK_TIMEOUT_SECONDS: Final = 2.0
_PUBLIC: Final = "vinculo_public"


def public(endpoint: Endpoint) -> Endpoint:
    """Declare that the endpoint needs no permission. Place it under the route's decorator."""
    setattr(endpoint, _PUBLIC, True)
    return endpoint


def is_public(endpoint: object) -> bool:
    return getattr(endpoint, _PUBLIC, False) is True


def health_api(checks: Checks, *, timeout_seconds: float = CHECK_TIMEOUT_SECONDS) -> APIRouter:
    """`/health/live`, and `/health/ready` with 503 and the names of failed checks.

    A ready process names in `degraded` what it does without: the entries of
    `app.state.degradations`, a mapping of names to functions, that return True.
    """
    router = APIRouter(prefix="/health", include_in_schema=False)

    @router.get("/live")
    @public
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/ready")
    @public
    async def ready(request: Request) -> dict[str, str | list[str]]:
        failed = await failed_checks(checks, timeout_seconds)
        if failed:
            raise Problem(503, "not-ready", extensions={"missing": failed})
        degradations: Mapping[str, Degradation] = getattr(request.app.state, "degradations", {})
        degraded = sorted(name for name, is_degraded in degradations.items() if is_degraded())
        return {"status": "ready", **({"degraded": degraded} if degraded else {})}

    return router


async def failed_checks(checks: Checks, timeout_seconds: float) -> list[str]:
    """The names of the checks that fail or do not finish in time."""

    async def passes(name: str) -> bool:
        try:
            async with asyncio.timeout(timeout_seconds):
                await checks[name]()
        except Exception:  # noqa: BLE001 - any exception is a failed check
            structlog.get_logger().warning("readiness-check-failed", check=name, exc_info=True)
            return False
        return True

    passed = await asyncio.gather(*(passes(name) for name in checks))
    return sorted(name for name, ok in zip(checks, passed, strict=True) if not ok)
